"""Layers that remember for seconds, in torch: a diagonal state space in chunks, and the FiLM that follows the level."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from .. import spec as specs
from .layer import Knobs, plays
from .stateful import Stateful, stateful_layers

if TYPE_CHECKING:
    from .network import Network

CHUNK = 64  # samples played by matrices; states go from chunk to chunk


@plays("StateSpace")
class StateSpace(Stateful):
    """Resonators side by side (formulas: `spec.StateSpace`).

    Within a chunk a channel is a matrix product, with what the state before it adds; the state a chunk leaves is another;
    the states of all chunks follow from these in log2(chunks) steps. So a net with a memory of seconds trains on seconds.
    """

    def __init__(self, layer: specs.StateSpace, inputs: int, conditioning: int = 0) -> None:
        super().__init__()
        self.spec = layer
        self.rests_at: int | None = None
        self.time = nn.Parameter(torch.empty(inputs, layer.pairs))
        self.frequency = nn.Parameter(torch.empty(inputs, layer.pairs))
        self.output = nn.Parameter(torch.empty(inputs, layer.pairs, 2))
        self.direct = nn.Parameter(torch.empty(inputs))
        self.start()

    @torch.no_grad()
    def start(self) -> None:
        """Start with memories spread over their range, a channel each, and S4D-Lin's frequencies: 0, 1, 2, … turns a memory."""
        channels, pairs = self.time.shape
        along = (torch.randperm(channels) + 0.5) / channels
        self.time.copy_(torch.logit(along)[:, None].expand(-1, pairs))
        self.frequency.copy_((2 * math.pi * torch.arange(pairs)).expand(channels, -1))
        self.output.normal_(0.0, (2.0 * pairs) ** -0.5)
        self.direct.normal_()

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels, samples) for the same; where it rests at a sample, as if that had lasted for ever."""
        if self.rests_at is None or self.kept is not None:
            return super().forward(x, knobs)
        pole = torch.exp(self._poles()[0])
        state = torch.view_as_real(x[:, :, self.rests_at, None] / (1.0 - pole)).to(x.dtype)
        out, states = self.run(x[:, :, self.rests_at :], [state])
        self.kept = [state.detach() for state in states] if self.keeps else None
        return torch.cat([out[:, :, :1].expand(-1, -1, self.rests_at), out], 2)

    def first_states(self, x: Tensor) -> list[Tensor]:
        """Return zeros, (batch, channels, pairs, 2)."""
        return [x.new_zeros(len(x), *self.output.shape)]

    def run(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return (batch, channels, samples) for the same, from these states, and the states after it."""
        state = torch.view_as_complex(states[0].contiguous()).transpose(0, 1)
        whole = x.shape[2] // CHUNK * CHUNK
        out = []
        for part, size in ((x[:, :, :whole], CHUNK), (x[:, :, whole:], x.shape[2] - whole)):
            if part.shape[2]:
                heard, state = self._chunks(part, state, size)
                out.append(heard)
        return torch.cat(out, 2) if len(out) > 1 else out[0] if out else x, [torch.view_as_real(state.transpose(0, 1))]

    def _poles(self) -> tuple[Tensor, Tensor]:
        """Return (logarithm of the pole, output factor), complex, (channels, pairs) each."""
        span = math.log(self.spec.longest_samples / self.spec.shortest_samples)
        decay = torch.exp(-span * torch.sigmoid(self.time.double())) / self.spec.shortest_samples
        factor = (-2.0 * torch.expm1(-decay))[..., None] * self.output.double()
        return torch.complex(-decay, decay * self.frequency.double()), torch.view_as_complex(factor)

    def _chunks(self, x: Tensor, state: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Play whole chunks of `size` samples; `state` is (channels, batch, pairs), complex."""
        batch, channels, samples = x.shape
        logarithm, factor = self._poles()
        steps = torch.arange(size + 1, device=x.device)
        powers = torch.exp(logarithm[..., None] * steps)  # channels, pairs, size + 1: the pole to the power of 0, 1, …
        answers = factor[..., None] * powers
        within = answers[..., :-1].real.sum(1).to(x.dtype)
        within = torch.cat([(within[:, 0] + self.direct)[:, None], within[:, 1:]], 1)
        # row `sample in`, column `sample out`: the answer by how much later it is
        matrix = functional.pad(within, (size - 1, 0)).unfold(1, size, 1).flip(1)
        carried = torch.cat([answers[..., 1:].real, -answers[..., 1:].imag], 1).to(x.dtype)
        leaving = torch.view_as_real(powers[..., :-1].flip(2).transpose(1, 2)).flatten(2).to(x.dtype)
        rows = x.unflatten(2, (-1, size)).transpose(0, 1).reshape(channels, -1, size)
        left = torch.view_as_complex((rows @ leaving).unflatten(2, (-1, 2))).unflatten(1, (batch, -1))
        before, state = _followed(left, powers[..., -1].to(left.dtype)[:, None], state.to(left.dtype))
        before = torch.cat([before.real, before.imag], 3).flatten(1, 2)
        out = torch.cat([rows, before], 2) @ torch.cat([matrix, carried], 1)
        return out.unflatten(1, (batch, -1)).transpose(0, 1).reshape(batch, channels, samples), state


def _followed(left: Tensor, pole: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states before each chunk and after the last, where `left` is what each chunk alone leaves.

    left: (channels, batch, chunks, pairs). pole: (channels, 1, pairs), over a chunk. state: (channels, batch, pairs).
    """
    after, step = torch.cat([state[:, :, None], left], 2), 1
    while step < after.shape[2]:
        after = torch.cat([after[:, :, :step], after[:, :, step:] + pole[:, :, None] * after[:, :, :-step]], 2)
        pole, step = pole * pole, 2 * step
    return after[:, :, :-1], after[:, :, -1]


@contextmanager
def at_rest(net: "Network") -> Iterator[int]:
    """Yield how many zeros to put before a recording, for a net to start as after endless silence.

    Within, state spaces start from where the last of these zeros would have brought them: a few samples do what their whole
    memory of silence would. With other states beside them, or where the spec says what to play, that is played.
    """
    spec, states = net.spec, [module for module in net.modules() if isinstance(module, StateSpace)]
    alone = len(states) == len(stateful_layers(net))
    quick = bool(states) and alone and spec.prewarm_samples is None
    for state in states if quick else ():
        state.rests_at = spec.receptive_field - 1
    try:
        yield spec.receptive_field if quick else max(spec.receptive_field - 1, spec.silence_before)
    finally:
        for state in states:
            state.rests_at = None


@plays("TemporalFiLM")
class TemporalFiLM(Stateful):
    """Scales and shifts that an LSTM sets a block ahead (formulas: `spec.TemporalFiLM`)."""

    def __init__(self, layer: specs.TemporalFiLM, inputs: int, conditioning: int = 0) -> None:
        super().__init__()
        self.spec, gates = layer, 4 * layer.hidden
        self.weight_ih = nn.Parameter(torch.empty(gates, inputs))
        self.weight_hh = nn.Parameter(torch.empty(gates, layer.hidden))
        self.bias_ih = nn.Parameter(torch.empty(gates))
        self.bias_hh = nn.Parameter(torch.empty(gates))
        self.weight = nn.Parameter(torch.empty(2 * inputs, layer.hidden))
        self.bias = nn.Parameter(torch.empty(2 * inputs))
        self.start()

    @torch.no_grad()
    def start(self) -> None:
        """Start near scale 1 and shift 0, as torch starts an LSTM but for a forget gate that remembers."""
        for weight in (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh):
            nn.init.uniform_(weight, -(self.spec.hidden**-0.5), self.spec.hidden**-0.5)
        self.bias_ih[self.spec.hidden : 2 * self.spec.hidden] += 2.0
        self.weight.normal_(0.0, 0.3 / self.spec.hidden**0.5)
        self.bias[: len(self.bias) // 2], self.bias[len(self.bias) // 2 :] = 1.0, 0.0

    def first_states(self, x: Tensor) -> list[Tensor]:
        """Return hidden and cell (batch, hidden), the block's peaks so far (batch, channels), samples into it (batch,)."""
        hidden = x.new_zeros(len(x), self.spec.hidden)
        return [hidden, hidden, x.new_zeros(len(x), x.shape[1]), x.new_zeros(len(x))]

    def run(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return (batch, channels, samples) for the same, from these states, and the states after it."""
        hidden, cell, peak, position = states
        block, done = self.spec.block_samples, int(position[0]) if len(position) else 0
        last = done + x.shape[2]
        magnitudes = functional.pad(x.abs(), (done, -last % block)).unflatten(2, (-1, block)).amax(3)
        peaks = torch.cat([torch.maximum(magnitudes[:, :, :1], peak[:, :, None]), magnitudes[:, :, 1:]], 2)
        ended, heard = last // block, hidden[:, None]
        if ended:
            first = (hidden[None].contiguous(), cell[None].contiguous())
            weights: list[Tensor] = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
            found, hidden, cell = torch.lstm(peaks[:, :, :ended].mT, first, weights, True, 1, 0.0, self.training, False, True)
            heard, hidden, cell = torch.cat([heard, found], 1), hidden[0], cell[0]
        scale, shift = functional.linear(heard, self.weight, self.bias).mT.chunk(2, 1)
        blocks = torch.arange(done, last, device=x.device) // block
        peak = peaks[:, :, ended] if last % block else torch.zeros_like(peak)
        return x * scale[:, :, blocks] + shift[:, :, blocks], [hidden, cell, peak, torch.full_like(position, last % block)]
