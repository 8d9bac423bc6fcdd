"""The small layers: normalisation, pooling, gain, where the knobs come in, and two paths side by side."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import spec as specs
from .layer import Knobs, Series, plays

MOMENTUM = 0.1  # of a batch's statistics in the running ones, as in torch.nn.BatchNorm1d


@plays("BatchNorm")
class BatchNorm(nn.Module):
    """Normalises by the batch's statistics while training, and else by the running ones: `mean` and `variance`."""

    def __init__(self, layer: specs.BatchNorm, inputs: int, conditioning: int = 0) -> None:
        super().__init__()
        self.channels, self.epsilon = layer.channels or inputs, layer.epsilon
        self.mean: Tensor
        self.variance: Tensor
        self.register_buffer("mean", torch.zeros(self.channels))
        self.register_buffer("variance", torch.ones(self.channels))
        self.weight = nn.Parameter(torch.ones(self.channels)) if layer.affine else None
        self.bias = nn.Parameter(torch.zeros(self.channels)) if layer.affine else None

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples); channels that share their statistics are one population."""
        together = x.unflatten(1, (-1, self.channels)).transpose(1, 2)  # batch, statistics, repeats, samples
        series = together.flatten(2)  # three dimensions: with four of them torch's gradients on the CPU may be wrong
        normal = functional.batch_norm(
            series, self.mean, self.variance, self.weight, self.bias, self.training, MOMENTUM, self.epsilon
        )
        return normal.unflatten(2, together.shape[2:]).transpose(1, 2).flatten(1, 2)


@plays("MaxPool")
class MaxPool(nn.Module):
    """The largest of the last samples; the zeros before the first one take part."""

    def __init__(self, layer: specs.MaxPool, inputs: int, conditioning: int = 0) -> None:
        super().__init__()
        self.kernel_size = layer.kernel_size

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples)."""
        return functional.max_pool1d(functional.pad(x, (self.kernel_size - 1, 0)), self.kernel_size, stride=1)


@plays("Gain")
class Gain(nn.Module):
    """A fixed level."""

    def __init__(self, layer: specs.Gain, inputs: int, conditioning: int = 0) -> None:
        super().__init__()
        self.factor = 10 ** (layer.level_db / 20)

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples)."""
        return x * self.factor


class KnobFiLM(nn.Linear):
    """Scale and shift of `channels` channels from the conditioning vector."""

    def __init__(self, channels: int, conditioning: int) -> None:
        super().__init__(conditioning, 2 * channels)

    @torch.no_grad()
    def start(self) -> None:
        """Start near scale 1 and shift 0; what depends on the knobs starts small."""
        self.weight.normal_(0.0, 0.1 / self.weight.shape[1] ** 0.5)
        self.bias[: len(self.bias) // 2], self.bias[len(self.bias) // 2 :] = 1.0, 0.0

    def scale_and_shift(self, knobs: Knobs) -> tuple[Tensor, Tensor]:
        """Return scale and shift, each (batch, channels, 1 or samples)."""
        assert knobs.vector is not None
        scale, shift = super().forward(knobs.vector).mT.chunk(2, dim=1)
        return scale, shift

    def forward(self, input: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples)."""
        scale, shift = self.scale_and_shift(knobs or Knobs())
        return input * scale + shift


@plays("FiLM")
class FiLM(KnobFiLM):
    """The FiLM of a spec."""

    def __init__(self, layer: specs.FiLM, inputs: int, conditioning: int) -> None:
        super().__init__(inputs, conditioning)


@plays("KnobInputs")
class KnobInputs(nn.Module):
    """The knobs' positions as channels after those of the signal."""

    def __init__(self, layer: specs.KnobInputs, inputs: int, conditioning: int = 0) -> None:
        super().__init__()

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        """Return (batch, channels + knobs, samples)."""
        assert knobs.raw is not None
        return torch.cat([x, knobs.raw.expand(-1, -1, x.shape[2])], 1)


class TwoPaths(nn.Module):
    """Two paths from the same input; `meet` says what becomes of them."""

    def __init__(self, layer: specs.TwoPaths, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.body = Series(layer.body, inputs, conditioning)
        self.shortcut = Series(layer.shortcut, inputs, conditioning)

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        """Return (batch, channels of the body, samples)."""
        through = self.body(x, knobs)
        return self.meet(through, self.shortcut(x, knobs)[:, : through.shape[1]])

    def meet(self, through: Tensor, beside: Tensor) -> Tensor:
        """Return what leaves, for both paths' (batch, channels of the body, samples)."""
        raise NotImplementedError


@plays("Residual")
class Residual(TwoPaths):
    """body(x) + shortcut(x)."""

    def meet(self, through: Tensor, beside: Tensor) -> Tensor:
        return through + beside


@plays("Multiply")
class Multiply(TwoPaths):
    """body(x) · shortcut(x)."""

    def meet(self, through: Tensor, beside: Tensor) -> Tensor:
        return through * beside
