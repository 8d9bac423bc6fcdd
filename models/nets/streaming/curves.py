"""The curves of a spec as modules: torch's own where it has them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from ... import spec as specs
from ..activations import fast_sigmoid, fast_tanh
from .layer import Moment, fixed, streams


class FastTanh(nn.Module):
    """NAM's approximation of tanh."""

    def forward(self, x: Tensor) -> Tensor:
        return fast_tanh(x)


class FastSigmoid(nn.Module):
    """NAM's approximation of the logistic function."""

    def forward(self, x: Tensor) -> Tensor:
        return fast_sigmoid(x)


class Clip(nn.Module):
    """Limits to a range; outside it a line of some slope goes on."""

    def __init__(self, curve: specs.Activation, sloped: bool) -> None:
        super().__init__()
        self.minimum, self.maximum, self.sloped = curve.minimum, curve.maximum, sloped
        self.below, self.above = curve.minimum_slope, curve.maximum_slope

    def forward(self, x: Tensor) -> Tensor:
        if not self.sloped:
            return x.clamp(self.minimum, self.maximum)
        lower = self.minimum + self.below * (x - self.minimum)
        upper = self.maximum + self.above * (x - self.maximum)
        return torch.where(x < self.minimum, lower, torch.where(x > self.maximum, upper, x))


CURVES: dict[str, Callable[[specs.Activation], nn.Module]] = {
    "fast_tanh": lambda curve: FastTanh(),
    "hardtanh": lambda curve: Clip(curve, sloped=False),
    "relu": lambda curve: nn.ReLU(),
    "leaky_relu": lambda curve: nn.LeakyReLU(curve.slope),
    "sigmoid": lambda curve: nn.Sigmoid(),
    "fast_sigmoid": lambda curve: FastSigmoid(),
    "silu": lambda curve: nn.SiLU(),
    "hardswish": lambda curve: nn.Hardswish(),
    "leaky_hardtanh": lambda curve: Clip(curve, sloped=True),
    "softsign": lambda curve: nn.Softsign(),
    "elu": lambda curve: nn.ELU(curve.alpha),
    "softmax": lambda curve: nn.Softmax(1),
}  # and tanh and prelu below


class Curve(nn.Module):
    """A curve without weights, as a layer."""

    def __init__(self, curve: specs.Activation) -> None:
        super().__init__()
        self.curve = CURVES[curve.name](curve)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return self.curve(x)


class Tanh(nn.Module):
    """The curve of most nets, without a module within a module: torch called from Python lives on few calls."""

    def __init__(self, curve: specs.Activation) -> None:
        super().__init__()

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return torch.tanh(x)


class PReLU(nn.Module):
    """Learned slopes below 0: one, or one a channel."""

    def __init__(self, curve: specs.Activation) -> None:
        super().__init__()
        self.slopes = fixed(curve.slopes)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return functional.prelu(x, self.slopes)


def curve_module(curve: specs.Activation) -> nn.Module:
    """Return the module of a curve."""
    kinds: dict[str, type[nn.Module]] = {"prelu": PReLU, "tanh": Tanh}
    return kinds.get(curve.name, Curve)(curve)


@streams("Activation")
class Activation(nn.Module):
    """Makes the module of a curve."""

    def __new__(cls, layer: specs.Activation, inputs: int, conditioning: int) -> nn.Module:  # type: ignore[misc]
        return curve_module(layer)
