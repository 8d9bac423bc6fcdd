"""LSTM and GRU as ONNX's own operators; those with fast curves as a loop of smaller ones."""

from typing import Any

import numpy as np

from ...errors import CannotHold
from ...spec import GRU, LSTM
from .graph import Graph, Signal, State

ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}  # i f g o becomes i o f c; r z n becomes z r h


def recurrent(graph: Graph, layer: LSTM | GRU, x: Signal, at: str, weights: dict[str, np.ndarray]) -> Signal:
    """Return what the layer at the weights' prefix `at` makes of `x`."""
    if layer.activation == "fast":
        raise CannotHold("onnx", f"{at}activation", "ONNX's LSTM and GRU have no fast curves; read with activation='exact'")
    gates = _reordered(layer.kind, {n: weights[f"{at}{n}"] for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")})
    both = np.concatenate([gates["bias_ih"], gates["bias_hh"]])
    constants = [graph.constant(array[None]) for array in (gates["weight_ih"], gates["weight_hh"], both)]
    names = ("hidden", "cell") if layer.kind == "LSTM" else ("hidden",)
    states = [graph.state(f"{at}{name}", (1, 1, layer.hidden), 1) for name in names]
    learned = [_learned(graph, weights, f"{at}initial_{name}") if layer.initial_state else "" for name in names]
    before = [graph.add("Add", s.input, first) if first else s.input for s, first in zip(states, learned, strict=True)]
    more: dict[str, Any] = {"linear_before_reset": 1} if layer.kind == "GRU" else {}
    out, *after = graph.add_many(
        layer.kind, (x.by_time, *constants, "", *before), 1 + len(names), hidden_size=layer.hidden, **more
    )
    for state, value, first in zip(states, after, learned, strict=True):
        _keep(graph, state, value, first)
    return Signal(graph, layer.hidden, by_time=graph.add("Squeeze", out, graph.integers(1)))


def _reordered(kind: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays with torch's gates in ONNX's order."""
    order = ORDERS[kind]
    parts = {name: np.split(array, len(order)) for name, array in arrays.items()}
    return {name: np.concatenate([gates[i] for i in order]) for name, gates in parts.items()}


def _learned(graph: Graph, weights: dict[str, np.ndarray], name: str) -> str:
    """Return the state before the first sample as a constant; the graph's states count from it."""
    return graph.constant(weights[name][None, None])


def _keep(graph: Graph, state: State, value: str, learned: str) -> None:
    """Write the state after the block, counted from the learned one where there is one."""
    graph.write_state(state, *(("Sub", value, learned) if learned else ("Identity", value)))
