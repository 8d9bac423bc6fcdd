"""Graph: processors wired freely."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...effects.call import check_call
from ...models.errors import InvalidValue, UnknownName
from ..stages import Stage
from .cables import KEY, Cable, End
from .doors import Audio, Doors
from .ordering import reached
from .patch_bay import PatchBay
from .plan import Plan
from .planning import USUAL_RATES, first_plan, make_plan, stereo_cables
from .playing import NestedStage, play_plan
from .streaming import stages_of
from .timing import checked_seconds, latency, tail


class Graph(PatchBay):
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

    __slots__ = ("_doors", "_planned", "_widths")

    def __init__(
        self,
        nodes: Mapping[str, Any] | None = None,
        patch: str = "",
        inputs: Sequence[str] = ("in",),
        outputs: Sequence[str] = ("out",),
    ) -> None:
        super().__init__(nodes or {}, patch, inputs, outputs)
        self._doors = Doors(self.inputs, self._layout)
        self._widths: tuple[int, ...] = ()  # channels of the inputs, as they came last
        self._planned: Plan | None = None  # as it was played last
        if patch.strip():
            self.check()

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
        return first_plan(self.wiring, outputs)

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

    def _why_not_in_series(self) -> str:
        if len(self.inputs) == len(self.outputs) == 1:
            return ""
        return (f"this graph has the inputs {', '.join(self.inputs)} and the outputs {', '.join(self.outputs)}; "
                "in a Chain or a Mix stands what has one each: make it a node of a graph")  # fmt: skip

    def channels_out(self, channels_in: int) -> int | None:
        """Return how many channels come out where `channels_in` go in; None: they do not fit. For one input and output."""
        try:
            self.wiring.check_whole()
            plan = make_plan(self.wiring, USUAL_RATES[0], {self.inputs[0]: channels_in}, self.outputs)
        except InvalidValue:
            return None
        return plan.nodes[self.outputs[0]].leaving

    def _build(self) -> list[Stage]:
        return [NestedStage(self._plan)]

    def _next(self, planar: np.ndarray, rate: float) -> np.ndarray:
        if self._running != (rate, len(planar)) or self._stages is None:
            planned = self._planned
            plan = self._plan(rate, len(planar))
            if self._stages is None or plan is not planned:
                self._check_streams()
                self._built()
                self._stages, self._running = stages_of(plan), None
                planar = planar.copy()  # it may be the caller's, and what gets it first may be another now
        return super()._next(planar, rate)

    def reset(self) -> None:
        """Clear the sound and the channel layouts."""
        with self._lock:
            super().reset()
            self._doors.forget()

    def _to_planar(self, given: Audio) -> np.ndarray:
        planar, widths = self._doors.stacked(given, copy=self._changes_input())
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

    def render(
        self,
        audio: Audio,
        sample_rate: float,
        listen: Sequence[str] | None = None,
        tail_seconds: float | None = 0.0,
    ) -> dict[str, np.ndarray]:
        """Play a whole signal and listen in several places at once; a stream under way ends.

        Args:
            audio: as `process` takes it.
            sample_rate: in Hz.
            listen: names of nodes, inputs or outputs; None: the outputs. In a sub-graph "rig.amp".
            tail_seconds: how much longer than the audio to play, 0 to 600; None: as long as it rings (`tail_seconds`).

        Returns:
            By name, what is heard there, in step with the audio whatever the latencies, in its layout.

        Raises:
            UnknownName: nothing of that name; otherwise as `process`.
        """
        rate = check_call(sample_rate, 1)
        names = list(dict.fromkeys(self.outputs if listen is None else [listen] if isinstance(listen, str) else listen))
        with self._lock:
            planar = self._to_planar(audio)
            plan = self._plan(rate, len(planar))
            seconds = tail(plan) if tail_seconds is None else checked_seconds(tail_seconds)
            for name in names:
                if name not in plan.nodes:
                    raise UnknownName("node", str(name), plan.nodes)
            behind = np.zeros((len(planar), round(seconds * rate)), np.float32)
            self._running = None  # the processors are started anew
            listening = replace(plan, outputs=tuple(names))
            heard = play_plan(listening, np.concatenate([planar, behind], axis=1))
            first = self._doors.first_of(audio)
            return {name: super(Graph, self)._from_planar(rows, first) for name, rows in listening.unstack(heard).items()}

    def before(self, name: str) -> "Graph":
        """Return the graph that computes what arrives at a node, of the same processors: play one of the two at a time.

        It has the inputs that reach the node, and one output, "arriving". Mono stays mono, though the node may take
        it to two channels; what goes to its side-chain is not in it.
        """
        self[name]
        before: dict[str, list[str]] = {}
        for cable in self.wiring.cables:
            before.setdefault(cable.target.node, []).append(cable.source.node)
        into = [c for c in self.wiring.cables if c.target.node == name and c.target.port != KEY]
        needed = set().union(*(reached(cable.source.node, before) for cable in into))
        graph = Graph({n: p for n, p in self.wiring.nodes.items() if n in needed},
                      inputs=[n for n in self.inputs if n in needed] or self.inputs, outputs=["arriving"])  # fmt: skip
        graph.wiring.lay([
            *(cable for cable in self.wiring.cables if cable.target.node in needed),
            *(replace(cable, target=End("arriving", "", cable.target.channels)) for cable in into),
        ])  # fmt: skip
        graph.check()
        return graph

    def plot(self, path: str | Path) -> Path:
        """Draw the graph, connected or not yet, into a .png, .svg or .pdf; return the path.

        Stereo cables are thick, side-chains orange, what closes a loop dashed.

        Raises:
            InvalidValue: another suffix. FileProblem: the folder cannot be written.
        """
        from .plot import write_plot

        file = Path(path)
        with self._lock:
            write_plot(self.wiring, file, self._stereo_cables())
        return file

    def _stereo_cables(self) -> set[Cable]:
        try:
            plan = self._likely_plan(self.outputs)
        except InvalidValue:
            return set()
        return stereo_cables(self.wiring, plan)

    # what follows from it

    @property
    def latency_samples(self) -> int:
        """Samples by which the slowest way to an output lags; delays on cables are meant, and are none."""
        return latency(self._likely_plan(self.outputs))

    @property
    def tail_seconds(self) -> float:
        """Seconds until the output after the end of the input has fallen by 90 dB, as far as the nodes say; loops ring."""
        return tail(self._likely_plan(self.outputs))
