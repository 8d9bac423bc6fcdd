"""The WaveNet of `models.spec` as a torch module; parameter names are those of `weight_shapes`."""

import torch
from torch import Tensor, nn

from .. import spec as specs
from .activations import Activation
from .array_function import fits, in_fours
from .convolutions import CausalConvolution
from .layer import Knobs, Series, plays
from .layers import KnobFiLM


class SignalFiLM(nn.Conv1d):
    """A scale, and a shift where there is one, of `channels` channels from the condition signal."""

    def __init__(self, film: specs.SignalFiLM, channels: int, condition: int) -> None:
        super().__init__(condition, channels * (2 if film.shift else 1), 1, groups=film.groups)
        self.shifts = film.shift

    @torch.no_grad()
    def start(self) -> None:
        """Start near scale 1 and shift 0; what depends on the signal starts small."""
        assert self.bias is not None
        scales = len(self.bias) // (2 if self.shifts else 1)
        self.weight.normal_(0.0, 0.1 / self.weight.shape[1] ** 0.5)
        self.bias[:scales], self.bias[scales:] = 1.0, 0.0

    def scaled(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return x (batch, channels, samples), scaled and shifted."""
        factors = self(condition)
        if not self.shifts:
            return x * factors
        scale, shift = factors.chunk(2, dim=1)
        return x * scale + shift


class WaveNetLayer(nn.Module):
    """Layer `j` of an array (formulas: `spec.WaveNet`)."""

    def __init__(self, array: specs.WaveNetArray, j: int, condition: int, conditioning: int) -> None:
        super().__init__()
        self.gating, wide, width = array.gate(j), array.convolution_channels(j), array.width
        self.conv = CausalConvolution(array.channels, wide, array.taps(j), dilation=array.dilations[j], groups=array.groups)
        self.mixin = nn.Conv1d(condition, wide, 1, groups=array.mixin_groups, bias=False)
        self.film = KnobFiLM(wide, conditioning) if array.film else None
        self.residual = nn.Conv1d(width, array.channels, 1, groups=array.residual_groups) if array.residual else None
        self.activation = Activation(array.curve(j))
        self.secondary = Activation(array.second_curve(j)) if self.gating != "none" else None
        self.head_projection = None
        if array.head_projection:
            self.head_projection = nn.Conv1d(width, array.head_projection, 1, groups=array.head_projection_groups)
        self.films = nn.ModuleDict(
            {f.slot: SignalFiLM(f, array.film_channels(f.slot, j, condition), condition) for f in array.signal_films}
        )

    def filmed(self, slot: str, x: Tensor, condition: Tensor) -> Tensor:
        """Return x through the FiLM of a slot, x itself where the slot is empty."""
        if slot not in self.films:
            return x
        film = self.films[slot]
        assert isinstance(film, SignalFiLM)
        return film.scaled(x, condition)

    def activate(self, z: Tensor) -> Tensor:
        """Return the activation, gated or blended where the layer is, (batch, width, samples)."""
        if self.secondary is None:
            return self.activation(z)
        z, gate = z.chunk(2, dim=1)
        curved, gate = self.activation(z), self.secondary(gate)
        return curved * gate if self.gating == "gated" else gate * curved + (1 - gate) * z

    def forward(self, y: Tensor, condition: Tensor, knobs: Knobs) -> tuple[Tensor, Tensor]:
        """Return (what the head sums, next y) for y (batch, channels, samples) and the condition signal."""
        z = self.filmed("conv_post", self.conv(self.filmed("conv_pre", y, condition)), condition)
        mixin = self.mixin(self.filmed("input_mixin_pre", condition, condition))
        z = z + self.filmed("input_mixin_post", mixin, condition)
        z = self.film(z, knobs) if self.film is not None else z
        a = self.filmed("activation_post", self.activate(self.filmed("activation_pre", z, condition)), condition)
        if self.residual is not None:
            y = y + self.filmed("layer1x1_post", self.residual(a), condition)
        if self.head_projection is not None:
            a = self.filmed("head1x1_post", self.head_projection(a), condition)
        return a, y


class WaveNetArray(nn.Module):
    """One layer array. `compiled` = False keeps to plain torch where the compiled loops would do (to compare)."""

    def __init__(self, array: specs.WaveNetArray, inputs: int, condition: int, conditioning: int) -> None:
        super().__init__()
        self.spec, self.condition, self.compiled = array, condition, True
        self.rechannel = nn.Conv1d(inputs, array.channels, 1, bias=False)
        self.layers = nn.ModuleList(WaveNetLayer(array, j, condition, conditioning) for j in range(len(array.dilations)))
        self.head = CausalConvolution(array.head_width, array.head_channels, array.head_kernel_size,
                                      dilation=array.head_dilation, bias=array.head_bias)  # fmt: skip

    @torch.no_grad()
    def start(self) -> None:
        """Start with quiet biases, and a head that expects the sum of every layer."""
        for layer in self.layers:
            assert isinstance(layer, WaveNetLayer)
            if layer.residual is not None and layer.residual.bias is not None:
                layer.residual.bias.zero_()
        if self.head.bias is not None:
            self.head.bias.zero_()
        weight = self.head.weight
        weight.uniform_(-1.0, 1.0).mul_((weight.shape[1] * weight.shape[2] * len(self.layers)) ** -0.5)

    def runs_compiled(self, device: torch.device, dtype: torch.dtype) -> bool:
        """Return whether the compiled loops take this array on such a device, its knobs at rest."""
        return self.compiled and fits(device, dtype, self.spec, self.condition)

    def forward(self, x: Tensor, condition: Tensor, knobs: Knobs, head: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return (head, last y) for x (batch, inputs, samples); `head` is the array's before, or None."""
        y = self.rechannel(x)
        at_rest = knobs.vector is None or knobs.vector.shape[1] == 1
        if self.runs_compiled(y.device, y.dtype) and at_rest and not condition.requires_grad:
            total, y = self._compiled(y, condition, knobs)
        else:
            total = None
            for layer in self.layers:
                a, y = layer(y, condition, knobs)
                total = a if total is None else total + a
        assert total is not None
        return self.head(total if head is None else head + total), y

    def _compiled(self, y: Tensor, condition: Tensor, knobs: Knobs) -> tuple[Tensor, Tensor]:
        conv, bias, mixin = [], [], []
        for layer in self.layers:
            assert isinstance(layer, WaveNetLayer) and layer.conv.bias is not None
            scale, shift = y.new_ones(len(y), self.spec.channels), y.new_zeros(len(y), self.spec.channels)
            if layer.film is not None:
                scale, shift = (factor[:, :, 0] for factor in layer.film.scale_and_shift(knobs))
            conv.append(layer.conv.weight * scale[:, :, None, None])
            bias.append(layer.conv.bias * scale + shift)
            mixin.append(layer.mixin.weight[:, 0, 0] * scale)
        residual = torch.stack([layer.residual.weight[:, :, 0] for layer in self.layers])  # pyright: ignore
        residual_bias = torch.stack([layer.residual.bias for layer in self.layers])  # pyright: ignore
        folded = torch.stack(conv, 1), torch.stack(bias, 1), torch.stack(mixin, 1)
        return in_fours(y, condition[:, 0], *folded, residual, residual_bias, self.spec.dilations)


@plays("WaveNet")
class WaveNet(nn.Module):
    """A stack of arrays."""

    def __init__(self, layer: specs.WaveNet, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.head_scale = layer.head_scale
        self.condition = Series(layer.condition, inputs, conditioning)
        channels, condition = (inputs, *(a.channels for a in layer.arrays)), layer.condition_channels(inputs)
        self.arrays = nn.ModuleList(
            WaveNetArray(a, before, condition, conditioning) for a, before in zip(layer.arrays, channels, strict=False)
        )

    def forward(self, x: Tensor, knobs: Knobs) -> Tensor:
        """Return (batch, channels of the last head, samples) for x (batch, inputs, samples)."""
        condition, y, head = self.condition(x, knobs), x, None
        for array in self.arrays:
            head, y = array(y, condition, knobs, head)
        assert head is not None
        return head * self.head_scale
