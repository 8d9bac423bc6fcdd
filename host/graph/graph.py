"""Graph: processors wired freely."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from ...effects.parameters import BoundParameter, Parameters
from ...models.errors import InvalidType, InvalidValue, UnknownName, WetdryError
from ..container import checked, knobs_of
from ..playable import Playable
from ..stages import Stage, push_through
from .cables import Cable, make_cable
from .doors import Audio, Doors
from .patch import read_end, read_patch, write_patch
from .plan import Plan
from .planning import make_plan
from .streaming import stages_of
from .timing import latency, tail
from .wiring import Wiring, check_name

USUAL_RATE = 48000.0


class Graph(Playable, Mapping[str, Any]):
    """Processors wired freely, as on a patch bay: sends, side-chains, parallel branches, feedback, graphs in graphs.

    A mapping from name to processor: `graph["amp"]`, `graph["amp"] = twin`. What arrives at one input is summed, in
    step, whatever the latencies on the way. Everything is checked before anything plays.

    A patch has a line for each cable or row of cables; `#` begins a comment:

        in -> amp -> cab -> bus          names joined by ->
        bus -> -12 dB -> room -> out     a level; it becomes the knob "bus>room.gain_db"
        kick -> duck.key                 a side-chain
        in[0] -> left                    channels, counted from 0: name[0], name[0,1], on either side
        echo -> 250 ms -> bus            a delay, in ms or samples; a cable that closes a loop has one

    Equal channel counts go one to one, and mono goes to every channel of what takes more.

    Args:
        nodes: by name: our effects, pedalboard plugins, what load_plugin gives, Faust, a Chain, a Mix, a Graph; None: a wire.
        patch: the cables. Without it connect them one by one.
        inputs, outputs: names of what comes from outside and of what is heard there.

    Raises:
        InvalidValue, UnknownName, InvalidType: what cannot be played; says the line, the name and what to do.

    Example:
        >>> import numpy as np
        >>> from wetdry import Gain, Graph, Pan, TubeSaturator
        >>> rig = Graph({"amp": TubeSaturator(drive_db=18), "left": Pan(-0.6), "right": Pan(0.6)},
        ...             "in -> amp -> left -> out\\nin -> -3 dB -> right -> out")
        >>> rig.parameters["in>right.gain_db"].value = -6
        >>> rig(np.zeros(480, "float32"), 48000).shape
        (2, 480)
    """

    __slots__ = ("_doors", "_planned", "_widths", "wiring")

    def __init__(
        self,
        nodes: Mapping[str, Any] | None = None,
        patch: str = "",
        inputs: Sequence[str] = ("in",),
        outputs: Sequence[str] = ("out",),
    ) -> None:
        super().__init__()
        self.wiring = Wiring(_names(inputs, "inputs"), _names(outputs, "outputs"))
        self._doors = Doors(self.inputs, self._layout)
        self._widths: tuple[int, ...] = ()  # channels of the inputs, as they came last
        self._planned: Plan | None = None  # as it was played last
        for name, processor in (nodes or {}).items():
            self._take(name, processor)
        self._check_once()
        if patch.strip():
            self.wiring.lay(read_patch(patch))
            self.check()

    # nodes

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return self.wiring.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.wiring.outputs

    @property
    def cables(self) -> tuple[Cable, ...]:
        """The cables, in the order in which they were laid."""
        return tuple(self.wiring.cables)

    @property
    def patch(self) -> str:
        """The cables as text; setting it lays them all anew."""
        return write_patch(self.wiring.cables)

    @patch.setter
    def patch(self, text: str) -> None:
        self._edit(self.wiring.nodes, read_patch(text))

    def __len__(self) -> int:
        return len(self.wiring.nodes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.wiring.nodes)

    def __getitem__(self, name: str) -> Any:
        if name not in self.wiring.nodes:
            raise UnknownName("node", str(name), self.wiring.nodes)
        return self.wiring.nodes[name]

    def __setitem__(self, name: str, processor: Any) -> None:
        """Put another processor in a node's place; its cables stay."""
        if name not in self.wiring.nodes:
            error = UnknownName("node", str(name), self.wiring.nodes)
            error.args = (f"{error.args[0]} (graph.add({name!r}, processor) makes a new one)",)
            raise error
        self._edit({**self.wiring.nodes, name: checked(processor)}, self.wiring.cables)

    def __delitem__(self, name: str) -> None:
        self.remove(name)

    def add(self, name: str, processor: Any = None) -> None:
        """Add a node, not connected yet; None is a wire. Raises InvalidValue where the name is taken or no name."""
        with self._lock:
            before = dict(self.wiring.nodes)
            try:
                self._take(name, processor)
                self._check_once()
            except WetdryError:
                self.wiring.nodes = before
                raise
            self._changed()

    def remove(self, name: str) -> None:
        """Take a node out, with its cables."""
        self[name]
        nodes = {n: p for n, p in self.wiring.nodes.items() if n != name}
        self._edit(nodes, [c for c in self.wiring.cables if name not in (c.source.node, c.target.node)])

    def connect(
        self,
        source: str,
        target: str,
        gain_db: float | None = None,
        delay_samples: int | None = None,
        delay_ms: float | None = None,
    ) -> None:
        """Lay a cable: what a line of the patch means. Ends are as there: "amp", "duck.key", "in[0]".

        Args:
            source, target: its ends.
            gain_db: its level, -120 to 48 dB, which becomes a knob.
            delay_samples, delay_ms: by which it hands sound on later; a cable that closes a loop has one.
        """
        cable = make_cable(read_end(source), read_end(target), gain_db, delay_samples, delay_ms)
        self._edit(self.wiring.nodes, [*self.wiring.cables, cable])

    def disconnect(self, source: str, target: str) -> None:
        """Take a cable away. Raises InvalidValue where there is none between these ends."""
        cable = self.wiring.find(read_end(source), read_end(target))
        self._edit(self.wiring.nodes, [other for other in self.wiring.cables if other is not cable])

    def _take(self, name: str, processor: Any) -> None:
        if check_name(name) in self.wiring.names:
            who = "a node" if name in self.wiring.nodes else "an input or output (inputs= and outputs= rename it)"
            raise InvalidValue(f"the name {name!r} is taken by {who}")
        self.wiring.nodes[name] = checked(processor)

    def _edit(self, nodes: Mapping[str, Any], cables: Sequence[Cable]) -> None:
        """Go over to other nodes and cables, or stay as it was where they do not fit."""
        with self._lock:
            before = self.wiring
            self.wiring = Wiring(before.inputs, before.outputs, dict(nodes))
            try:
                self._check_once()
                self.wiring.lay(cables)
            except WetdryError:
                self.wiring = before
                raise
            self._changed()

    def _inside(self) -> Iterator[Any]:
        return iter(self.wiring.nodes.values())

    # checks

    def check(self) -> None:
        """Raise where the graph could not be played, whatever comes in; a graph made from a patch has passed this.

        Raises:
            InvalidValue: a node, input or output is not connected; channel counts do not fit for mono nor stereo.
        """
        self.wiring.check_whole()
        self._likely_plan(self.outputs)

    def _likely_plan(self, outputs: Sequence[str]) -> Plan:
        """Return the plan at the rate and for the channels last played, or for the first that fit of mono and stereo."""
        if self._planned:
            return replace(self._planned, outputs=tuple(outputs))
        least = dict.fromkeys(self.inputs, 1)
        for cable in self.wiring.cables:
            if cable.source.node in least and cable.source.channels:
                least[cable.source.node] = max(least[cable.source.node], max(cable.source.channels) + 1)
        choices = [sorted({wide, max(wide, 2)}) for wide in least.values()]
        problem: InvalidValue | None = None
        for widths, _ in zip(product(*choices), range(64), strict=False):
            try:
                return make_plan(self.wiring, USUAL_RATE, dict(zip(self.inputs, widths, strict=True)), outputs)
            except InvalidValue as error:
                problem = problem or error
        assert problem
        raise problem

    # sound

    def _plan(self, sample_rate: float, channels: int) -> Plan:
        widths = (channels,) if len(self.inputs) == 1 else self._widths
        if self._planned is None or (self._planned.sample_rate, self._planned.widths) != (sample_rate, widths):
            self.wiring.check_whole()
            self._planned = make_plan(self.wiring, sample_rate, dict(zip(self.inputs, widths, strict=True)), self.outputs)
        return self._planned

    def _changed(self) -> None:
        super()._changed()
        self._planned = None

    def channels_out(self, channels_in: int) -> int | None:
        """Return how many channels come out where `channels_in` go in; None: they do not fit. For one input and output."""
        try:
            self.wiring.check_whole()
            plan = make_plan(self.wiring, USUAL_RATE, {self.inputs[0]: channels_in}, self.outputs)
        except InvalidValue:
            return None
        return plan.nodes[self.outputs[0]].leaving

    def _build(self) -> list[Stage]:
        return [NestedStage(self)]

    def _next(self, planar: np.ndarray, rate: float) -> np.ndarray:
        planned = self._planned
        plan = self._plan(rate, len(planar))
        if self._stages is None or plan is not planned:
            self._check_streams()
            self._built()
            self._stages, self._running = stages_of(plan), None
        return super()._next(planar, rate)

    def reset(self) -> None:
        """Clear the sound and the channel layouts."""
        with self._lock:
            super().reset()
            self._doors.forget()

    def _to_planar(self, given: Audio) -> np.ndarray:
        planar, widths = self._doors.stacked(given)
        if widths != self._widths:
            self._changed()
            self._widths = widths
        return planar

    def _from_planar(self, played: np.ndarray, like: Audio) -> Any:
        """Return the outputs in the layout of the first input: an array, or a dict where there are several outputs."""
        first = self._doors.first_of(like)
        if len(self.outputs) == 1:
            return super()._from_planar(played, first)
        assert self._planned
        heard = self._planned.unstack(played)
        return {name: super(Graph, self)._from_planar(rows, first) for name, rows in heard.items()}

    # what follows from it

    @property
    def latency_samples(self) -> int:
        """Samples by which the slowest way to an output lags; delays on cables are meant, and are none."""
        return latency(self._likely_plan(self.outputs))

    @property
    def tail_seconds(self) -> float:
        """Seconds until the output after the end of the input has fallen by 90 dB, as far as the nodes say; loops ring."""
        return tail(self._likely_plan(self.outputs))

    @property
    def parameters(self) -> Parameters:
        """Every knob: as "node.knob", and the levels of cables as "from>to.gain_db"."""
        bound: dict[str, BoundParameter] = {}
        for name, processor in self.wiring.nodes.items():
            bound |= {f"{name}.{knob}": parameter for knob, parameter in knobs_of(processor).items()}
        for cable in self.wiring.cables:
            if cable.gain:
                bound[f"{cable.name}.gain_db"] = cable.gain.parameters["gain_db"]
        return Parameters("the graph", bound)

    def __repr__(self) -> str:
        doors = "".join(f", {kind}={names!r}" for kind, names, usual in (
            ("inputs", self.inputs, "in"), ("outputs", self.outputs, "out")) if names != (usual,))  # fmt: skip
        return f"Graph({self.wiring.nodes!r}, {self.patch!r}{doors})"


class NestedStage:
    """A graph that stands in a chain: planned when the first block tells how many channels come."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._planned_for: tuple[float, int] | None = None
        self._stages: list[Stage] = []

    def start(self) -> None:
        """Begin a stream."""
        for stage in self._stages:
            stage.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        wanted = sample_rate, len(block)
        if self._planned_for != wanted:
            self._stages, self._planned_for = stages_of(self._graph._plan(*wanted)), wanted
            self.start()
        return push_through(self._stages, block, sample_rate)


def _names(names: Sequence[str], kind: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InvalidType(f"{kind} is a sequence of names: {kind}=({names!r},)")
    return tuple(names)
