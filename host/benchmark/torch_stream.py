"""A model as a torch module that streams: what it remembers comes in and goes out as tensors.

This is what eager torch, TorchScript and onnxruntime play in the comparison: each convolution keeps the samples
it reaches back to, each recurrent layer its state, so that no engine computes a sample twice. (The nets in
`models.nets` answer a whole signal at once.) The formulas are those of `models.spec`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...models import spec as specs
from ...models.errors import InvalidValue
from ...models.model import Model
from .torch_curves import activate


class TorchStream(nn.Module):
    """One block of a stream: (audio (1, channels, n), raw (1, knobs), *states) → (out, *states after it)."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.spec = model.spec
        self._weights = {name: torch.from_numpy(array.copy()) for name, array in model.weights.items()}
        self.cells = nn.ModuleDict()
        self._before: list[Tensor] | None = None  # None: the states are being found out
        self._after: list[Tensor] = []
        self.first_states = self._find_states()

    def forward(self, audio: Tensor, raw: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """Return the block played and the states after it."""
        self._before, self._after = list(states), []
        return (self._play(audio, raw), *self._after)

    @torch.no_grad()
    def _find_states(self) -> list[Tensor]:
        """Play one sample and note what is remembered, as it stands at the start."""
        self._starts: list[Tensor] = []
        self._play(torch.zeros(1, self.spec.input_channels, 1), torch.zeros(1, len(self.spec.knobs)))
        return self._starts

    def _play(self, audio: Tensor, raw: Tensor) -> Tensor:
        vector = 2 * raw - 1
        if self.spec.conditioning:
            curve = torch.tanh if self.spec.conditioning.activation == "tanh" else torch.relu
            for i in range(len(self.spec.conditioning.hidden)):
                vector = curve(
                    functional.linear(vector, self._w(f"conditioning.{i}.weight"), self._w(f"conditioning.{i}.bias"))
                )
        return self._run(self.spec.layers, "layers.", audio, vector, raw)

    # what a layer asks for

    def _w(self, name: str) -> Tensor:
        return self._weights[name]

    def _bias(self, name: str, there: bool) -> Tensor | None:
        return self._w(name) if there else None

    def _remember(self, start: Tensor) -> Tensor:
        """Return the next state as it came in; what follows it is appended to `_after` by the caller."""
        if self._before is None:
            self._starts.append(start)
            return start
        return self._before.pop(0)

    def _with_past(self, x: Tensor, samples: int) -> Tensor:
        """Return `x` with the samples before it in front."""
        if samples == 0:
            return x
        joined = torch.cat([self._remember(torch.zeros(1, x.shape[1], samples)), x], 2)
        self._after.append(joined[:, :, joined.shape[2] - samples :])
        return joined

    def _conv(self, x: Tensor, at: str, *, dilation: int = 1, groups: int = 1, bias: bool = True) -> Tensor:
        weight = self._w(f"{at}weight")
        x = self._with_past(x, (weight.shape[2] - 1) * dilation)
        return functional.conv1d(x, weight, self._bias(f"{at}bias", bias), dilation=dilation, groups=groups)

    # layers

    def _run(self, layers: Sequence[Any], at: str, x: Tensor, vector: Tensor, raw: Tensor) -> Tensor:
        for i, layer in enumerate(layers):
            x = self._layer(layer, f"{at}{i}.", x, vector, raw)
        return x

    def _layer(self, layer: Any, at: str, x: Tensor, vector: Tensor, raw: Tensor) -> Tensor:
        match layer:
            case specs.Dense():
                return functional.conv1d(x, self._w(f"{at}weight")[:, :, None], self._bias(f"{at}bias", layer.bias))
            case specs.Conv1d():
                return self._conv(x, at, dilation=layer.dilation, groups=layer.groups, bias=layer.bias)
            case specs.Conv2d():
                return self._conv2d(layer, at, x)
            case specs.Activation():
                return activate(layer, x, self._w(f"{at}slopes") if layer.name == "prelu" else None)
            case specs.BatchNorm():
                return self._batch_norm(layer, at, x)
            case specs.MaxPool():
                return functional.max_pool1d(self._with_past(x, layer.kernel_size - 1), layer.kernel_size, 1)
            case specs.Gain():
                return x * 10 ** (layer.level_db / 20)
            case specs.FiLM():
                return self._film(at, x, vector)
            case specs.KnobInputs():
                return torch.cat([x, raw[:, :, None].expand(-1, -1, x.shape[2])], 1)
            case specs.LSTM() | specs.GRU():
                return self._recurrent(layer, at, x)
            case specs.Residual() | specs.Multiply():
                body = self._run(layer.body, f"{at}body.", x, vector, raw)
                beside = self._run(layer.shortcut, f"{at}shortcut.", x, vector, raw)[:, : body.shape[1]]
                return body * beside if layer.kind == "Multiply" else body + beside
            case specs.WaveNet():
                return self._wavenet(layer, at, x, vector, raw)
        raise InvalidValue(f"no torch stream for a layer of kind {layer.kind}")

    def _film(self, at: str, x: Tensor, vector: Tensor) -> Tensor:
        scale, shift = functional.linear(vector, self._w(f"{at}weight"), self._w(f"{at}bias")).chunk(2, 1)
        return x * scale[:, :, None] + shift[:, :, None]

    def _batch_norm(self, layer: specs.BatchNorm, at: str, x: Tensor) -> Tensor:
        scale = (self._w(f"{at}variance") + layer.epsilon) ** -0.5
        if layer.affine:
            scale = scale * self._w(f"{at}weight")
        shift = -self._w(f"{at}mean") * scale
        if layer.affine:
            shift = shift + self._w(f"{at}bias")
        times = x.shape[1] // len(scale)
        return x * scale.repeat(times)[:, None] + shift.repeat(times)[:, None]

    def _conv2d(self, layer: specs.Conv2d, at: str, x: Tensor) -> Tensor:
        samples = x.shape[2]
        x = self._with_past(x, (layer.kernel_size[0] - 1) * layer.dilation)
        planes = x.reshape(1, layer.features, -1, x.shape[2]).permute(0, 2, 3, 1)
        reach = (layer.features_out - 1) * layer.stride + layer.kernel_size[1]
        after = max(reach - layer.features - layer.padding_before, 0)
        planes = functional.pad(planes, (layer.padding_before, after))
        bias = self._bias(f"{at}bias", layer.bias)
        out = functional.conv2d(planes, self._w(f"{at}weight"), bias, stride=(1, layer.stride), dilation=(layer.dilation, 1))
        return out.permute(0, 3, 1, 2).reshape(1, -1, samples)

    def _recurrent(self, layer: specs.LSTM | specs.GRU, at: str, x: Tensor) -> Tensor:
        if layer.activation != "exact":
            raise InvalidValue(f"torch has no {layer.kind} with fast activations: load the model with activation='exact'")
        key = at.replace(".", "/")
        if key not in self.cells:
            self.cells[key] = self._cell(layer, at, x.shape[1])
        names = ("initial_hidden", "initial_cell")[: 2 if isinstance(layer, specs.LSTM) else 1]
        starts = [self._w(f"{at}{n}") if layer.initial_state else torch.zeros(layer.hidden) for n in names]
        before = [self._remember(start[None, None].clone()) for start in starts]
        out, after = self.cells[key](x.permute(2, 0, 1), tuple(before) if len(before) == 2 else before[0])
        self._after.extend(after if isinstance(after, tuple) else (after,))
        return out.permute(1, 2, 0)

    def _cell(self, layer: specs.LSTM | specs.GRU, at: str, inputs: int) -> nn.Module:
        cell = (nn.LSTM if isinstance(layer, specs.LSTM) else nn.GRU)(inputs, layer.hidden)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(cell, f"{name}_l0").data.copy_(self._w(f"{at}{name}"))
        return cell.requires_grad_(False)

    # WaveNet

    def _wavenet(self, layer: specs.WaveNet, at: str, x: Tensor, vector: Tensor, raw: Tensor) -> Tensor:
        condition = self._run(layer.condition, f"{at}condition.", x, vector, raw)
        head: Tensor | None = None
        for i, array in enumerate(layer.arrays):
            head, x = self._array(array, f"{at}arrays.{i}.", x, condition, vector, head)
        assert head is not None
        return head * layer.head_scale

    def _array(self, array: specs.WaveNetArray, at: str, x: Tensor, condition: Tensor, vector: Tensor,
               head: Tensor | None) -> tuple[Tensor, Tensor]:  # fmt: skip
        y = functional.conv1d(x, self._w(f"{at}rechannel.weight"))
        for j in range(len(array.dilations)):
            a, y = self._array_layer(array, j, f"{at}layers.{j}.", y, condition, vector)
            head = a if head is None else head + a
        assert head is not None
        return self._conv(head, f"{at}head.", dilation=array.head_dilation, bias=array.head_bias), y

    def _array_layer(self, array: specs.WaveNetArray, j: int, at: str, y: Tensor, condition: Tensor,
                     vector: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
        films = {film.slot: film for film in array.signal_films}

        def slot(name: str, value: Tensor) -> Tensor:
            if name not in films:
                return value
            made = functional.conv1d(condition, self._w(f"{at}films.{name}.weight"), self._w(f"{at}films.{name}.bias"),
                                     groups=films[name].groups)  # fmt: skip
            if not films[name].shift:
                return value * made
            scale, shift = made.chunk(2, 1)
            return value * scale + shift

        z = slot("conv_post", self._conv(slot("conv_pre", y), f"{at}conv.", dilation=array.dilations[j], groups=array.groups))
        mixed = functional.conv1d(slot("input_mixin_pre", condition), self._w(f"{at}mixin.weight"), groups=array.mixin_groups)
        z = z + slot("input_mixin_post", mixed)
        z = slot("activation_pre", self._film(f"{at}film.", z, vector) if array.film else z)
        a = slot("activation_post", self._gate(array, j, at, z))
        beside = a
        if array.head_projection:
            beside = slot("head1x1_post", self._conv(a, f"{at}head_projection.", groups=array.head_projection_groups))
        if array.residual:
            y = y + slot("layer1x1_post", self._conv(a, f"{at}residual.", groups=array.residual_groups))
        return beside, y

    def _gate(self, array: specs.WaveNetArray, j: int, at: str, z: Tensor) -> Tensor:
        def curve(which: specs.Activation, name: str, value: Tensor) -> Tensor:
            return activate(which, value, self._w(f"{at}{name}.slopes") if which.name == "prelu" else None)

        if array.gate(j) == "none":
            return curve(array.curve(j), "activation", z)
        first, second = z.chunk(2, 1)
        active, share = curve(array.curve(j), "activation", first), curve(array.second_curve(j), "secondary", second)
        return active * share if array.gate(j) == "gated" else share * active + (1 - share) * first


def start_states(stream: TorchStream, raw: Tensor) -> list[Tensor]:
    """Return the states after the silence that precedes the first sample."""
    states, left = [s.clone() for s in stream.first_states], stream.spec.silence_before
    while left > 0:
        frames = min(left, 4096)
        _, *states = stream(torch.zeros(1, stream.spec.input_channels, frames), raw, *states)
        left -= frames
    return [s.contiguous() for s in states]
