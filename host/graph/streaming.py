"""The block executor: a plan played as a stream, exact however it is cut into blocks.

A plan becomes strands: runs of nodes each of which is heard by the next alone, played as a chain is. Between strands
stand queues. What a strand has not been brought by every cable, it waits for, and so unequal latencies fall into step
at each merge. In a loop as much is played at a time as has come back, so that blocks are cut by its delay, not by the caller.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models.errors import PluginError
from ..series import serial_stages
from ..stages import Stage, push_through
from .lead_stages import DelayStage, KeyedStage, RouteStage
from .plan import Lead, Plan


def stages_of(plan: Plan) -> list[Stage]:
    """Return the stages that play a plan: they take the inputs' rows in one array and give those of the outputs in one.

    A plan without branches gives the stages a `Chain` of its nodes would have.
    """
    weaver = _Weaver(plan)
    if len(weaver.strands) == 1 and len(plan.inputs) == len(plan.outputs) == 1:
        return weaver.strands[0].stages
    return [GraphStage(plan, weaver)]


class Queue:
    """What a cable has brought and nobody has taken yet; what it does to the sound is done on the way in.

    Attributes:
        ready: how many samples can be taken.
    """

    def __init__(self, stages: Sequence[Stage] = (), ahead: int = 0, channels: int = 0) -> None:
        self._stages, self._ahead = list(stages), (channels, ahead)
        self._waiting: deque[np.ndarray] = deque()
        self.ready = 0

    def start(self) -> None:
        """Begin a stream; what closes a loop has silence under way."""
        for stage in self._stages:
            stage.start()
        self.ready = self._ahead[1]
        self._waiting = deque([np.zeros(self._ahead, np.float32)] if self.ready else [])

    def put(self, block: np.ndarray, sample_rate: float) -> None:
        """Bring the next block, which is the queue's to change."""
        if not block.shape[1]:
            return
        if self._ahead[1]:  # what goes round would never leave the loop again
            block = np.where(np.isfinite(block), block, np.float32(0))
        block = push_through(self._stages, block, sample_rate)
        self._waiting.append(block)
        self.ready += block.shape[1]

    def take(self, samples: int) -> np.ndarray:
        """Return the next samples, C-contiguous, the taker's to change."""
        waiting = self._waiting
        self.ready -= samples
        if waiting[0].shape[1] == samples:
            return np.ascontiguousarray(waiting.popleft())
        parts: list[np.ndarray] = []
        while samples:
            part = waiting.popleft()
            if part.shape[1] > samples:
                waiting.appendleft(part[:, samples:])
                part = part[:, :samples]
            parts.append(part)
            samples -= part.shape[1]
        return np.concatenate(parts, axis=1)


class Strand:
    """Nodes of which each is heard by the next alone: what arrives is summed, and played through their stages.

    Attributes:
        first: name of the first node.
        queues, keys, arriving: what comes to the first node, to its side-chain, and both.
        stages: of the nodes, and of the cables between them.
        heard_by: the queues that get what leaves the last node.
    """

    def __init__(self, first: str = "") -> None:
        self.first = first
        self.queues: list[Queue] = []
        self.keys: list[Queue] = []
        self.items: list[Any] = []  # processors, and stages between them
        self.keyed: KeyedStage | None = None
        self.arriving: list[Queue] = []
        self.stages: list[Stage] = []
        self.heard_by: list[Queue] = []

    def finish(self) -> None:
        """Make stages of the items: runs of processors become one where they can."""
        self.arriving = [*self.queues, *self.keys]
        run: list[Any] = []
        for item in [*self.items, None]:
            if isinstance(item, RouteStage | DelayStage | KeyedStage) or item is None:
                self.stages += serial_stages(run)
                run = []
                if item is not None:
                    self.stages.append(item)
            else:
                run.append(item)

    def start(self) -> None:
        """Begin a stream."""
        for part in (*self.arriving, *self.stages):
            part.start()

    def play(self, sample_rate: float) -> bool:
        """Play all that has arrived on every cable; tell whether there was any."""
        samples = min([queue.ready for queue in self.arriving])
        if not samples:
            return False
        block = _sum(self.queues, samples)
        if self.keyed:
            self.keyed.key = _sum(self.keys, samples)
        self.hear(block, sample_rate)
        return True

    def hear(self, block: np.ndarray, sample_rate: float) -> None:
        """Play the next block, which is the strand's to change, and hand it on."""
        heard = push_through(self.stages, block, sample_rate)
        for queue in self.heard_by[1:]:
            queue.put(heard.copy(), sample_rate)
        for queue in self.heard_by[:1]:
            queue.put(heard, sample_rate)


def _sum(queues: Sequence[Queue], samples: int) -> np.ndarray:
    total = queues[0].take(samples)
    for queue in queues[1:]:
        total += queue.take(samples)
    return total


class GraphStage:
    """A plan with branches or loops, as a stage."""

    def __init__(self, plan: Plan, weaver: "_Weaver") -> None:
        self._plan, self._weaver = plan, weaver

    def start(self) -> None:
        """Begin a stream."""
        for part in (*self._weaver.strands, *self._weaver.heard.values()):
            part.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block of all inputs; return what has come out at every output."""
        weaver = self._weaver
        for name, rows in self._plan.split(block).items():
            weaver.given[name].hear(rows, sample_rate)
        for strands, is_loop in weaver.groups:
            while any([strand.play(sample_rate) for strand in strands]) and is_loop:
                pass
        samples = min(queue.ready for queue in weaver.heard.values())
        if not samples:
            wide = sum(self._plan.nodes[name].leaving for name in self._plan.outputs)
            return np.zeros((wide, 0), np.float32)
        return self._plan.stack({name: queue.take(samples) for name, queue in weaver.heard.items()})


class _Weaver:
    """Makes strands of a plan.

    Attributes:
        strands: in playing order.
        groups: the same but those of the inputs, those of a loop together, and whether they are one.
        given: the strand that each input begins.
        heard: the queue of each output.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._strand_of: dict[str, Strand] = {}
        self.strands: list[Strand] = []
        self.given: dict[str, Strand] = {}
        self.heard: dict[str, Queue] = {}
        for name in plan.nodes:
            self._place(name)
        for lead in plan.leads:
            if lead.closes_loop:
                self._join(lead)
        for name in plan.outputs:
            self.heard[name] = Queue()
            self._strand_of[name].heard_by.append(self.heard[name])
        for strand in self.strands:
            strand.finish()
        self.groups = self._grouped()

    def _place(self, name: str) -> None:
        """Put a node at the end of the strand before it, or begin a strand with it."""
        plan, into = self._plan, self._plan.into(name)
        only = into[0] if len(into) == 1 else None
        if only and not only.into_key and not only.closes_loop and self._is_sole(only) and name not in plan.inputs:
            strand = self._strand_of[only.source]
            strand.items += self._on_the_way(only)
        else:
            strand = Strand(name)
            self.strands.append(strand)
            self._strand_of[name] = strand
            if name in plan.inputs:
                self.given[name] = strand
            elif not into:
                raise PluginError(f"{name} makes its own sound, and what streams is driven by the sound that comes in: "
                                  "render it first, and give it to an input of the graph")  # fmt: skip
            for lead in into:
                if not lead.closes_loop:
                    self._join(lead)
        self._strand_of[name] = strand
        node = plan.nodes[name]
        if node.key:
            strand.keyed = KeyedStage(node.processor)
            strand.items.append(strand.keyed)
        elif node.processor is not None:
            strand.items.append(node.processor)

    def _is_sole(self, lead: Lead) -> bool:
        """Tell whether nobody but this lead hears its source."""
        return len(self._plan.out_of(lead.source)) == 1 and lead.source not in self._plan.outputs

    def _on_the_way(self, lead: Lead) -> list[Any]:
        """Return what a lead does to its sound: processors and stages."""
        target = self._plan.nodes[lead.target]
        wide, leaving = target.key if lead.into_key else target.arriving, self._plan.nodes[lead.source].leaving
        items: list[Any] = [lead.gain] if lead.gain else []
        if lead.pairs != tuple((i, i) for i in range(wide)) or wide != leaving:
            items.append(RouteStage(lead.pairs, wide))
        if lead.delay_samples and not lead.closes_loop:
            items.append(DelayStage(lead.delay_samples, wide))
        return items

    def _join(self, lead: Lead) -> None:
        """Lead one strand into another over a queue."""
        source, target = self._strand_of[lead.source], self._strand_of[lead.target]
        items = self._on_the_way(lead)
        if self._is_sole(lead):
            source.items += items
            items = []
        way = Strand()
        way.items = items
        way.finish()
        node = self._plan.nodes[lead.target]
        queue = Queue(way.stages, lead.delay_samples if lead.closes_loop else 0, node.key if lead.into_key else node.arriving)
        source.heard_by.append(queue)
        (target.keys if lead.into_key else target.queues).append(queue)

    def _grouped(self) -> list[tuple[list[Strand], bool]]:
        groups: list[tuple[list[Strand], bool]] = []
        loops = {name: i for i, loop in enumerate(self._plan.loops) for name in loop}
        last: int | None = None
        for strand in self.strands:
            if strand.first in self.given:
                continue
            loop = loops.get(strand.first)
            if loop is not None and loop == last:
                groups[-1][0].append(strand)
            else:
                groups.append(([strand], loop is not None))
            last = loop
        return groups
