"""The WaveNet of `models.spec`, streaming; parameter names are those of `weight_shapes`."""

from typing import TYPE_CHECKING, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from ... import spec as specs
from ...spec.wavenet import SLOTS
from .curves import curve_module
from .layer import Moment, Series, fixed, streams
from .layers import Convolution, KnobFiLM


class SignalFiLM(nn.Module):
    """A scale, and a shift where there is one, from the condition signal."""

    def __init__(self, film: specs.SignalFiLM, channels: int, condition: int) -> None:
        super().__init__()
        rows = channels * (2 if film.shift else 1)
        self.shifts, self.groups = film.shift, film.groups
        self.weight, self.bias = fixed(rows, condition // film.groups, 1), fixed(rows)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        factors = functional.conv1d(condition, self.weight, self.bias, groups=self.groups)
        if not self.shifts:
            return x * factors
        scale, shift = factors.chunk(2, 1)
        return x * scale + shift


class EmptySlot(nn.Module):
    """A slot without a FiLM."""

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        return x


class Untouched(nn.Module):
    """A layer that passes its input on."""

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        return x


class Films(nn.Module):
    """The FiLM of every slot."""

    if TYPE_CHECKING:  # TorchScript takes annotations of a class for types of its own
        conv_pre: nn.Module
        conv_post: nn.Module
        input_mixin_pre: nn.Module
        input_mixin_post: nn.Module
        activation_pre: nn.Module
        activation_post: nn.Module
        layer1x1_post: nn.Module
        head1x1_post: nn.Module

    def __init__(self, array: specs.WaveNetArray, j: int, condition: int) -> None:
        super().__init__()
        films = {film.slot: film for film in array.signal_films}
        for slot in get_args(SLOTS):
            film = films.get(slot)
            channels = array.film_channels(slot, j, condition)
            self.add_module(slot, SignalFiLM(film, channels, condition) if film else EmptySlot())


class WaveNetLayer(nn.Module):
    """Layer `j` of an array (formulas: `spec.WaveNet`)."""

    def __init__(self, array: specs.WaveNetArray, j: int, condition: int, conditioning: int) -> None:
        super().__init__()
        wide, width, gate = array.convolution_channels(j), array.width, array.gate(j)
        self.plain, self.blended = gate == "none", gate == "blended"
        self.residual_there, self.projected = array.residual, bool(array.head_projection)
        self.conv = Convolution(array.channels, wide, array.taps(j), array.dilations[j], array.groups, True)
        self.mixin = Convolution(condition, wide, 1, 1, array.mixin_groups, False)
        self.film = KnobFiLM(wide, conditioning) if array.film else Untouched()
        self.activation = curve_module(array.curve(j))
        self.secondary = Untouched() if self.plain else curve_module(array.second_curve(j))
        self.residual: nn.Module = Untouched()
        if array.residual:
            self.residual = Convolution(width, array.channels, 1, 1, array.residual_groups, True)
        self.head_projection: nn.Module = Untouched()
        if array.head_projection:
            self.head_projection = Convolution(width, array.head_width, 1, 1, array.head_projection_groups, True)
        self.filmed, self.knobs_there, self.films = bool(array.signal_films), array.film, Films(array, j, condition)

    def activate(self, z: Tensor, moment: Moment) -> Tensor:
        """Return the activation, gated or blended where the layer is."""
        if self.plain:
            return self.activation(z, moment)
        first, second = z.chunk(2, 1)
        active, share = self.activation(first, moment), self.secondary(second, moment)
        return share * active + (1 - share) * first if self.blended else active * share

    def forward(self, y: Tensor, condition: Tensor, moment: Moment) -> tuple[Tensor, Tensor]:
        """Return (what the head sums, next y)."""
        return self.through_films(y, condition, moment) if self.filmed else self.straight(y, condition, moment)

    def straight(self, y: Tensor, condition: Tensor, moment: Moment) -> tuple[Tensor, Tensor]:
        """Return the same where every slot is empty: torch called from Python lives on few calls."""
        z = self.conv(y, moment) + self.mixin(condition, moment)
        a = self.activate(self.film(z, moment) if self.knobs_there else z, moment)
        if self.residual_there:
            y = y + self.residual(a, moment)
        return self.head_projection(a, moment) if self.projected else a, y

    def through_films(self, y: Tensor, condition: Tensor, moment: Moment) -> tuple[Tensor, Tensor]:
        """Return the same by way of the slots."""
        films = self.films
        z = films.conv_post(self.conv(films.conv_pre(y, condition), moment), condition)
        mixed = self.mixin(films.input_mixin_pre(condition, condition), moment)
        z = self.film(z + films.input_mixin_post(mixed, condition), moment)
        a = self.activate(films.activation_pre(z, condition), moment)
        a = films.activation_post(a, condition)
        if self.residual_there:
            y = y + films.layer1x1_post(self.residual(a, moment), condition)
        if self.projected:
            a = films.head1x1_post(self.head_projection(a, moment), condition)
        return a, y


class WaveNetArray(nn.Module):
    """One layer array."""

    def __init__(self, array: specs.WaveNetArray, inputs: int, condition: int, conditioning: int) -> None:
        super().__init__()
        self.rechannel = Convolution(inputs, array.channels, 1, 1, 1, False)
        self.layers = nn.ModuleList(WaveNetLayer(array, j, condition, conditioning) for j in range(len(array.dilations)))
        self.head = Convolution(array.head_width, array.head_channels, array.head_kernel_size, array.head_dilation, 1,
                                array.head_bias)  # fmt: skip

    def forward(self, x: Tensor, condition: Tensor, moment: Moment, head: Tensor) -> tuple[Tensor, Tensor]:
        """Return (head, last y); `head` is what the array before gave, or one zero."""
        y = self.rechannel(x, moment)
        for layer in self.layers:
            a, y = layer(y, condition, moment)
            head = head + a
        return self.head(head, moment), y


@streams("WaveNet")
class WaveNet(nn.Module):
    """A stack of arrays."""

    def __init__(self, layer: specs.WaveNet, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.head_scale = layer.head_scale
        self.condition = Series(layer.condition, inputs, conditioning, "condition")
        channels, condition = (inputs, *(a.channels for a in layer.arrays)), layer.condition_channels(inputs)
        self.arrays = nn.ModuleList(
            WaveNetArray(a, before, condition, conditioning) for a, before in zip(layer.arrays, channels, strict=False)
        )

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        condition, y, head = self.condition(x, moment), x, torch.zeros(1, 1, 1)
        for array in self.arrays:
            head, y = array(y, condition, moment, head)
        return head * self.head_scale
