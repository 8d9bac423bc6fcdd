"""What the torch module of every layer kind is: built from (layer, inputs, conditioning), called with (signal, knobs)."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from torch import Tensor, nn

from .. import spec as specs


class Knobs(NamedTuple):
    """Where the knobs stand, once for a whole item or anew at every sample (1 or `samples` below).

    Attributes:
        raw: (batch, knobs, 1 or samples), positions 0..1; None for a net without knobs.
        vector: (batch, 1 or samples, length), what the conditioning net makes of them; None where there is none.
    """

    raw: Tensor | None = None
    vector: Tensor | None = None


LAYERS: dict[str, type[nn.Module]] = {}  # spec's `kind` → module of (layer, inputs, conditioning length)

Module = TypeVar("Module", bound=type[nn.Module])


def plays(kind: str) -> Callable[[Module], Module]:
    """Return a decorator that enters a module under the `kind` of its spec. Raises ValueError where it is taken."""

    def enter(module: Module) -> Module:
        if kind in LAYERS:
            raise ValueError(f"two modules play {kind!r}: {LAYERS[kind].__name__} and {module.__name__}")
        LAYERS[kind] = module
        return module

    return enter


class Series(nn.ModuleList):
    """Layers one after another; (batch, channels, samples) in and out."""

    def __init__(self, layers: Iterable[specs.Layer], inputs: int, conditioning: int) -> None:
        layers = tuple(layers)
        entering = specs.run_outputs(layers, inputs)
        super().__init__(LAYERS[x.kind](x, channels, conditioning) for x, channels in zip(layers, entering, strict=False))

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        """Return what the last layer makes of it."""
        for layer in self:
            x = layer(x, knobs)
        return x
