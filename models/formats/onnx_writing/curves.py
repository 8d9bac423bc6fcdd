"""The curves of a spec as ONNX operators."""

from collections.abc import Callable

from ...spec import Activation
from .graph import Graph

LARGEST_FAST_INPUT = 1e9  # its fourth power is a float32 still


def curve(graph: Graph, activation: Activation, x: str, slopes: str = "") -> str:
    """Return the curve of `x`, whose channels are dimension 1; `slopes` is a prelu's constant."""
    if activation.name == "prelu":
        return graph.add("PRelu", x, slopes)
    return CURVES[activation.name](graph, activation, x)


def fast_tanh(graph: Graph, x: str) -> str:
    """Return NAM's rational approximation of tanh (NeuralAmpModelerCore, activations.h)."""
    limit, number = LARGEST_FAST_INPUT, graph.constant
    x = graph.add("Clip", x, number(-limit), number(limit))
    size, square = graph.add("Abs", x), graph.add("Mul", x, x)
    inner = graph.add("Add", graph.add("Mul", size, number(0.821226666969744)), number(0.893229853513558))
    straight = graph.add("Add", graph.add("Mul", size, number(2.45550750702956)), number(2.45550750702956))
    above = graph.add("Mul", x, graph.add("Add", straight, graph.add("Mul", inner, square)))
    bent = graph.add("Mul", graph.add("Mul", x, size), number(0.814642734961073))
    below = graph.add("Mul", graph.add("Add", square, number(2.44506634652299)), graph.add("Abs", graph.add("Add", x, bent)))
    return graph.add("Div", above, graph.add("Add", below, number(2.44506634652299)))


def fast_sigmoid(graph: Graph, x: str) -> str:
    """Return NAM's approximation of the logistic function, by `fast_tanh`."""
    half = graph.constant(0.5)
    return graph.add("Add", graph.add("Mul", fast_tanh(graph, graph.add("Mul", x, half)), half), half)


def _hardtanh(graph: Graph, activation: Activation, x: str) -> str:
    return graph.add("Clip", x, graph.constant(activation.minimum), graph.constant(activation.maximum))


def _leaky_hardtanh(graph: Graph, activation: Activation, x: str) -> str:
    low, high = graph.constant(activation.minimum), graph.constant(activation.maximum)

    def outside(end: str, slope: float) -> str:
        beyond = graph.add("Mul", graph.add("Sub", x, end), graph.constant(slope))
        return graph.add("Add", beyond, end)

    above = graph.add("Where", graph.add("Greater", x, high), outside(high, activation.maximum_slope), x)
    return graph.add("Where", graph.add("Less", x, low), outside(low, activation.minimum_slope), above)


def _named(kind: str) -> Callable[[Graph, Activation, str], str]:
    return lambda graph, activation, x: graph.add(kind, x)


CURVES: dict[str, Callable[[Graph, Activation, str], str]] = {
    "tanh": _named("Tanh"),
    "fast_tanh": lambda graph, activation, x: fast_tanh(graph, x),
    "hardtanh": _hardtanh,
    "relu": _named("Relu"),
    "leaky_relu": lambda graph, activation, x: graph.add("LeakyRelu", x, alpha=activation.slope),
    "sigmoid": _named("Sigmoid"),
    "fast_sigmoid": lambda graph, activation, x: fast_sigmoid(graph, x),
    "silu": lambda graph, activation, x: graph.add("Mul", x, graph.add("Sigmoid", x)),
    "hardswish": _named("HardSwish"),
    "leaky_hardtanh": _leaky_hardtanh,
    "softsign": _named("Softsign"),
    "elu": lambda graph, activation, x: graph.add("Elu", x, alpha=activation.alpha),
    "softmax": lambda graph, activation, x: graph.add("Softmax", x, axis=1),
}  # prelu alone has weights
