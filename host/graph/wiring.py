"""The wiring: nodes and cables as the user sees them, checked as they come; sub-graphs opened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...models.errors import InvalidValue, UnknownName, WetdryError
from .cables import KEY, Cable, End
from .ordering import Undelayed, closing_pairs, reached
from .ports import is_source, key_channels


@dataclass(frozen=True, eq=False)
class Strung:
    """A cable between nodes of the opened wiring."""

    source: str
    target: str
    into_key: bool
    cable: Cable


@dataclass
class Wiring:
    """Which processors there are, and which cable goes where.

    Attributes:
        inputs, outputs: names of the doors.
        nodes: processor by name; None: a wire.
        cables: in the order in which they were laid.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: dict[str, Any] = field(default_factory=dict)
    cables: list[Cable] = field(default_factory=list)

    def __post_init__(self) -> None:
        for kind, names in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not names:
                raise InvalidValue(f"a graph has at least one of its {kind}: {kind}=({kind[:-3]!r},)")
            for name in names:
                check_name(name)
        doors = [*self.inputs, *self.outputs]
        twice = next((name for name in doors if doors.count(name) > 1), None)
        if twice:
            raise InvalidValue(f"{twice!r} is the name of two inputs or outputs; name each once")

    @property
    def names(self) -> list[str]:
        """Everything a cable can end at."""
        return [*self.inputs, *self.nodes, *self.outputs]

    # cables

    def lay(self, cables: Iterable[Cable]) -> None:
        """Take cables up, all of them or none.

        Raises:
            UnknownName: one ends at what is not there; near misses are named.
            InvalidValue: it runs from an output or into an input, is there already, or closes a loop without a delay.
        """
        before = list(self.cables)
        ends = {(cable.source, cable.target): cable for cable in before}
        try:
            for cable in cables:
                self._check_source(cable)
                self._check_target(cable)
                other = ends.setdefault((cable.source, cable.target), cable)
                if other is not cable:
                    where = f" (line {other.line})" if other.line else ""
                    raise InvalidValue(f"{cable.said}: this cable is there already{where}; give it a level, or let the second "
                                       "way lead through a wire (a node that is None)")  # fmt: skip
                self.cables.append(cable)
            self.check_loops()
        except WetdryError:
            self.cables = before
            raise

    def _check_source(self, cable: Cable) -> None:
        end = cable.source
        if end.node in self.outputs:
            raise InvalidValue(f"{cable.said}: {end.node} is an output of the graph, nothing runs from it; "
                               "run the cable from what feeds it")  # fmt: skip
        processor = self._found(end, cable)
        doors = _doors(processor)
        if doors:
            if end.port and end.port not in doors.outputs:
                raise _unknown(cable, f"output of {end.node}", end.port, doors.outputs)
        elif end.port:
            why = f"{end} is an input: begin a new line with {end.node}" if end.port == KEY else f"{end.node} has one output"
            raise InvalidValue(f"{cable.said}: {why}")

    def _check_target(self, cable: Cable) -> None:
        end = cable.target
        if end.node in self.inputs:
            raise InvalidValue(f"{cable.said}: {end.node} is an input of the graph, nothing runs into it; "
                               "run the cable to what it feeds")  # fmt: skip
        processor = self._found(end, cable)
        doors = _doors(processor)
        if doors:
            if end.port and end.port not in doors.inputs:
                raise _unknown(cable, f"input of {end.node}", end.port, doors.inputs)
        elif end.port == KEY:
            if not key_channels(processor):
                raise InvalidValue(f"{cable.said}: {end.node} has no side-chain input; run the cable to {end.node}")
        elif end.port:
            raise InvalidValue(f"{cable.said}: {end.node} has no input {end.port!r}: write {end.node}, or {end.node}.key "
                               "for a side-chain")  # fmt: skip

    def _found(self, end: End, cable: Cable) -> Any:
        if end.node in self.nodes:
            return self.nodes[end.node]
        if end.node in self.inputs or end.node in self.outputs:
            return None
        error = _unknown(cable, "node", end.node, self.names)
        if end is cable.source and end.node.isidentifier():
            error.args = (f"{error.args[0]} (if it is an input: inputs={(*self.inputs, end.node)!r})",)
        raise error

    def find(self, source: End, target: End) -> Cable:
        """Return the cable between two ends. Raises InvalidValue where there is none, and names those there are."""
        for cable in self.cables:
            if (cable.source, cable.target) == (source, target):
                return cable
        near = [c.name for c in self.cables if c.source.node == source.node or c.target.node == target.node]
        raise InvalidValue(f"no cable runs {source} -> {target}; there are {', '.join(near or self._cable_names()) or 'none'}")

    def _cable_names(self) -> list[str]:
        return [cable.name for cable in self.cables]

    # sub-graphs

    def opened(self, prefix: str = "") -> tuple[dict[str, Any], list[Strung]]:
        """Return all nodes by name (inputs and outputs as wires) and the cables between them, sub-graphs opened."""
        nodes: dict[str, Any] = {f"{prefix}{name}": None for name in self.inputs}
        strung: list[Strung] = []
        for name, processor in self.nodes.items():
            doors = _doors(processor)
            if doors:
                inner, cables = doors.opened(f"{prefix}{name}.")
                nodes |= inner
                strung += cables
            else:
                nodes[f"{prefix}{name}"] = processor
        nodes |= {f"{prefix}{name}": None for name in self.outputs}
        strung += [
            Strung(prefix + self._inner(cable.source, True), prefix + self._inner(cable.target, False),
                   cable.target.port == KEY and not _doors(self.nodes.get(cable.target.node)), cable)
            for cable in self.cables
        ]  # fmt: skip
        return nodes, strung

    def _inner(self, end: End, leaving: bool) -> str:
        doors = _doors(self.nodes.get(end.node))
        if not doors:
            return end.node
        return f"{end.node}.{end.port or (doors.outputs if leaving else doors.inputs)[0]}"

    # the whole

    def check_loops(self) -> None:
        """Raise InvalidValue where a loop has no delay; says which cable could have one."""
        nodes, strung = self.opened()
        delays: dict[tuple[str, str], int] = {}
        for s in strung:
            amount = 1 if s.cable.delay and s.cable.delay.amount > 0 else 0
            delays[s.source, s.target] = min(delays.get((s.source, s.target), 1), amount)
        try:
            closing_pairs(nodes, delays)
        except Undelayed as loop:
            raise InvalidValue(self.loop_text(loop, strung)) from None

    def loop_text(self, loop: Undelayed, strung: list[Strung]) -> str:
        """Return what is wrong with a loop, and the line that would be right."""
        pairs = list(zip(loop.names, loop.names[1:], strict=False))
        last = max((s for s in strung if (s.source, s.target) in pairs), key=lambda s: s.cable.line)
        return (f"{last.cable.said}: {loop} is a loop without delay; give one of its cables one: "
                f"{last.cable.source} -> 10 ms -> {last.cable.target}")  # fmt: skip

    def check_whole(self) -> None:
        """Raise InvalidValue where something is not connected; says what, and what to do."""
        nodes, strung = self.opened()
        after = {name: [s.target for s in strung if s.source == name] for name in nodes}
        before = {name: [s.source for s in strung if s.target == name] for name in nodes}
        fed = self.fed(nodes, strung)
        used = set().union(*(reached(name, before) for name in self.outputs))
        for name in self.inputs:
            if not after[name]:
                raise InvalidValue(f"the input {name!r} runs nowhere: begin a line with {name} ->, or leave it out of inputs")
        for name in self.outputs:
            if name not in fed:
                raise InvalidValue(f"no sound reaches the output {name!r}: end a line with -> {name}")
        for name in self.nodes:
            if _doors(self.nodes[name]):
                continue  # what of a sub-graph is not used is not played
            if not before[name] and name not in fed:
                raise InvalidValue(f"nothing runs to {name!r}: write a line with -> {name}, or remove it")
            if name not in fed:
                raise InvalidValue(f"no input of the graph reaches {name!r}, its side-chain aside: "
                                   f"run {self.inputs[0]} to it, or remove it")  # fmt: skip
            if name not in used:
                raise InvalidValue(f"{name!r} runs to no output: write {name} -> {self.outputs[0]}, remove it, "
                                   f"or make it one: outputs=({self.outputs[0]!r}, …)")  # fmt: skip

    def fed(self, nodes: Mapping[str, Any], strung: Iterable[Strung]) -> set[str]:
        """Return the opened nodes that the sound of some input or source reaches, side-chains aside."""
        after: dict[str, list[str]] = {}
        for s in strung:
            if not s.into_key:
                after.setdefault(s.source, []).append(s.target)
        sources = (name for name, processor in nodes.items() if is_source(processor))
        return set().union(*(reached(name, after) for name in (*self.inputs, *sources)))


def check_name(name: Any) -> str:
    """Return a name of a node, an input or an output. Raises InvalidValue for what a patch could not say."""
    if not isinstance(name, str) or not name.isidentifier():
        raise InvalidValue(f"{name!r} is no name: letters, digits and _, no digit first (amp, left_cab, bus2)")
    return name


def _doors(processor: Any) -> Wiring | None:
    wiring = getattr(type(processor), "wiring", None) and processor.wiring
    return wiring if isinstance(wiring, Wiring) else None


def _unknown(cable: Cable, kind: str, name: str, known: Any) -> UnknownName:
    error = UnknownName(kind, name, known)
    error.args = (f"{cable.said}: {error.args[0]}",)
    return error
