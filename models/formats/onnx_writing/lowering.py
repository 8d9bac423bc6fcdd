"""Lowering: from a spec and its weights to a graph. Normalisation behind a matrix is folded into it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import CannotHold
from ...folding import as_convolution, scale_and_shift
from ...model import Model
from ...spec import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    FiLM,
    Gain,
    KnobInputs,
    MaxPool,
    Multiply,
    Residual,
    StateSpace,
    TemporalFiLM,
    WaveNet,
)
from ..small_numbers import Numbers
from .curves import curve
from .graph import Graph, Node, Signal
from .knobs import KnobValues, dense
from .memory import state_space, temporal_film
from .recurrent import recurrent
from .wavenet import lower_wavenet

MATRICES = (Dense, Conv1d, Conv2d)


def lower(model: Model, numbers: Numbers = "float32") -> Graph:
    """Return the graph of a model: `audio`, `knobs` and states in, `output` and states out.

    Raises:
        CannotHold: a layer without a counterpart in ONNX.
    """
    lowering = Lowering(model, numbers)
    graph = lowering.graph
    out = lowering.run(model.spec.layers, Signal(graph, model.spec.input_channels, by_channel="audio"), "layers.")
    graph.nodes.append(Node("Identity", (out.by_channel,), ("output",), {}))
    lowering.knobs.finish()
    graph.prune()
    return graph


class Lowering:
    """Walks the layers of one model; `run` is where every kind is turned into operators."""

    def __init__(self, model: Model, numbers: Numbers) -> None:
        self.graph, self.weights = Graph(numbers), model.weights
        self.knobs = KnobValues(self.graph, model)

    def run(self, layers: Sequence[Any], x: Signal, prefix: str) -> Signal:
        """Lower `layers` in series."""
        i = 0
        while i < len(layers):
            if isinstance(layers[i], MATRICES):
                x, i = self._matrix(layers, i, x, prefix)
            else:
                x = self._single(layers[i], x, f"{prefix}{i}.")
                i += 1
        return x

    def convolution(self, x: Signal, at: str, weight: np.ndarray, bias: np.ndarray | None, *, dilation: int = 1,
                    groups: int = 1) -> Signal:  # fmt: skip
        """Return the causal convolution of `x`; its past is a state named by `at`."""
        if weight.shape == (groups, 1, 1) and groups == x.channels:  # a level a channel: no convolution is that cheap
            if bias is not None:
                return self._scaled(x, self.graph.constant(weight[:, 0, 0]), self.graph.constant(bias))
            return self.signal(groups, self.graph.add("Mul", x.by_channel, self.graph.constant(weight[:, :, 0])))
        constants = [self.graph.weight(weight)] + ([] if bias is None else [self.graph.constant(bias)])
        return self.convolved(x, at, constants, weight.shape, dilation, groups)

    def convolved(self, x: Signal, at: str, arrays: list[str], shape: tuple[int, ...], dilation: int, groups: int) -> Signal:
        """Return the causal convolution of `x` with a named weight of this `shape`, and a bias if there are two names."""
        past = x.with_past(at, (shape[2] - 1) * dilation)
        options = {"kernel_shape": [shape[2]], "dilations": [dilation], "group": groups}
        return self.signal(shape[0], self.graph.add("Conv", past, *arrays, **options))

    def signal(self, channels: int, name: str) -> Signal:
        """Return a signal that lies by channel."""
        return Signal(self.graph, channels, by_channel=name)

    def activated(self, activation: Activation, x: Signal, at: str) -> Signal:
        """Return the curve of `x`; a prelu's slopes are at the weights' prefix `at`."""
        slopes = self.weights.get(f"{at}slopes")
        constant = "" if slopes is None else self.graph.constant(slopes[:, None])
        return self.signal(x.channels, curve(self.graph, activation, x.by_channel, constant))

    def filmed(self, x: Signal, at: str) -> Signal:
        """Return `x` through the FiLM whose dense layer is at the weights' prefix `at`."""
        return self._scaled(x, *self.knobs.film([at]))

    def _scaled(self, x: Signal, scale: str, shift: str) -> Signal:
        """Return `x` times a scale plus a shift a channel: a BatchNormalization that has nothing to normalise does both."""
        mean, variance = self.graph.constant(np.zeros(x.channels)), self.graph.constant(np.ones(x.channels))
        out = self.graph.add("BatchNormalization", x.by_channel, scale, shift, mean, variance, epsilon=0.0)
        return self.signal(x.channels, out)

    def _single(self, layer: Any, x: Signal, at: str) -> Signal:
        graph = self.graph
        match layer:
            case WaveNet():
                return lower_wavenet(self, layer, x, at)
            case LSTM() | GRU():
                return recurrent(graph, layer, x, at, self.weights)
            case Residual() | Multiply():
                return self._two_paths(layer, x, at)
            case Activation():
                return self.activated(layer, x, at)
            case FiLM():
                return self.filmed(x, at)
            case BatchNorm():
                return self._scaled(
                    x, *(graph.constant(values) for values in scale_and_shift(layer, self.weights, at, x.channels))
                )
            case Gain():
                level = graph.constant(10.0 ** (layer.level_db / 20.0))
                return self.signal(x.channels, graph.add("Mul", x.by_channel, level))
            case MaxPool():
                past = x.with_past(at, layer.kernel_size - 1)
                return self.signal(x.channels, graph.add("MaxPool", past, kernel_shape=[layer.kernel_size]))
            case StateSpace():
                return state_space(graph, layer, x, at, self.weights)
            case TemporalFiLM():
                return temporal_film(graph, layer, x, at, self.weights)
            case KnobInputs():
                return self._with_knobs(layer, x)
        raise CannotHold("onnx", at.rstrip("."), f"there is no ONNX graph for a layer of kind {layer.kind}")

    def _two_paths(self, layer: Residual | Multiply, x: Signal, at: str) -> Signal:
        beside = self.run(layer.shortcut, x, f"{at}shortcut.")
        through = self.run(layer.body, x, f"{at}body.")
        other = beside.by_channel
        if through.channels < beside.channels:
            other = self.channels_of(other, 0, through.channels)
        kind = "Add" if isinstance(layer, Residual) else "Mul"
        return self.signal(through.channels, self.graph.add(kind, through.by_channel, other))

    def channels_of(self, name: str, start: int, end: int) -> str:
        """Return some channels of a signal that lies by channel."""
        graph = self.graph
        return graph.add("Slice", name, graph.integers(start), graph.integers(end), graph.integers(1))

    def _with_knobs(self, layer: KnobInputs, x: Signal) -> Signal:
        graph, source = self.graph, x.by_channel
        shape = [graph.add("Shape", source, start=0, end=1), graph.integers(1), graph.add("Shape", source, start=2, end=3)]
        column = graph.add("Unsqueeze", self.knobs.raw, graph.integers(0, 2))
        rows = graph.add("Expand", column, graph.add("Concat", *shape, axis=0))
        return self.signal(x.channels + layer.knobs, graph.add("Concat", source, rows, axis=1))

    def _matrix(self, layers: Sequence[Any], i: int, x: Signal, prefix: str) -> tuple[Signal, int]:
        """Lower a matrix layer with the normalisation behind it; return (out, next layer)."""
        layer, at = layers[i], f"{prefix}{i}."
        weight, bias, dilation, groups = as_convolution(layer, self.weights, at, x.channels)
        rows = weight.shape[0]
        i += 1
        while i < len(layers) and isinstance(layers[i], BatchNorm):
            scale, shift = scale_and_shift(layers[i], self.weights, f"{prefix}{i}.", rows)
            weight = weight * scale[:, None, None]
            bias = shift if bias is None else bias * scale + shift
            i += 1
        if x.is_by_time and isinstance(layer, Dense):
            return Signal(self.graph, rows, by_time=dense(self.graph, x.by_time, weight[:, :, 0], bias)), i
        return self.convolution(x, at, weight, bias, dilation=dilation, groups=groups), i
