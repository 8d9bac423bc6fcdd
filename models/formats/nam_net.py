"""What the readers of .nam architectures share: the object they read, the flat weights, the net they give."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..spec import Activation, Shapes
from .json_file import Node
from .options import ReadOptions

Weights = dict[str, np.ndarray]
MOST_MODELS = 64  # inside one container


@dataclass(frozen=True)
class Net:
    """What a .nam object describes.

    Attributes:
        layers: of a ModelSpec.
        weights: by name, `0.weight` for the first layer's.
        input_channels: of the signal.
        sample_rate: in Hz; None: the file does not say.
        prewarm_samples: as in ModelSpec.
        metadata: plain JSON data.
    """

    layers: tuple[Any, ...]
    weights: Weights
    input_channels: int
    sample_rate: float | None
    prewarm_samples: int | None = None
    metadata: dict[str, Any] | None = None

    @property
    def silence_before(self) -> int:
        """Samples of silence before the first sample."""
        if self.prewarm_samples is not None:
            return self.prewarm_samples
        return 1 + sum(layer.receptive_field - 1 for layer in self.layers)


@dataclass(frozen=True)
class NamObject:
    """A .nam object whose envelope has been read; containers and condition nets nest them.

    Attributes:
        node: the object.
        sample_rate: in Hz; None: it does not say.
        options: the caller's.
        nested: reads an object inside this one.
    """

    node: Node
    sample_rate: float | None
    options: ReadOptions
    nested: Callable[[Node, ReadOptions], Net]

    @property
    def config(self) -> Node:
        """The architecture's settings."""
        return self.node["config"]

    def width(self, key: str, default: int | None = None) -> int:
        """Return a number of channels from the config."""
        return whole(self.config, key, 1, 1024, default)

    def common_rate(self, inner: Net, field: Node) -> float | None:
        """Return the rate of this object and one inside it; raises ModelFileError where they differ."""
        if None not in (self.sample_rate, inner.sample_rate) and self.sample_rate != inner.sample_rate:
            raise field.problem(f"{inner.sample_rate:g} Hz inside a model of {self.sample_rate:g} Hz")
        return inner.sample_rate if self.sample_rate is None else self.sample_rate


class FlatWeights:
    """The `weights` list, handed out front to back.

    Raises ModelFileError unless it holds exactly `needed` numbers.
    """

    def __init__(self, item: NamObject, needed: int) -> None:
        node = item.node["weights"]
        self._values = node.floats()
        self._at = 0
        if len(self._values) != needed:
            raise node.problem(f"{len(self._values)} found, {needed} needed")

    def take(self, *shape: int) -> np.ndarray:
        """Return the next array."""
        start, self._at = self._at, self._at + math.prod(shape)
        return self._values[start : self._at].reshape(shape)

    def fill(self, shapes: Shapes, given: Weights) -> Weights:
        """Return an array for each of `shapes` in their order; those in `given` are not in the list."""
        return {name: given[name] if name in given else self.take(*shape) for name, shape in shapes.items()}


def count(shapes: Shapes, given: Weights) -> int:
    """Return how many numbers `FlatWeights.fill` takes."""
    return sum(math.prod(shape) for name, shape in shapes.items() if name not in given)


def moved(weights: Weights, start: str, by: int = 0) -> Weights:
    """Return `weights` named behind `start`, the leading layer number raised by `by`."""
    split = ((name.partition("."), array) for name, array in weights.items())
    return {f"{start}{int(number) + by}.{rest}": array for (number, _, rest), array in split}


def whole(node: Node, key: str, minimum: int, maximum: int, default: int | None = None) -> int:
    """Return the whole number at `key`; `default` where it is missing."""
    found = node[key] if default is None else node.get(key)
    return default if found is None and default is not None else node[key].whole(minimum, maximum)


def flag(node: Node, key: str, default: bool) -> bool:
    """Return the flag at `key`; `default` where it is missing."""
    found = node.get(key)
    return default if found is None else found.flag()


def in_series(nets: list[Net]) -> tuple[tuple[Any, ...], Weights, int | None]:
    """Return layers, weights and prewarm samples of nets behind each other."""
    layers: tuple[Any, ...] = ()
    weights: Weights = {}
    for net in nets:
        weights.update(moved(net.weights, "", len(layers)))
        layers += net.layers
    return layers, weights, prewarm(nets, 0)


def prewarm(nets: list[Net], further: int) -> int | None:
    """Return the silence that settles `nets` and `further` samples; None where the receptive field says it all."""
    if all(net.prewarm_samples is None for net in nets):
        return None
    return sum(net.silence_before for net in nets) + further


CURVES = {
    "Tanh": "tanh", "Fasttanh": "fast_tanh", "Hardtanh": "hardtanh", "ReLU": "relu", "LeakyReLU": "leaky_relu",
    "PReLU": "prelu", "Sigmoid": "sigmoid", "SiLU": "silu", "Hardswish": "hardswish", "Softsign": "softsign",
    "LeakyHardtanh": "leaky_hardtanh", "LeakyHardTanh": "leaky_hardtanh",
}  # fmt: skip
SETTINGS = {
    "leaky_relu": {"negative_slope": "slope"},
    "leaky_hardtanh": {
        "min_val": "minimum", "max_val": "maximum", "min_slope": "minimum_slope", "max_slope": "maximum_slope"
    },
}  # fmt: skip


@dataclass(frozen=True)
class NamCurve:
    """An activation, and the slopes of a PReLU."""

    activation: Activation
    slopes: tuple[float, ...] = ()

    def weights(self, start: str) -> Weights:
        """Return the slopes as a weight."""
        return {f"{start}slopes": np.asarray(self.slopes, np.float32)} if self.slopes else {}


def curve(node: Node) -> NamCurve:
    """Read an activation: a name, or an object with `type` and settings.

    Hardtanh clips at ±1 whatever settings stand beside it, as in NeuralAmpModelerCore.
    """
    if isinstance(node.value, str):
        name, settings = CURVES[node.text(CURVES)], {}
    else:
        name, settings = CURVES[node["type"].text(CURVES)], node.mapping()
    if name == "prelu":
        slopes = (0.01,)
        if "negative_slope" in settings:
            slopes = (settings["negative_slope"].number(),)
        elif "negative_slopes" in settings:
            settings["negative_slopes"].entries(1, 1024)
            slopes = tuple(map(float, settings["negative_slopes"].floats()))
        return NamCurve(Activation(name="prelu", slopes=len(slopes)), slopes)
    values = {ours: settings[theirs].number() for theirs, ours in SETTINGS.get(name, {}).items() if theirs in settings}
    return NamCurve(Activation.model_validate({"name": name, **values}))
