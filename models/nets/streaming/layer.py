"""What the streaming module of every layer kind is: built from (layer, inputs, conditioning), called with (signal, moment).

The modules are written for TorchScript: no module holds a spec, and what is absent is a module that passes its input on.
A state is a buffer outside the state dict, which thereby is the model's weights, named as `spec.weight_shapes` names them.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from ... import spec as specs
from ...errors import CannotHold


class Moment(NamedTuple):
    """What holds for a whole block.

    Attributes:
        raw: (1, knobs), positions 0..1.
        vector: (1, length), what the conditioning net makes of them.
        start: whether the stream starts here: every state is at its start, whatever it holds.
    """

    raw: Tensor
    vector: Tensor
    start: bool


LAYERS: dict[str, type[nn.Module]] = {}  # spec's `kind` → module of (layer, inputs, conditioning length)

Module = TypeVar("Module", bound=type[nn.Module])


def streams(*kinds: str) -> Callable[[Module], Module]:
    """Return a decorator that enters a module under the `kind` of its specs."""

    def enter(module: Module) -> Module:
        for kind in kinds:
            LAYERS[kind] = module
        return module

    return enter


class Series(nn.ModuleList):
    """Layers one after another; (batch, channels, samples) in and out. Raises CannotHold for a kind that has no module."""

    def __init__(self, layers: Iterable[specs.Layer], inputs: int, conditioning: int, where: str = "layers") -> None:
        layers = tuple(layers)
        for i, layer in enumerate(layers):
            if layer.kind not in LAYERS:
                raise CannotHold("torchscript", f"{where}.{i}", f"no streaming torch module plays a {layer.kind}; keep the "
                                 "model as .safetensors, which NeuralEffect plays")  # fmt: skip
        entering = specs.run_outputs(layers, inputs)
        super().__init__(LAYERS[x.kind](x, channels, conditioning) for x, channels in zip(layers, entering, strict=False))

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        """Return what the last layer makes of it."""
        for layer in self:
            x = layer(x, moment)
        return x


class WithPast(nn.Module):
    """Base of layers that reach back: puts the samples before a block in front of it; zeros before the first."""

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples
        self.past: Tensor
        self.register_buffer("past", torch.zeros(1, 1, 0), persistent=False)

    def with_past(self, x: Tensor, start: bool) -> Tensor:
        """Return (batch, channels, past + samples) for (batch, channels, samples)."""
        if self.samples == 0:
            return x
        past = torch.zeros(x.shape[0], x.shape[1], self.samples) if start else self.past
        joined = torch.cat([past, x], 2)
        self.past = joined[:, :, joined.shape[2] - self.samples :]
        return joined


def fixed(*shape: int) -> nn.Parameter:
    """Return a weight to be loaded, which no gradient reaches."""
    return nn.Parameter(torch.zeros(shape), requires_grad=False)
