"""Residual and Multiply: two paths of layers, summed or multiplied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ..errors import InvalidValue
from .layer import BaseLayer
from .plain import Shapes

if TYPE_CHECKING:
    from .model import Layer


@contextmanager
def inside(where: str) -> Iterator[None]:
    """Let an InvalidValue say where in a model it arose: `Conv1d.groups: …` becomes `where.groups: …`."""
    try:
        yield
    except InvalidValue as error:
        raise InvalidValue(f"{where}.{str(error).partition('.')[2]}") from None


def run_outputs(layers: "tuple[Layer, ...]", inputs: int, where: str = "ModelSpec.layers") -> list[int]:
    """Return the channels after each of `layers`, the input's first. Raises InvalidValue naming the layer in `where`."""
    channels = [inputs]
    for i, layer in enumerate(layers):
        with inside(f"{where}.{i}"):
            channels.append(layer.outputs(channels[-1]))
    return channels


class TwoPaths(BaseLayer):
    """Two paths from the same input that meet again; what they do where they meet is the subclass's to say.

    Attributes:
        body: layers in series.
        shortcut: layers in series; empty: x itself, or its first channels where the body gives fewer.
    """

    body: "Annotated[tuple[Layer, ...], Field(min_length=1, max_length=64)]"
    shortcut: "Annotated[tuple[Layer, ...], Field(max_length=64)]" = ()

    def outputs(self, inputs: int) -> int:
        name = type(self).__name__
        out = run_outputs(self.body, inputs, f"{name}.body")[-1]
        beside = run_outputs(self.shortcut, inputs, f"{name}.shortcut")[-1]
        if beside < out or (self.shortcut and beside != out):
            raise InvalidValue(f"{name}.body: {out} channels, {beside} beside it; they cannot meet")
        return out

    def paths(self) -> "tuple[tuple[str, tuple[Layer, ...]], ...]":
        """Return (name, layers) of both."""
        return ("body", self.body), ("shortcut", self.shortcut)

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shapes: Shapes = {}
        for name, layers in self.paths():
            for i, (layer, channels) in enumerate(zip(layers, run_outputs(layers, inputs), strict=False)):
                shapes.update(layer.weight_shapes(f"{prefix}{name}.{i}.", channels, conditioning))
        return shapes

    def multiply_adds(self, inputs: int) -> int:
        return sum(
            layer.multiply_adds(channels)
            for _, layers in self.paths()
            for layer, channels in zip(layers, run_outputs(layers, inputs), strict=False)
        )

    @property
    def receptive_field(self) -> int:
        return max(1 + sum(layer.receptive_field - 1 for layer in layers) for _, layers in self.paths())

    @property
    def conditioned(self) -> bool:
        return any(layer.conditioned for _, layers in self.paths() for layer in layers)

    @property
    def knob_inputs(self) -> frozenset[int]:
        return frozenset().union(*(layer.knob_inputs for _, layers in self.paths() for layer in layers))


class Residual(TwoPaths):
    """body(x) + shortcut(x)."""

    kind: Literal["Residual"] = "Residual"


class Multiply(TwoPaths):
    """body(x) · shortcut(x), channel by channel: a body that ends in a sigmoid is a gain, as a compressor's is."""

    kind: Literal["Multiply"] = "Multiply"
