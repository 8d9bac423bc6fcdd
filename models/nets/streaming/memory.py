"""The layers that remember for seconds, with their states kept: the state space in chunks, the FiLM block by block."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ... import spec as specs
from .layer import Moment, fixed, streams

CHUNK = 64  # samples played by matrices


@streams("StateSpace")
class StateSpace(nn.Module):
    """Resonators side by side (formulas: `spec.StateSpace`): within a chunk a matrix product, states from chunk to chunk.

    A state is (rows, channels, 2 · pairs), real parts before imaginary ones; the tables are its powers, see `prepare`.
    """

    def __init__(self, layer: specs.StateSpace, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.pairs, self.span = layer.pairs, math.log(layer.longest_samples / layer.shortest_samples)
        self.shortest, self.chunk = layer.shortest_samples, CHUNK
        self.time, self.frequency = fixed(inputs, layer.pairs), fixed(inputs, layer.pairs)
        self.output, self.direct = fixed(inputs, layer.pairs, 2), fixed(inputs)
        self.state: Tensor
        self.matrix: Tensor
        self.carried: Tensor
        self.leaving: Tensor
        self.powers: Tensor
        for name in ("state", "matrix", "carried", "leaving", "powers"):
            self.register_buffer(name, torch.zeros(0), persistent=False)

    def prepare(self) -> None:
        """Make the tables of the weights, once they are there.

        matrix (channels, in, out): what a sample of a chunk does to each; carried (channels, 2 · pairs, out): what the
        state before it does; leaving (channels, in, 2 · pairs): what each adds to the state after it; powers (chunk + 1,
        channels, pairs, 2): of the poles.
        """
        decay = torch.exp(-self.span * torch.sigmoid(self.time.double())) / self.shortest
        factor = torch.view_as_complex((-2.0 * torch.expm1(-decay))[..., None] * self.output.double())
        logarithm = torch.complex(-decay, decay * self.frequency.double())
        powers = torch.exp(logarithm[..., None] * torch.arange(self.chunk + 1))
        answers = factor[..., None] * powers
        later = answers[..., :-1].real.sum(1)
        later[:, 0] += self.direct
        self.matrix = functional.pad(later, (self.chunk - 1, 0)).unfold(1, self.chunk, 1).flip(1).float().contiguous()
        self.carried = torch.cat([answers[..., 1:].real, -answers[..., 1:].imag], 1).float()
        back = powers[..., :-1].flip(2).transpose(1, 2)
        self.leaving = torch.cat([back.real, back.imag], 2).float()
        self.powers = torch.view_as_real(powers.permute(2, 0, 1).contiguous()).float()

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        state = self.state
        if moment.start:
            state = torch.zeros(x.shape[0], x.shape[1], 2 * self.pairs)
        outputs, at = [x[:, :, :0]], 0
        while at < x.shape[2]:
            size = min(self.chunk, x.shape[2] - at)
            rows = x[:, :, at : at + size].transpose(0, 1)  # channels, rows, samples
            before = state.transpose(0, 1)
            out = rows @ self.matrix[:, :size, :size] + before @ self.carried[:, :, :size]
            outputs.append(out.transpose(0, 1))
            left = (rows @ self.leaving[:, self.chunk - size :]).transpose(0, 1)
            real, imaginary = state.chunk(2, 2)
            over = self.powers[size]
            turned = [real * over[..., 0] - imaginary * over[..., 1], imaginary * over[..., 0] + real * over[..., 1]]
            state = torch.cat(turned, 2) + left
            at += size
        self.state = state
        return torch.cat(outputs, 2)


@streams("TemporalFiLM")
class TemporalFiLM(nn.Module):
    """Scales and shifts that an LSTM sets a block ahead (formulas: `spec.TemporalFiLM`)."""

    def __init__(self, layer: specs.TemporalFiLM, inputs: int, conditioning: int) -> None:
        super().__init__()
        self.block, self.position, gates = layer.block_samples, 0, 4 * layer.hidden
        self.weight_ih, self.weight_hh = fixed(gates, inputs), fixed(gates, layer.hidden)
        self.bias_ih, self.bias_hh = fixed(gates), fixed(gates)
        self.weight, self.bias = fixed(2 * inputs, layer.hidden), fixed(2 * inputs)
        self.hidden: Tensor
        self.cell: Tensor
        self.peak: Tensor
        for name in ("hidden", "cell", "peak"):
            self.register_buffer(name, torch.zeros(0), persistent=False)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        if moment.start:
            self.hidden = torch.zeros(x.shape[0], self.weight_hh.shape[1])
            self.cell, self.peak, self.position = torch.zeros_like(self.hidden), torch.zeros(x.shape[0], x.shape[1]), 0
        outputs, at = [x[:, :, :0]], 0
        scale, shift = functional.linear(self.hidden, self.weight, self.bias).chunk(2, 1)
        while at < x.shape[2]:
            part = x[:, :, at : at + self.block - self.position]
            outputs.append(part * scale[:, :, None] + shift[:, :, None])
            self.peak = torch.maximum(self.peak, part.abs().amax(2))
            self.position, at = self.position + part.shape[2], at + part.shape[2]
            if self.position == self.block:
                self.follow()
                scale, shift = functional.linear(self.hidden, self.weight, self.bias).chunk(2, 1)
        return torch.cat(outputs, 2)

    def follow(self) -> None:
        """End a block: the LSTM hears its peaks."""
        heard = functional.linear(self.peak, self.weight_ih, self.bias_ih)
        i, f, g, o = (heard + functional.linear(self.hidden, self.weight_hh, self.bias_hh)).chunk(4, 1)
        self.cell = torch.sigmoid(f) * self.cell + torch.sigmoid(i) * torch.tanh(g)
        self.hidden = torch.sigmoid(o) * torch.tanh(self.cell)
        self.peak, self.position = torch.zeros_like(self.peak), 0
