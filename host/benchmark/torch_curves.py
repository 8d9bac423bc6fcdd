"""The activations of `models.spec.Activation` in torch."""

import torch
from torch import Tensor
from torch.nn import functional

from ...models.spec import Activation


def activate(curve: Activation, x: Tensor, slopes: Tensor | None) -> Tensor:
    """Return the curve of x (1, channels, samples); `slopes` are a prelu's weights."""
    match curve.name:
        case "tanh":
            return torch.tanh(x)
        case "sigmoid":
            return torch.sigmoid(x)
        case "relu":
            return torch.relu(x)
        case "silu":
            return x * torch.sigmoid(x)
        case "softsign":
            return x / (1 + x.abs())
        case "fast_tanh":
            return fast_tanh(x)
        case "fast_sigmoid":
            return 0.5 * (fast_tanh(0.5 * x) + 1)
        case "hardtanh":
            return x.clamp(curve.minimum, curve.maximum)
        case "hardswish":
            return x * (x + 3).clamp(0, 6) / 6
        case "leaky_hardtanh":
            outside = curve.maximum_slope * (x - curve.maximum).clamp(min=0)
            return x.clamp(curve.minimum, curve.maximum) + outside + curve.minimum_slope * (x - curve.minimum).clamp(max=0)
        case "leaky_relu":
            return functional.leaky_relu(x, curve.slope)
        case "prelu":
            assert slopes is not None
            return x.clamp(min=0) + slopes[:, None] * x.clamp(max=0)
        case "elu":
            return functional.elu(x, curve.alpha)
        case "softmax":
            return torch.softmax(x, 1)


def fast_tanh(x: Tensor) -> Tensor:
    """NAM's rational approximation of tanh, 4.4e-4 off at worst."""
    a, square = x.abs(), x * x
    over = x * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * square)
    return over / (2.44506634652299 + (2.44506634652299 + square) * (x + 0.814642734961073 * x * a).abs())
