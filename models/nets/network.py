"""spec → torch module, module → weights: the torch side of the hub."""

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import InvalidValue
from ..spec import ModelSpec
from .wavenet import WaveNet

LAYERS: dict[str, Callable[..., nn.Module]] = {"WaveNet": WaveNet}  # spec's `kind` → module of (layer, conditioning length)


class Network(nn.Module):
    """Any `ModelSpec` as a module; its parameters are named as in `spec.weight_shapes`."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        sizes = (len(spec.knobs), *spec.conditioning.hidden) if spec.conditioning else ()
        self.conditioning = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.layers = nn.ModuleList(LAYERS[layer.kind](layer, sizes[-1] if sizes else 0) for layer in spec.layers)

    def forward(self, audio: Tensor, raw: Tensor | None = None) -> Tensor:
        """Return the net's answer, as long as its input.

        Args:
            audio: (batch, samples) at the spec's sample rate; zeros are taken to lie before sample 0, at every layer.
            raw: (batch, knobs), positions 0..1; None only for a net without knobs.
        """
        if audio.ndim != 2 or (tuple(raw.shape) if raw is not None else (len(audio), 0)) != (len(audio), len(self.spec.knobs)):
            shapes = f"{tuple(audio.shape)} and {None if raw is None else tuple(raw.shape)}"
            raise InvalidValue(f"audio and raw have shapes {shapes}; (batch, samples) and (batch, {len(self.spec.knobs)}) fit")
        vector = None
        if raw is not None and self.spec.knobs:
            vector = 2 * raw - 1
            for dense in self.conditioning:
                vector = torch.tanh(dense(vector))
        for layer in self.layers:
            audio = layer(audio, vector)
        return audio


def build(spec: ModelSpec, seed: int | None = None) -> Network:
    """Return a fresh module; the same `seed` gives the same weights, and torch's own random state is left alone.

    FiLM starts near scale 1 and shift 0; its dependence on the knobs starts small.
    """
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        net = Network(spec)
        _start(net)
    return net


@torch.no_grad()
def _start(net: Network) -> None:
    for name, value in net.named_parameters():
        if ".film." in name:
            if name.endswith("weight"):
                value.normal_(0.0, 0.1 / value.shape[1] ** 0.5)
            else:
                value[: len(value) // 2], value[len(value) // 2 :] = 1.0, 0.0
        elif name.endswith(("residual.bias", "head.bias")):
            value.zero_()
        elif name.endswith("head.weight"):  # it sums every layer of its array
            array = net.get_submodule(name.removesuffix(".head.weight"))
            value.uniform_(-1.0, 1.0).mul_((value.shape[1] * len(array.layers)) ** -0.5)  # pyright: ignore


def to_weights(module: nn.Module) -> dict[str, np.ndarray]:
    """Return name → float32 array, a copy."""
    return {name: value.detach().cpu().float().numpy().copy() for name, value in module.state_dict().items()}


def from_weights(spec: ModelSpec, weights: Mapping[str, np.ndarray]) -> Network:
    """Return the module with these weights. Raises InvalidValue where names or shapes do not fit the spec."""
    found = {name: tuple(np.shape(value)) for name, value in weights.items()}
    wrong = sorted(set(found.items()) ^ set(spec.weight_shapes.items()))
    if wrong:
        name = wrong[0][0]
        raise InvalidValue(
            f"weights.{name}: {spec.weight_shapes.get(name, 'nothing')} is needed, got {found.get(name, 'nothing')}"
        )
    net = build(spec)
    net.load_state_dict({name: torch.from_numpy(np.array(value, np.float32)) for name, value in weights.items()})
    return net
