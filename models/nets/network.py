"""spec → torch module, module → weights: the torch side of the hub."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InvalidValue
from ..spec import ModelSpec
from . import activations, convolutions, memory, recurrent  # noqa: F401  (they enter themselves in LAYERS)
from .layer import Knobs, Series
from .layers import KnobFiLM
from .wavenet import SignalFiLM, WaveNetArray


class Network(nn.Module):
    """Any `ModelSpec` as a module; its parameters and buffers are named as in `spec.weight_shapes`."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        sizes = (len(spec.knobs), *spec.conditioning.hidden) if spec.conditioning else ()
        self.conditioning = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.layers = Series(spec.layers, spec.input_channels, sizes[-1] if sizes else 0)

    def forward(self, audio: Tensor, raw: Tensor | None = None) -> Tensor:
        """Return the net's answer, as long as its input: (batch, samples) where it is mono, audio's channels left out.

        Args:
            audio: (batch, samples) for a net of one input channel, or (batch, channels, samples), at the spec's
                sample rate; zeros are taken to lie before sample 0, at every layer.
            raw: (batch, knobs), positions 0..1, or (batch, knobs, samples) where they move; None only for a net
                without knobs.

        Raises:
            InvalidValue: shapes that do not fit the spec or each other.
        """
        signal = audio[:, None] if audio.ndim == 2 else audio
        if signal.ndim != 3 or signal.shape[1] != self.spec.input_channels or not self._positions_fit(signal, raw):
            shapes = f"{tuple(audio.shape)} and {None if raw is None else tuple(raw.shape)}"
            fit = "(batch, samples)" if self.spec.input_channels == 1 else f"(batch, {self.spec.input_channels}, samples)"
            raise InvalidValue(f"audio and raw have shapes {shapes}; {fit} and (batch, {len(self.spec.knobs)}) fit")
        out = self.layers(signal, self.knobs_at(raw))
        return out[:, 0] if audio.ndim == 2 and out.shape[1] == 1 else out

    def _positions_fit(self, signal: Tensor, raw: Tensor | None) -> bool:
        batch, knobs, samples = len(signal), len(self.spec.knobs), signal.shape[2]
        shape = (batch, 0) if raw is None else tuple(raw.shape)
        return shape in ((batch, knobs), (batch, knobs, samples))

    def knobs_at(self, raw: Tensor | None) -> Knobs:
        """Return what every layer is told of positions (batch, knobs) or (batch, knobs, samples)."""
        if raw is None or not self.spec.knobs:
            return Knobs()
        raw = raw if raw.ndim == 3 else raw[:, :, None]
        if self.spec.conditioning is None:
            return Knobs(raw)
        curve = torch.tanh if self.spec.conditioning.activation == "tanh" else torch.relu
        vector = 2 * raw.mT - 1
        for dense in self.conditioning:
            vector = curve(dense(vector))
        return Knobs(raw, vector)


def build(spec: ModelSpec, seed: int | None = None) -> Network:
    """Return a fresh module; with a seed the same start every time, torch's own random state untouched.

    FiLM starts near scale 1 and shift 0; its dependence on the knobs starts small.
    """
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        net = Network(spec)
        net.apply(_start)
    return net


def _start(module: nn.Module) -> None:
    if isinstance(module, KnobFiLM | SignalFiLM | WaveNetArray):
        module.start()


def to_weights(module: nn.Module) -> dict[str, np.ndarray]:
    """Return name → float32 array, a copy."""
    return {name: value.detach().cpu().float().numpy().copy() for name, value in module.state_dict().items()}


def from_weights(spec: ModelSpec, weights: Mapping[str, np.ndarray]) -> Network:
    """Return the module with these weights, set to play: call `train()` to let BatchNorm learn its statistics again.

    Raises:
        InvalidValue: names or shapes do not fit the spec.
    """
    found = {name: tuple(np.shape(value)) for name, value in weights.items()}
    wrong = sorted(set(found.items()) ^ set(spec.weight_shapes.items()))
    if wrong:
        name = wrong[0][0]
        raise InvalidValue(
            f"weights.{name}: {spec.weight_shapes.get(name, 'nothing')} is needed, got {found.get(name, 'nothing')}"
        )
    net = build(spec)
    net.load_state_dict({name: torch.from_numpy(np.array(value, np.float32)) for name, value in weights.items()})
    return net.eval()
