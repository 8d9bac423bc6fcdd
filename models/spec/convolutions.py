"""Dense and convolution layers.

Weights follow torch's convention: a dense layer is (out, in), a convolution (out, in / groups, taps) and its last
tap multiplies the newest sample.
"""

from typing import Literal

from ..errors import InvalidValue
from .layer import BaseLayer
from .plain import LARGEST_WIDTH, Flag, Shapes, Taps, Width


def check_groups(owner: str, inputs: int, outputs: int, groups: int) -> None:
    """Raise InvalidValue where `groups` does not divide both sides."""
    if inputs % groups or outputs % groups:
        raise InvalidValue(f"{owner}: {groups} groups do not divide {inputs} inputs and {outputs} outputs")


class Dense(BaseLayer):
    """Every sample's channels times a matrix."""

    kind: Literal["Dense"] = "Dense"
    channels: Width
    bias: Flag = True

    def outputs(self, inputs: int) -> int:
        return self.channels

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shapes: Shapes = {f"{prefix}weight": (self.channels, inputs)}
        return {**shapes, f"{prefix}bias": (self.channels,)} if self.bias else shapes

    def multiply_adds(self, inputs: int) -> int:
        return self.channels * inputs


class Conv1d(BaseLayer):
    """A causal convolution in time; `groups` equal to the inputs makes it depthwise."""

    kind: Literal["Conv1d"] = "Conv1d"
    channels: Width
    kernel_size: Taps = 1
    dilation: Taps = 1
    groups: Width = 1
    bias: Flag = True

    def outputs(self, inputs: int) -> int:
        check_groups("Conv1d.groups", inputs, self.channels, self.groups)
        return self.channels

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shapes: Shapes = {f"{prefix}weight": (self.channels, inputs // self.groups, self.kernel_size)}
        return {**shapes, f"{prefix}bias": (self.channels,)} if self.bias else shapes

    def multiply_adds(self, inputs: int) -> int:
        return self.channels * inputs // self.groups * self.kernel_size

    @property
    def receptive_field(self) -> int:
        return 1 + (self.kernel_size - 1) * self.dilation


class Conv2d(BaseLayer):
    """A convolution over time (causal, dilated) and features (strided); channel `feature · filters + filter`.

    Attributes:
        features: of the input; its filters are the input's channels / features.
        filters: of the output.
        kernel_size: taps in time, taps over features.
        padding: over the features: "valid", or "same" (zeros on both sides, the larger half after, as Keras pads).
    """

    kind: Literal["Conv2d"] = "Conv2d"
    features: Width
    filters: Width
    kernel_size: tuple[Taps, Width]
    dilation: Taps = 1
    stride: Width = 1
    padding: Literal["valid", "same"] = "valid"
    bias: Flag = True

    @property
    def features_out(self) -> int:
        """Features of the output."""
        spare = self.features if self.padding == "same" else self.features - self.kernel_size[1] + 1
        return -(-spare // self.stride)

    @property
    def padding_before(self) -> int:
        """Zeros before the first feature."""
        if self.padding == "valid":
            return 0
        return max((self.features_out - 1) * self.stride + self.kernel_size[1] - self.features, 0) // 2

    def outputs(self, inputs: int) -> int:
        if inputs % self.features:
            raise InvalidValue(f"Conv2d.features: {self.features} features do not divide {inputs} channels")
        if self.features_out < 1:
            raise InvalidValue(f"Conv2d.kernel_size: {self.kernel_size[1]} taps over {self.features} features leave nothing")
        if self.features_out * self.filters > LARGEST_WIDTH:
            raise InvalidValue(
                f"Conv2d.filters: {self.features_out} features of {self.filters} filters are above {LARGEST_WIDTH}"
            )
        return self.features_out * self.filters

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shapes: Shapes = {f"{prefix}weight": (self.filters, inputs // self.features, *self.kernel_size)}
        return {**shapes, f"{prefix}bias": (self.filters,)} if self.bias else shapes

    def multiply_adds(self, inputs: int) -> int:
        return self.features_out * self.filters * inputs // self.features * self.kernel_size[0] * self.kernel_size[1]

    @property
    def receptive_field(self) -> int:
        return 1 + (self.kernel_size[0] - 1) * self.dilation
