"""WaveNet: a stack of NAM-shaped layer arrays, with every option of the .nam format."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, FiniteFloat

from ..errors import InvalidValue
from .convolutions import check_groups
from .layer import Activation, BaseLayer, Curve
from .plain import Flag, Shapes, Taps, Width
from .residual import inside, run_outputs

if TYPE_CHECKING:
    from .model import Layer

SLOTS = Literal[
    "conv_pre", "conv_post", "input_mixin_pre", "input_mixin_post", "activation_pre", "activation_post",
    "layer1x1_post", "head1x1_post",
]  # fmt: skip
Gating = Literal["none", "gated", "blended"]


class SignalFiLM(BaseLayer):
    """A FiLM whose scale and shift are a 1x1 convolution, with bias, of the condition signal.

    Attributes:
        slot: where in a layer it stands (see `WaveNet`).
        shift: False: it only scales.
        groups: of the 1x1 convolution.
    """

    slot: SLOTS
    shift: Flag = True
    groups: Width = 1


class WaveNetArray(BaseLayer):
    """One layer array of NAM's WaveNet (see `WaveNet`). Where a tuple is allowed, it holds one entry a layer.

    Attributes:
        channels: width of the residual path.
        dilations: one layer each.
        kernel_size: taps of the dilated convolution.
        activation: the curve, by name or as an `Activation`.
        gating: "none"; "gated": the convolution has twice the outputs, the second half passes `secondary`
            and multiplies the activated first half; "blended": the second half fades between the first half
            before and after its activation.
        secondary: the curve of the second half.
        bottleneck: outputs of the convolution (of each half); None: `channels`.
        groups, mixin_groups: of the dilated convolution and of the mixin.
        residual: whether a 1x1 convolution leads back to the path; without, the path passes the array unchanged.
        residual_groups: its groups.
        head_projection: outputs of a 1x1 convolution before the head sum; None: none.
        head_projection_groups: its groups.
        head_channels, head_kernel_size, head_dilation, head_bias: the convolution after the head sum;
            the last array's outputs are the net's.
        film: whether a FiLM from the knobs' conditioning follows conv + mixin.
        signal_films: FiLMs from the condition signal, one a slot at most.
    """

    channels: Width
    dilations: Annotated[tuple[Taps, ...], Field(min_length=1, max_length=512)]
    kernel_size: Taps | tuple[Taps, ...] = 3
    activation: Curve | tuple[Curve, ...] = Activation(name="tanh")
    gating: Gating | tuple[Gating, ...] = "none"
    secondary: Curve | tuple[Curve, ...] = Activation(name="sigmoid")
    bottleneck: Width | None = None
    groups: Width = 1
    mixin_groups: Width = 1
    residual: Flag = True
    residual_groups: Width = 1
    head_projection: Width | None = None
    head_projection_groups: Width = 1
    head_channels: Width = 1
    head_kernel_size: Taps = 1
    head_dilation: Taps = 1
    head_bias: Flag = True
    film: Flag = True
    signal_films: Annotated[tuple[SignalFiLM, ...], Field(max_length=8)] = ()

    @property
    def width(self) -> int:
        """Channels after the activation."""
        return self.bottleneck or self.channels

    @property
    def head_width(self) -> int:
        """Channels of the head sum."""
        return self.head_projection or self.width

    def taps(self, layer: int) -> int:
        """Return the kernel size of one layer."""
        return self.kernel_size[layer] if isinstance(self.kernel_size, tuple) else self.kernel_size

    def curve(self, layer: int) -> Activation:
        """Return the activation of one layer."""
        return self.activation[layer] if isinstance(self.activation, tuple) else self.activation

    def second_curve(self, layer: int) -> Activation:
        """Return the secondary activation of one layer."""
        return self.secondary[layer] if isinstance(self.secondary, tuple) else self.secondary

    def gate(self, layer: int) -> Gating:
        """Return the gating of one layer."""
        return self.gating[layer] if isinstance(self.gating, tuple) else self.gating

    def convolution_channels(self, layer: int) -> int:
        """Return the outputs of one layer's dilated convolution."""
        return self.width * (1 if self.gate(layer) == "none" else 2)

    def film_channels(self, slot: str, layer: int, condition: int) -> int:
        """Return how many channels the FiLM in `slot` scales."""
        return {"conv_pre": self.channels, "input_mixin_pre": condition, "activation_post": self.width,
                "layer1x1_post": self.channels, "head1x1_post": self.head_width,
                }.get(slot, self.convolution_channels(layer))  # fmt: skip

    @property
    def receptive_field(self) -> int:
        layers = sum((self.taps(j) - 1) * d for j, d in enumerate(self.dilations))
        return 1 + layers + (self.head_kernel_size - 1) * self.head_dilation

    def check(self, condition: int) -> None:
        """Raise InvalidValue where options do not fit each other."""
        for name in ("kernel_size", "activation", "gating", "secondary"):
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != len(self.dilations):
                raise InvalidValue(f"WaveNetArray.{name}: {len(value)} entries for {len(self.dilations)} dilations")
        if not self.residual and self.width != self.channels:
            raise InvalidValue("WaveNetArray.bottleneck: without a residual convolution it must equal channels")
        slots = [f.slot for f in self.signal_films]
        if len(set(slots)) != len(slots):
            raise InvalidValue("WaveNetArray.signal_films: a slot is filled twice")
        if ("layer1x1_post" in slots and not self.residual) or ("head1x1_post" in slots and not self.head_projection):
            raise InvalidValue("WaveNetArray.signal_films: a FiLM after a 1x1 convolution that is not there")
        check_groups("WaveNetArray.residual_groups", self.width, self.channels, self.residual_groups)
        check_groups("WaveNetArray.head_projection_groups", self.width, self.head_width, self.head_projection_groups)
        for j in range(len(self.dilations)):
            wide = self.convolution_channels(j)
            check_groups("WaveNetArray.groups", self.channels, wide, self.groups)
            check_groups("WaveNetArray.mixin_groups", condition, wide, self.mixin_groups)
            self.curve(j).outputs(self.width)
            self.second_curve(j).outputs(self.width)
            for film in self.signal_films:
                dim = self.film_channels(film.slot, j, condition) * (2 if film.shift else 1)
                check_groups("WaveNetArray.signal_films.groups", condition, dim, film.groups)

    def array_shapes(self, at: str, inputs: int, condition: int, conditioning: int) -> Shapes:
        """Return name → shape of one array whose path starts from `inputs` channels."""
        shapes: Shapes = {f"{at}rechannel.weight": (self.channels, inputs, 1)}
        for j in range(len(self.dilations)):
            layer, wide = f"{at}layers.{j}.", self.convolution_channels(j)
            shapes[f"{layer}conv.weight"] = (wide, self.channels // self.groups, self.taps(j))
            shapes[f"{layer}conv.bias"] = (wide,)
            shapes[f"{layer}mixin.weight"] = (wide, condition // self.mixin_groups, 1)
            if self.film:
                shapes[f"{layer}film.weight"], shapes[f"{layer}film.bias"] = (2 * wide, conditioning), (2 * wide,)
            shapes.update(self.curve(j).weight_shapes(f"{layer}activation.", self.width, 0))
            if self.gate(j) != "none":
                shapes.update(self.second_curve(j).weight_shapes(f"{layer}secondary.", self.width, 0))
            if self.residual:
                shapes[f"{layer}residual.weight"] = (self.channels, self.width // self.residual_groups, 1)
                shapes[f"{layer}residual.bias"] = (self.channels,)
            if self.head_projection:
                shapes[f"{layer}head_projection.weight"] = (self.head_width, self.width // self.head_projection_groups, 1)
                shapes[f"{layer}head_projection.bias"] = (self.head_width,)
            for film in self.signal_films:
                dim = self.film_channels(film.slot, j, condition) * (2 if film.shift else 1)
                shapes[f"{layer}films.{film.slot}.weight"] = (dim, condition // film.groups, 1)
                shapes[f"{layer}films.{film.slot}.bias"] = (dim,)
        shapes[f"{at}head.weight"] = (self.head_channels, self.head_width, self.head_kernel_size)
        if self.head_bias:
            shapes[f"{at}head.bias"] = (self.head_channels,)
        return shapes


class WaveNet(BaseLayer):
    """A stack of layer arrays.

    For each array, with x the array's input and c the condition: the net's input signal, or what the layers
    of `condition` make of it:

        y = rechannel(x)                                   1x1, no bias
        each layer:  z = film(conv_post(conv(conv_pre(y))) + input_mixin_post(mixin(input_mixin_pre(c))))
                     z = activation_pre(z)
                     a = act(z)       gated: act(z[:B]) * sec(z[B:])       blended, s = sec(z[B:]):
                                                                           s * act(z[:B]) + (1 - s) * z[:B]
                     a = activation_post(a)
                     head = head + (head1x1_post(head_projection(a)) or a)
                     y = y + layer1x1_post(residual(a))    1x1
        head = head_rechannel(head)                        starts the next array's head

    The names in front of brackets are the slots of `signal_films`, identity where empty. The output is
    `head_scale` times the last head. At fixed knobs each `film` folds into conv and mixin, which leaves a
    stock NAM WaveNet. Every convolution is padded with zeros at its own input.
    """

    kind: Literal["WaveNet"] = "WaveNet"
    arrays: Annotated[tuple[WaveNetArray, ...], Field(min_length=1, max_length=64)]
    head_scale: FiniteFloat = 1.0
    condition: "Annotated[tuple[Layer, ...], Field(max_length=64)]" = ()

    def outputs(self, inputs: int) -> int:
        condition = self.condition_channels(inputs)
        for i, (array, following) in enumerate(zip(self.arrays, self.arrays[1:], strict=False)):
            if array.head_channels != following.head_width:
                raise InvalidValue(
                    f"WaveNet.arrays.{i}.head_channels: {array.head_channels}, the next array sums {following.head_width}"
                )
        for i, array in enumerate(self.arrays):
            with inside(f"WaveNet.arrays.{i}"):
                array.check(condition)
        return self.arrays[-1].head_channels

    def condition_channels(self, inputs: int) -> int:
        """Return the channels of the condition signal."""
        return run_outputs(self.condition, inputs, "WaveNet.condition")[-1]

    @property
    def conditioned(self) -> bool:
        return any(a.film for a in self.arrays) or any(layer.conditioned for layer in self.condition)

    @property
    def knob_inputs(self) -> frozenset[int]:
        return frozenset().union(*(layer.knob_inputs for layer in self.condition))

    @property
    def receptive_field(self) -> int:
        return 1 + sum(part.receptive_field - 1 for part in (*self.condition, *self.arrays))

    def multiply_adds(self, inputs: int) -> int:
        condition, before = self.condition_channels(inputs), run_outputs(self.condition, inputs)
        count = sum(layer.multiply_adds(channels) for layer, channels in zip(self.condition, before, strict=False))
        channels = (inputs, *(a.channels for a in self.arrays))
        for array, entering in zip(self.arrays, channels, strict=False):
            shapes = array.array_shapes("", entering, condition, 0).values()
            count += sum(math.prod(shape) for shape in shapes if len(shape) == 3)
        return count

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shapes: Shapes = {}
        for i, (layer, channels) in enumerate(zip(self.condition, run_outputs(self.condition, inputs), strict=False)):
            shapes.update(layer.weight_shapes(f"{prefix}condition.{i}.", channels, conditioning))
        before, condition = inputs, self.condition_channels(inputs)
        for i, a in enumerate(self.arrays):
            shapes.update(a.array_shapes(f"{prefix}arrays.{i}.", before, condition, conditioning))
            before = a.channels
        return shapes
