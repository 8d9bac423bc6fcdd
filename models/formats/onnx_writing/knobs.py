"""From knobs in their units to what layers read: raw positions, and the scales and shifts of every FiLM.

These operators read the knobs alone; they run once a block, before any other.
"""

from collections.abc import Sequence

import numpy as np

from ...model import Model
from ...parameter import Parameter
from .graph import Graph, Node


class KnobValues:
    """The knobs of one graph. `finish` appends the operators, once every FiLM is known."""

    def __init__(self, graph: Graph, model: Model) -> None:
        self.graph, self.model = graph, model
        self.films: list[tuple[np.ndarray, np.ndarray]] = []
        self.parts: list[str] = []
        self.raw_name = ""

    @property
    def raw(self) -> str:
        """Name of the raw positions, (knobs,)."""
        self.raw_name = self.raw_name or self.graph.name()
        return self.raw_name

    def film(self, prefixes: Sequence[str]) -> tuple[str, str]:
        """Return the names of scales and shifts, each (rows,), of the FiLMs whose dense layers are at `prefixes`, in series."""
        halves = [[np.split(self.model.weights[f"{at}{name}"], 2) for at in prefixes] for name in ("weight", "bias")]
        weight, bias = (np.concatenate([half[i] for i in range(2) for half in each]) for each in halves)
        self.films.append((weight, bias))
        self.parts += [self.graph.name(), self.graph.name()]
        return self.parts[-2], self.parts[-1]

    def finish(self) -> None:
        """Append what the names above stand for to the graph's first nodes."""
        if not (self.films or self.raw_name):
            return
        graph, spec = self.graph, self.model.spec
        start = len(graph.nodes)
        positions = raw_positions(graph, spec.knobs, "knobs")
        graph.nodes.append(Node("Identity", (positions,), (self.raw,), {}))
        if self.films:
            assert spec.conditioning is not None  # the spec has checked it
            two = graph.constant(2.0)
            vector = graph.add("Sub", graph.add("Mul", self.raw, two), graph.constant(1.0))
            for i in range(len(spec.conditioning.hidden)):
                weight, bias = (self.model.weights[f"conditioning.{i}.{name}"] for name in ("weight", "bias"))
                kind = "Tanh" if spec.conditioning.activation == "tanh" else "Relu"
                vector = graph.add(kind, dense(graph, vector, weight, bias))
            weight, bias = (np.concatenate(parts) for parts in zip(*self.films, strict=True))
            every = dense(graph, vector, weight, bias)
            sizes = graph.integers(*(len(bias) // 2 for _, bias in self.films for _ in range(2)))
            graph.nodes.append(Node("Split", (every, sizes), tuple(self.parts), {"axis": 0}))
        graph.first += graph.nodes[start:]
        del graph.nodes[start:]


def dense(graph: Graph, x: str, weight: np.ndarray, bias: np.ndarray | None) -> str:
    """Return W x + b over the last dimension of `x`; weight is (out, in)."""
    product = graph.add("MatMul", x, graph.weight(weight.T, rows=1))
    return product if bias is None else graph.add("Add", product, graph.constant(bias))


def raw_positions(graph: Graph, knobs: Sequence[Parameter], values: str) -> str:
    """Return the knobs' positions 0..1, (knobs,), for their values in their units, (knobs,)."""
    least, most = ([float(k.to_number(k.from_raw(end))) for k in knobs] for end in (0.0, 1.0))
    inside = graph.add("Min", graph.add("Max", values, graph.constant(least)), graph.constant(most))
    low, span = np.array(least), np.array(most) - np.array(least)
    span = np.where(span > 0, span, 1.0)  # a switch of one choice
    positions = graph.add("Div", graph.add("Sub", inside, graph.constant(low)), graph.constant(span))
    logarithmic = np.array([k.scale == "log" and not k.choices for k in knobs])
    if logarithmic.any():
        bottom, ratio = np.where(logarithmic, low, 1.0), np.where(logarithmic, (low + span) / np.where(low, low, 1.0), np.e)
        safe = graph.add("Where", graph.constant(logarithmic, bool), inside, graph.constant(np.ones(len(knobs))))
        octaves = graph.add("Log", graph.add("Div", safe, graph.constant(bottom)))
        bent = graph.add("Div", octaves, graph.constant(np.log(ratio)))
        positions = graph.add("Where", graph.constant(logarithmic, bool), bent, positions)
    for i, knob in enumerate(knobs):
        if knob.scale == "points" and not knob.choices:
            here = graph.constant(np.arange(len(knobs)) == i, bool)
            positions = graph.add("Where", here, _through_points(graph, knob, inside), positions)
    return positions


def _through_points(graph: Graph, knob: Parameter, values: str) -> str:
    """Return the position on a piecewise linear scale: each piece adds its share as far as the value has passed it."""
    lows, highs = np.array(knob.points[:-1]), np.array(knob.points[1:])
    column = graph.add("Unsqueeze", values, graph.integers(1))
    passed = graph.add("Div", graph.add("Sub", column, graph.constant(lows)), graph.constant(highs - lows))
    share = graph.add("Clip", passed, graph.constant(0.0), graph.constant(1.0))
    return graph.add("ReduceMean", share, axes=[1], keepdims=0)
