"""The patch bay: the nodes and cables of a graph, and how they are changed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...effects.parameters import BoundParameter, Parameters
from ...models.errors import InvalidType, InvalidValue, UnknownName, WetdryError
from ..container import checked, knobs_of
from ..playable import Playable
from .cables import Cable, make_cable
from .patch import read_end, read_patch, write_patch
from .wiring import Wiring, check_name


class PatchBay(Playable, Mapping[str, Any]):
    """A mapping from name to processor, and the cables between them."""

    __slots__ = ("wiring",)

    def __init__(self, nodes: Mapping[str, Any], patch: str, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        super().__init__()
        self.wiring = Wiring(_names(inputs, "inputs"), _names(outputs, "outputs"))
        for name, processor in nodes.items():
            self._take(name, processor)
        self._check_once()
        self.wiring.lay(read_patch(patch))

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

    # knobs

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


def _names(names: Sequence[str], kind: str) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InvalidType(f"{kind} is a sequence of names: {kind}=({names!r},)")
    return tuple(names)
