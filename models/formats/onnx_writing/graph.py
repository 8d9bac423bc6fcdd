"""A graph being built: nodes, constants and states, as plain data until `file.py` makes them ONNX."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..small_numbers import Numbers, fits_half, has_long_rows, whole_numbers

FEWEST_SMALL_NUMBERS = 64  # in one array; fewer are not worth an operator
FLOAT, INT64, DOUBLE = 1, 7, 11  # as onnx.TensorProto numbers them


@dataclass(frozen=True)
class Node:
    """One operator: names of what it reads and writes ("" leaves an optional input out), and its attributes."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Body:
    """A graph within a graph, as an attribute: the step of a loop. It may read the constants of the whole."""

    nodes: list[Node]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    element: int


@dataclass(frozen=True)
class State:
    """What a layer remembers from block to block; `streams_axis` is the dimension of the streams in `shape`, -1: none."""

    input: str
    output: str
    shape: tuple[int, ...]
    streams_axis: int
    dtype: Any = np.float32


@dataclass
class Graph:
    """Nodes in the order they run; `first` holds those that only depend on constants and knobs, which run before the others.

    `numbers` is how weights are stored; `poles` are the state spaces', complex (channels, pairs), by their state's name.
    """

    numbers: Numbers = "float32"
    nodes: list[Node] = field(default_factory=list)
    first: list[Node] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    states: list[State] = field(default_factory=list)
    poles: dict[str, np.ndarray] = field(default_factory=dict)
    _names: int = 0
    _known: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def name(self) -> str:
        """Return a name that is not taken."""
        self._names += 1
        return f"v{self._names}"

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append an operator of one output; return the output's name."""
        return self.add_many(kind, inputs, 1, **attributes)[0]

    def add_many(self, kind: str, inputs: tuple[str, ...], outputs: int, **attributes: Any) -> list[str]:
        """Append an operator of several outputs; return their names."""
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(Node(kind, inputs, tuple(names), attributes))
        return names

    def body(self, inputs: int, step: Callable[..., Sequence[str]], element: int = FLOAT) -> Body:
        """Return the loop body that `step` builds: from the names of `inputs` inputs, of type `element`, to its outputs'."""
        around, self.nodes = self.nodes, []
        names = tuple(self.name() for _ in range(inputs))
        outputs = tuple(step(*names))
        body, self.nodes = Body(self.nodes, names, outputs, element), around
        return body

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """Return the name of a constant; equal ones share it."""
        array = np.ascontiguousarray(values, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = name = f"c{len(self.constants)}"
            self.constants[name] = array
        return self._known[key]

    def weight(self, values: np.ndarray, rows: int = 0) -> str:
        """Return the name of a weight, stored in small numbers where that pays; `rows` is the axis of the outputs' channels.

        Engines turn them back once, when they load the file: a Cast and a Mul of constants are constant themselves.
        """
        array = np.ascontiguousarray(values, np.float32)
        if self.numbers == "float32" or array.size < FEWEST_SMALL_NUMBERS:
            return self.constant(array)
        if self.numbers == "int8" and has_long_rows(array, rows):
            whole, scale = whole_numbers(array, rows)
            column = scale.reshape([-1 if axis == rows else 1 for axis in range(array.ndim)])
            return self._before("Mul", self._before("Cast", self.constant(whole, np.int8), to=FLOAT), self.constant(column))
        if not fits_half(array):
            return self.constant(array)
        return self._before("Cast", self.constant(array, np.float16), to=FLOAT)

    def _before(self, kind: str, *inputs: str, **attributes: Any) -> str:
        key = (kind, inputs)
        if key not in self._known:
            self._known[key] = name = self.name()
            self.first.append(Node(kind, inputs, (name,), attributes))
        return self._known[key]

    def integers(self, *values: int) -> str:
        """Return the name of a constant list of int64."""
        return self.constant(values, np.int64)

    def state(self, place: str, shape: tuple[int, ...], streams_axis: int, dtype: Any = np.float32) -> State:
        """Enter a state; its `output` must be written by a node (`write_state`)."""
        name = "state_" + place.strip(".").replace(".", "_")
        self.states.append(State(name, f"next_{name}", shape, streams_axis, dtype))
        return self.states[-1]

    def write_state(self, state: State, kind: str, *inputs: str, **attributes: Any) -> None:
        """Append the operator whose output is the state after the block."""
        self.nodes.append(Node(kind, inputs, (state.output,), attributes))

    def prune(self) -> None:
        """Leave out what nothing reads: the last layer's path, a part of a FiLM, and their constants."""
        wanted = {"output", *(state.output for state in self.states)}
        for nodes in (self.nodes, self.first):
            for node in reversed(nodes):
                if wanted & set(node.outputs):
                    wanted |= _read(node)
            nodes[:] = [node for node in nodes if wanted & set(node.outputs)]
        self.constants = {name: array for name, array in self.constants.items() if name in wanted}


def _read(node: Node) -> set[str]:
    """Return every name a node reads, those within its loop body included."""
    inner = (value.nodes for value in node.attributes.values() if isinstance(value, Body))
    return set(node.inputs).union(*(_read(part) for nodes in inner for part in nodes))


class Signal:
    """What flows between layers: `channels` channels in one of two layouts, turned into the other where it is asked for.

    by_channel: (streams, channels, samples), as convolutions take it. by_time: (samples, streams, channels), as recurrent
    layers do.
    """

    def __init__(self, graph: Graph, channels: int, by_channel: str = "", by_time: str = "") -> None:
        self.graph, self.channels = graph, channels
        self._by_channel, self._by_time = by_channel, by_time

    @property
    def is_by_time(self) -> bool:
        """Whether it lies by time already, and by channel not yet."""
        return bool(self._by_time and not self._by_channel)

    @property
    def by_channel(self) -> str:
        """Its name as (streams, channels, samples)."""
        if not self._by_channel:
            self._by_channel = self.graph.add("Transpose", self._by_time, perm=[1, 2, 0])
        return self._by_channel

    @property
    def by_time(self) -> str:
        """Its name as (samples, streams, channels)."""
        if not self._by_time:
            self._by_time = self.graph.add("Transpose", self._by_channel, perm=[2, 0, 1])
        return self._by_time

    def with_past(self, place: str, samples: int) -> str:
        """Return it by channel with the `samples` before the block in front, remembered as a state."""
        if samples == 0:
            return self.by_channel
        graph = self.graph
        state = graph.state(place, (1, self.channels, samples), 0)
        joined = graph.add("Concat", state.input, self.by_channel, axis=2)
        end, axis = graph.integers(np.iinfo(np.int64).max), graph.integers(2)
        graph.write_state(state, "Slice", joined, graph.integers(-samples), end, axis)
        return joined
