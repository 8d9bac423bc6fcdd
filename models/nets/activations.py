"""The curves of a spec in torch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import spec as specs
from .layer import Knobs, plays

LARGEST_FAST_INPUT = 1e9  # its fourth power is a float32 still


def fast_tanh(x: Tensor, largest: float = LARGEST_FAST_INPUT) -> Tensor:
    """Return NAM's rational approximation of tanh (NeuralAmpModelerCore, activations.h).

    4.4e-4 off for inputs below 12; it does not saturate, the limit is 1.008.
    """
    x = x.clamp(-largest, largest)  # as an argument, since TorchScript reads no globals
    size, square = x.abs(), x * x
    above = x * (2.45550750702956 + 2.45550750702956 * size + (0.893229853513558 + 0.821226666969744 * size) * square)
    return above / (2.44506634652299 + (2.44506634652299 + square) * (x + 0.814642734961073 * x * size).abs())


def fast_sigmoid(x: Tensor) -> Tensor:
    """Return NAM's approximation of the logistic function, by `fast_tanh`."""
    return 0.5 * (fast_tanh(0.5 * x) + 1.0)


def _leaky_hardtanh(x: Tensor, curve: specs.Activation) -> Tensor:
    below = curve.minimum + curve.minimum_slope * (x - curve.minimum)
    above = curve.maximum + curve.maximum_slope * (x - curve.maximum)
    return torch.where(x < curve.minimum, below, torch.where(x > curve.maximum, above, x))


CURVES: dict[str, Callable[[Tensor, specs.Activation], Tensor]] = {
    "tanh": lambda x, curve: torch.tanh(x),
    "fast_tanh": lambda x, curve: fast_tanh(x),
    "hardtanh": lambda x, curve: x.clamp(curve.minimum, curve.maximum),
    "relu": lambda x, curve: functional.relu(x),
    "leaky_relu": lambda x, curve: functional.leaky_relu(x, curve.slope),
    "sigmoid": lambda x, curve: torch.sigmoid(x),
    "fast_sigmoid": lambda x, curve: fast_sigmoid(x),
    "silu": lambda x, curve: functional.silu(x),
    "hardswish": lambda x, curve: functional.hardswish(x),
    "leaky_hardtanh": _leaky_hardtanh,
    "softsign": lambda x, curve: functional.softsign(x),
    "elu": lambda x, curve: functional.elu(x, curve.alpha),
    "softmax": lambda x, curve: torch.softmax(x, 1),
}  # prelu alone has weights


@plays("Activation")
class Activation(nn.Module):
    """A curve; only prelu learns: one slope, or one a channel."""

    def __init__(self, layer: specs.Activation, inputs: int = 1, conditioning: int = 0) -> None:
        super().__init__()
        self.spec = layer
        self.slopes = nn.Parameter(torch.full((layer.slopes,), 0.25)) if layer.name == "prelu" else None

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return the curve of x (batch, channels, samples)."""
        return CURVES[self.spec.name](x, self.spec) if self.slopes is None else functional.prelu(x, self.slopes)
