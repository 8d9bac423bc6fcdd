"""The WaveNet of `models.spec` as a torch module; parameter names are those of `weight_shapes`."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import spec as specs
from .array_function import ArrayFunction, fits


class WaveNetLayer(nn.Module):
    """Dilated convolution and mixin → FiLM → activation → residual 1x1 (formulas: `spec.WaveNet`)."""

    def __init__(self, array: specs.WaveNetArray, dilation: int, conditioning: int) -> None:
        super().__init__()
        self.gated, self.reach = array.gating == "gated", (array.kernel_size - 1) * dilation
        outs = array.convolution_channels
        self.conv = nn.Conv1d(array.channels, outs, array.kernel_size, dilation=dilation)
        self.mixin = nn.Conv1d(1, outs, 1, bias=False)
        self.film = nn.Linear(conditioning, 2 * outs) if array.film else None
        self.residual = nn.Conv1d(array.channels, array.channels, 1)

    def scale_and_shift(self, vector: Tensor | None) -> tuple[Tensor, Tensor] | None:
        """Return FiLM's scale and shift, each (batch, convolution channels); None without FiLM."""
        if self.film is None or vector is None:
            return None
        scale, shift = self.film(vector).chunk(2, dim=1)
        return scale, shift

    def forward(self, y: Tensor, audio: Tensor, vector: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return (activation, next y) for y (batch, channels, samples) and the net's input (batch, 1, samples)."""
        z = self.conv(functional.pad(y, (self.reach, 0))) + self.mixin(audio)
        film = self.scale_and_shift(vector)
        if film is not None:
            z = z * film[0][:, :, None] + film[1][:, :, None]
        if self.gated:
            z, gate = z.chunk(2, dim=1)
            a = torch.tanh(z) * torch.sigmoid(gate)
        else:
            a = torch.tanh(z)
        return a, y + self.residual(a)


class WaveNetArray(nn.Module):
    """One layer array. `compiled` = False keeps to plain torch where the compiled loops would do (to compare)."""

    def __init__(self, array: specs.WaveNetArray, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.spec, self.compiled = array, True
        self.rechannel = nn.Conv1d(inputs, array.channels, 1, bias=False)
        self.layers = nn.ModuleList(WaveNetLayer(array, d, conditioning) for d in array.dilations)
        self.head = nn.Conv1d(array.channels, array.head_channels, 1, bias=array.head_bias)

    def forward(self, x: Tensor, audio: Tensor, vector: Tensor | None, head: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return (head, last y) for x (batch, inputs, samples); `head` is the array's before, or None."""
        y = self.rechannel(x)
        if self.compiled and fits(y.device, y.dtype, self.spec.channels, self.spec.gating) and not audio.requires_grad:
            total, y = self._compiled(y, audio, vector)
        else:
            total = None
            for layer in self.layers:
                a, y = layer(y, audio, vector)
                total = a if total is None else total + a
        assert total is not None
        return self.head(total if head is None else head + total), y

    def _compiled(self, y: Tensor, audio: Tensor, vector: Tensor | None) -> tuple[Tensor, Tensor]:
        conv, bias, mixin = [], [], []
        for layer in self.layers:
            assert isinstance(layer, WaveNetLayer) and layer.conv.bias is not None
            film = layer.scale_and_shift(vector)
            scale, shift = film or (y.new_ones(len(y), self.spec.channels), y.new_zeros(len(y), self.spec.channels))
            conv.append(layer.conv.weight * scale[:, :, None, None])
            bias.append(layer.conv.bias * scale + shift)
            mixin.append(layer.mixin.weight[:, 0, 0] * scale)
        residual = torch.stack([layer.residual.weight[:, :, 0] for layer in self.layers])  # pyright: ignore
        residual_bias = torch.stack([layer.residual.bias for layer in self.layers])  # pyright: ignore
        parts = [torch.stack(part, 1) for part in (conv, bias, mixin)]
        return ArrayFunction.apply(y, audio[:, 0], *parts, residual, residual_bias, self.spec.dilations)  # pyright: ignore


class WaveNet(nn.Module):
    """A stack of arrays, (batch, samples) in and out."""

    def __init__(self, layer: specs.WaveNet, conditioning: int) -> None:
        super().__init__()
        self.head_scale = layer.head_scale
        inputs = (1, *(a.channels for a in layer.arrays))
        self.arrays = nn.ModuleList(WaveNetArray(a, i, conditioning) for a, i in zip(layer.arrays, inputs, strict=False))

    def forward(self, audio: Tensor, vector: Tensor | None) -> Tensor:
        """Return the output for audio (batch, samples) and the conditioning vector (batch, length) or None."""
        audio = audio[:, None]
        y, head = audio, None
        for array in self.arrays:
            head, y = array(y, audio, vector, head)
        assert head is not None
        return head[:, 0] * self.head_scale
