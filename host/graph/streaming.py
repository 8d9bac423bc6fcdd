"""The block executor: a plan played as a stream, exact however it is cut into blocks.

A plan becomes strands: runs of nodes each of which is heard by the next alone, played as a chain is. Between strands
stand queues. What a strand has not been brought by every cable, it waits for, and so unequal latencies fall into step
at each merge. In a loop as much is played at a time as has come back, so that blocks are cut by its delay, not by the caller.
"""

from typing import Any

import numpy as np

from ...models.errors import PluginError
from ..stages import Stage
from .lead_stages import DelayStage, KeyedStage, RouteStage
from .plan import Lead, Plan
from .strands import Queue, Strand


def stages_of(plan: Plan) -> list[Stage]:
    """Return the stages that play a plan: they take the inputs' rows in one array and give those of the outputs in one.

    A plan without branches gives the stages a `Chain` of its nodes would have.
    """
    weaver = _Weaver(plan)
    if len(weaver.strands) == 1 and len(plan.inputs) == len(plan.outputs) == 1:
        return weaver.strands[0].stages
    return [GraphStage(plan, weaver)]


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
