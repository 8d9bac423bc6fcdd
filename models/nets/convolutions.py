"""Dense and convolution layers: torch's own, causal, with zeros before the first sample."""

from torch import Tensor, nn
from torch.nn import functional

from .. import spec as specs
from .layer import Knobs, plays


@plays("Dense")
class Dense(nn.Linear):
    """A matrix over the channels of every sample."""

    def __init__(self, layer: specs.Dense, inputs: int, conditioning: int = 0) -> None:
        super().__init__(inputs, layer.channels, layer.bias)

    def forward(self, input: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples) for (batch, inputs, samples)."""
        return super().forward(input.mT).mT


class CausalConvolution(nn.Conv1d):
    """A convolution in time that never looks ahead; as many samples out as in."""

    def forward(self, input: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples) for (batch, inputs, samples)."""
        return super().forward(functional.pad(input, ((self.kernel_size[0] - 1) * self.dilation[0], 0)))


@plays("Conv1d")
class Conv1d(CausalConvolution):
    """The convolution of a spec."""

    def __init__(self, layer: specs.Conv1d, inputs: int, conditioning: int = 0) -> None:
        super().__init__(inputs, layer.channels, layer.kernel_size, dilation=layer.dilation, groups=layer.groups,
                         bias=layer.bias)  # fmt: skip


@plays("Conv2d")
class Conv2d(nn.Conv2d):
    """A convolution over time and features; channel `feature · filters + filter` on both sides."""

    def __init__(self, layer: specs.Conv2d, inputs: int, conditioning: int = 0) -> None:
        super().__init__(inputs // layer.features, layer.filters, layer.kernel_size, stride=(1, layer.stride),
                         dilation=(layer.dilation, 1), bias=layer.bias)  # fmt: skip
        self.spec = layer
        reach = (layer.features_out - 1) * layer.stride + layer.kernel_size[1]
        after = max(reach - layer.features - layer.padding_before, 0)
        self.edges = (layer.padding_before, after, layer.receptive_field - 1, 0)

    def forward(self, input: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, features out · filters, samples) for (batch, features · filters, samples)."""
        by_filter = input.unflatten(1, (self.spec.features, -1)).permute(0, 2, 3, 1)  # batch, filters, samples, features
        return super().forward(functional.pad(by_filter, self.edges)).permute(0, 3, 1, 2).flatten(1, 2)
