"""A whole model as a streaming module, with the knobs in their units."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...model import Model
from . import curves, layers, memory, recurrent, wavenet  # noqa: F401  (they enter themselves in LAYERS)
from .layer import Moment, Series, fixed
from .positions import Positions

TILE = 64  # a player fills the silence before the first sample up to whole tiles of it


class Conditioning(nn.Module):
    """One dense layer between the knobs and the FiLMs, and its curve."""

    def __init__(self, inputs: int, outputs: int, tanh: bool) -> None:
        super().__init__()
        self.weight, self.bias, self.tanh = fixed(outputs, inputs), fixed(outputs), tanh

    def forward(self, vector: Tensor) -> Tensor:
        out = functional.linear(vector, self.weight, self.bias)
        return torch.tanh(out) if self.tanh else torch.relu(out)


class StreamingNet(nn.Module):
    """A model that plays block after block.

    Attributes:
        sample_rate: the only rate, in Hz, at which it means what it learned.
        input_channels, output_channels: of the net. Where there is one input, every row of audio is played on its own.
        fresh: whether the next block starts a stream.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        spec = model.spec
        sizes = (len(spec.knobs), *spec.conditioning.hidden) if spec.conditioning else ()
        self.sample_rate, self.input_channels, self.output_channels = (
            spec.sample_rate,
            spec.input_channels,
            spec.output_channels,
        )
        self.silence = -(-spec.silence_before // TILE) * TILE
        self.fresh, self.rows = True, 0
        self.positions = Positions(spec.knobs)
        tanh = spec.conditioning is not None and spec.conditioning.activation == "tanh"
        self.conditioning = nn.ModuleList(Conditioning(a, b, tanh) for a, b in pairwise(sizes))
        self.layers = Series(spec.layers, spec.input_channels, sizes[-1] if sizes else 0)

    def forward(self, audio: Tensor, knobs: Tensor) -> Tensor:
        """Return the next block played.

        Args:
            audio: float32 (channels, samples), 0 or more samples; `input_channels`, or where that is 1 any count of them,
                each played on its own.
            knobs: float32 (knobs,), values in the knobs' units; of a switch, the place of the choice. For the whole block.

        Returns:
            (channels, samples): `output_channels`, one after another for every row played on its own.
        """
        x = audio[:, None] if self.input_channels == 1 else audio[None]
        raw = self.positions(knobs)
        vector = 2 * raw - 1
        for dense in self.conditioning:
            vector = dense(vector)
        start = self.fresh or self.rows != x.shape[0]
        self.rows = x.shape[0]
        left = self.silence if start else 0
        while left > 0:
            self.layers(torch.zeros(x.shape[0], x.shape[1], min(left, 4096)), Moment(raw, vector, start))
            start, left = False, left - 4096
        self.fresh = start and x.shape[2] == 0
        if x.shape[2] == 0:
            return torch.zeros(x.shape[0] * self.output_channels, 0)
        return self.layers(x, Moment(raw, vector, start)).flatten(0, 1)

    @torch.jit.export
    def reset(self) -> None:
        """Start a stream with the next block: as if silence had been playing at its knobs."""
        self.fresh = True


def streaming_net(model: Model) -> StreamingNet:
    """Return a model as a module that streams. Raises CannotHold for a layer that has none."""
    net = StreamingNet(model)
    net.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in model.weights.items()})
    for module in net.modules():
        if isinstance(module, memory.StateSpace):
            module.prepare()
    return net.eval()
