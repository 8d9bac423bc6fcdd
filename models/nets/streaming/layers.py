"""The layers without a state, the convolutions, and two paths side by side."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ... import spec as specs
from .layer import Moment, Series, WithPast, fixed, streams


@streams("Dense")
class Dense(nn.Module):
    """A matrix over the channels of every sample."""

    def __init__(self, layer: specs.Dense, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.weight = fixed(layer.channels, inputs)
        self.bias = fixed(layer.channels) if layer.bias else None

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return functional.conv1d(x, self.weight[:, :, None], self.bias)


class Convolution(WithPast):
    """A causal convolution in time."""

    def __init__(self, inputs: int, outputs: int, taps: int, dilation: int, groups: int, bias: bool) -> None:
        super().__init__((taps - 1) * dilation)
        self.dilation, self.groups = dilation, groups
        self.weight = fixed(outputs, inputs // groups, taps)
        self.bias = fixed(outputs) if bias else None

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        x = self.with_past(x, moment.start)
        return functional.conv1d(x, self.weight, self.bias, dilation=self.dilation, groups=self.groups)


@streams("Conv1d")
class Conv1d(Convolution):
    """The convolution of a spec."""

    def __init__(self, layer: specs.Conv1d, inputs: int, conditioning: int) -> None:
        super().__init__(inputs, layer.channels, layer.kernel_size, layer.dilation, layer.groups, layer.bias)


@streams("Conv2d")
class Conv2d(WithPast):
    """A convolution over time and features; channel `feature · filters + filter` on both sides."""

    def __init__(self, layer: specs.Conv2d, inputs: int, conditioning: int) -> None:
        super().__init__((layer.kernel_size[0] - 1) * layer.dilation)
        self.features, self.stride, self.dilation = layer.features, layer.stride, layer.dilation
        reach = (layer.features_out - 1) * layer.stride + layer.kernel_size[1]
        self.before, self.after = layer.padding_before, max(reach - layer.features - layer.padding_before, 0)
        self.weight = fixed(layer.filters, inputs // layer.features, *layer.kernel_size)
        self.bias = fixed(layer.filters) if layer.bias else None

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        x = self.with_past(x, moment.start)
        by_filter = x.unflatten(1, (self.features, -1)).permute(0, 2, 3, 1)  # batch, filters, samples, features
        by_filter = functional.pad(by_filter, (self.before, self.after))
        out = functional.conv2d(by_filter, self.weight, self.bias, stride=(1, self.stride), dilation=(self.dilation, 1))
        return out.permute(0, 3, 1, 2).flatten(1, 2)


@streams("BatchNorm")
class BatchNorm(nn.Module):
    """Scale and shift from statistics; channels that share theirs lie a whole number of times side by side."""

    def __init__(self, layer: specs.BatchNorm, inputs: int, conditioning: int) -> None:
        super().__init__()
        channels = layer.channels or inputs
        self.repeats, self.epsilon = inputs // channels, layer.epsilon
        self.mean, self.variance = fixed(channels), fixed(channels)
        self.weight = fixed(channels) if layer.affine else None
        self.bias = fixed(channels) if layer.affine else None

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        scale = torch.rsqrt(self.variance + self.epsilon)
        if self.weight is not None:
            scale = scale * self.weight
        shift = -self.mean * scale
        if self.bias is not None:
            shift = shift + self.bias
        return x * scale.repeat(self.repeats)[:, None] + shift.repeat(self.repeats)[:, None]


@streams("MaxPool")
class MaxPool(WithPast):
    """The largest of the last samples; the zeros before the first one take part."""

    def __init__(self, layer: specs.MaxPool, inputs: int, conditioning: int) -> None:
        super().__init__(layer.kernel_size - 1)
        self.taps = layer.kernel_size

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return functional.max_pool1d(self.with_past(x, moment.start), self.taps, 1)


@streams("Gain")
class Gain(nn.Module):
    """A fixed level."""

    def __init__(self, layer: specs.Gain, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.factor = 10 ** (layer.level_db / 20)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return x * self.factor


class KnobFiLM(nn.Module):
    """Scale and shift of `channels` channels from the conditioning vector."""

    def __init__(self, channels: int, conditioning: int) -> None:
        super().__init__()
        self.weight, self.bias = fixed(2 * channels, conditioning), fixed(2 * channels)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        scale, shift = functional.linear(moment.vector, self.weight, self.bias).chunk(2, 1)
        return x * scale[:, :, None] + shift[:, :, None]


@streams("FiLM")
class FiLM(KnobFiLM):
    """The FiLM of a spec."""

    def __init__(self, layer: specs.FiLM, inputs: int, conditioning: int) -> None:
        super().__init__(inputs, conditioning)


@streams("KnobInputs")
class KnobInputs(nn.Module):
    """The knobs' positions as channels after those of the signal."""

    def __init__(self, layer: specs.KnobInputs, inputs: int, conditioning: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return torch.cat([x, moment.raw[:, :, None].expand(x.shape[0], -1, x.shape[2])], 1)


@streams("Residual", "Multiply")
class TwoPaths(nn.Module):
    """body(x) and shortcut(x), summed or multiplied."""

    def __init__(self, layer: specs.TwoPaths, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.multiplies = isinstance(layer, specs.Multiply)
        self.body = Series(layer.body, inputs, conditioning, "body")
        self.shortcut = Series(layer.shortcut, inputs, conditioning, "shortcut")

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        through, beside = self.body(x, moment), self.shortcut(x, moment)
        beside = beside[:, : through.shape[1]]
        return through * beside if self.multiplies else through + beside
