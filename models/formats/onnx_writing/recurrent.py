"""LSTM and GRU: ONNX's own operators; with fast curves, which those do not have, a Scan over the samples."""

from typing import Any

import numpy as np

from ...spec import GRU, LSTM
from .curves import fast_sigmoid, fast_tanh
from .graph import Graph, Signal, State
from .knobs import dense

ORDERS = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2)}  # i f g o becomes i o f c; r z n becomes z r h
WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def recurrent(graph: Graph, layer: LSTM | GRU, x: Signal, at: str, weights: dict[str, np.ndarray]) -> Signal:
    """Return what the layer at the weights' prefix `at` makes of `x`; its states are (1, streams, hidden)."""
    names = ("hidden", "cell") if isinstance(layer, LSTM) else ("hidden",)
    states = [graph.state(f"{at}{name}", (1, 1, layer.hidden), 1) for name in names]
    learned = [graph.constant(weights[f"{at}initial_{name}"][None, None]) if layer.initial_state else "" for name in names]
    before = [graph.add("Add", s.input, first) if first else s.input for s, first in zip(states, learned, strict=True)]
    play = _operator if layer.activation == "exact" else _loop
    out, after = play(graph, layer, x, [weights[f"{at}{name}"] for name in WEIGHTS], before)
    for state, value, first in zip(states, after, learned, strict=True):
        _keep(graph, state, value, first)
    return Signal(graph, layer.hidden, by_time=out)


def _keep(graph: Graph, state: State, value: str, learned: str) -> None:
    """Write the state after the block, counted from the learned one: zero is where every stream begins."""
    if learned:
        graph.write_state(state, "Sub", value, learned)
    else:
        graph.write_state(state, "Identity", value)


def _operator(graph: Graph, layer: LSTM | GRU, x: Signal, arrays: list[np.ndarray], before: list[str]) -> tuple[str, list[str]]:
    """Return (output, states after) of the operator; output is (samples, streams, hidden)."""
    constants = operator_arrays(graph, arrays, ORDERS[layer.kind])
    more: dict[str, Any] = {"linear_before_reset": 1} if isinstance(layer, GRU) else {}
    inputs = (x.by_time, *constants, "", *before)
    out, *after = graph.add_many(layer.kind, inputs, 1 + len(before), hidden_size=layer.hidden, **more)
    return graph.add("Squeeze", out, graph.integers(1)), after


def lstm_arrays(graph: Graph, weights: dict[str, np.ndarray], at: str) -> list[str]:
    """Return the constants W, R and B of ONNX's LSTM for weights in torch's order at the prefix `at`."""
    return operator_arrays(graph, [weights[f"{at}{name}"] for name in WEIGHTS], ORDERS["LSTM"])


def operator_arrays(graph: Graph, arrays: list[np.ndarray], order: tuple[int, ...]) -> list[str]:
    """Return the constants W, R and B of an operator whose gates come in `order`."""
    gates = [np.split(array, len(order)) for array in arrays]
    into, back, *biases = (np.concatenate([parts[i] for i in order]) for parts in gates)
    return [graph.weight(into[None], 1), graph.weight(back[None], 1), graph.constant(np.concatenate(biases)[None])]


def _loop(graph: Graph, layer: LSTM | GRU, x: Signal, arrays: list[np.ndarray], before: list[str]) -> tuple[str, list[str]]:
    """Return (output, states after) of a Scan."""
    into, back, bias_in, bias_back = arrays
    first = graph.integers(0)
    fed = dense(graph, x.by_time, into, bias_in)
    step = _lstm_step if isinstance(layer, LSTM) else _gru_step

    def body(*values: str) -> list[str]:
        *states, inputs = values
        after = step(graph, inputs, dense(graph, states[0], back, bias_back), states, layer.hidden)
        return [*after, graph.add("Identity", after[0])]

    starts = [graph.add("Squeeze", state, first) for state in before]
    loop = graph.body(len(starts) + 1, body)
    *after, out = graph.add_many("Scan", (*starts, fed), len(starts) + 1, body=loop, num_scan_inputs=1)
    return out, [graph.add("Unsqueeze", state, first) for state in after]


def _parts(graph: Graph, x: str, hidden: int, gates: int) -> list[str]:
    return graph.add_many("Split", (x, graph.integers(*[hidden] * gates)), gates, axis=1)


def _lstm_step(graph: Graph, fed: str, back: str, states: list[str], hidden: int) -> list[str]:
    i, f, g, o = _parts(graph, graph.add("Add", fed, back), hidden, 4)
    kept = graph.add("Mul", fast_sigmoid(graph, f), states[1])
    cell = graph.add("Add", kept, graph.add("Mul", fast_sigmoid(graph, i), fast_tanh(graph, g)))
    return [graph.add("Mul", fast_sigmoid(graph, o), fast_tanh(graph, cell)), cell]


def _gru_step(graph: Graph, fed: str, back: str, states: list[str], hidden: int) -> list[str]:
    (r_in, z_in, n_in), (r_back, z_back, n_back) = (_parts(graph, x, hidden, 3) for x in (fed, back))
    r, z = (fast_sigmoid(graph, graph.add("Add", a, b)) for a, b in ((r_in, r_back), (z_in, z_back)))
    n = fast_tanh(graph, graph.add("Add", n_in, graph.add("Mul", r, n_back)))
    return [graph.add("Add", n, graph.add("Mul", z, graph.add("Sub", states[0], n)))]
