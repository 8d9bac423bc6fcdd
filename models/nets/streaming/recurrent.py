"""LSTM and GRU with their state kept: torch's own loops; with fast curves one sample at a time."""

import torch
from torch import Tensor, nn

from ... import spec as specs
from ..activations import fast_sigmoid, fast_tanh
from .layer import Moment, fixed, streams


class _Recurrent(nn.Module):
    """Weights, and the state between two blocks."""

    def __init__(self, layer: specs.LSTM | specs.GRU, inputs: int, gates: int) -> None:
        super().__init__()
        rows, hidden = gates * layer.hidden, layer.hidden
        self.fast = layer.activation == "fast"
        self.weight_ih, self.weight_hh = fixed(rows, inputs), fixed(rows, hidden)
        self.bias_ih, self.bias_hh = fixed(rows), fixed(rows)
        self.initial_hidden = fixed(hidden) if layer.initial_state else None
        self.register_buffer("hidden", torch.zeros(1, hidden), persistent=False)
        self.hidden: Tensor

    def first_state(self, learned: Tensor | None, rows: int) -> Tensor:
        """Return a state before the first sample, (rows, hidden)."""
        if learned is not None:
            return learned.expand(rows, -1).contiguous()
        return torch.zeros(rows, self.weight_hh.shape[1])


@streams("LSTM")
class LSTM(_Recurrent):
    """Gates in the order i, f, g, o."""

    def __init__(self, layer: specs.LSTM, inputs: int, conditioning: int) -> None:
        super().__init__(layer, inputs, 4)
        self.initial_cell = fixed(layer.hidden) if layer.initial_state else None
        self.register_buffer("cell", torch.zeros(1, layer.hidden), persistent=False)
        self.cell: Tensor

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        if moment.start:
            self.hidden = self.first_state(self.initial_hidden, x.shape[0])
            self.cell = self.first_state(self.initial_cell, x.shape[0])
        if self.fast:
            return self.step_by_step(x)
        weights: list[Tensor] = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        out, hidden, cell = torch.lstm(x.mT, [self.hidden[None], self.cell[None]], weights, True, 1, 0.0, False, False, True)
        self.hidden, self.cell = hidden[0], cell[0]
        return out.mT

    def step_by_step(self, x: Tensor) -> Tensor:
        """Return (batch, hidden, samples) with fast curves."""
        hidden, cell, outputs = self.hidden, self.cell, [self.hidden]
        for inputs in (x.mT @ self.weight_ih.T + self.bias_ih).unbind(1):
            i, f, g, o = (inputs + hidden @ self.weight_hh.T + self.bias_hh).chunk(4, 1)
            cell = fast_sigmoid(f) * cell + fast_sigmoid(i) * fast_tanh(g)
            hidden = fast_sigmoid(o) * fast_tanh(cell)
            outputs.append(hidden)
        self.hidden, self.cell = hidden, cell
        return torch.stack(outputs, 2)[:, :, 1:]


@streams("GRU")
class GRU(_Recurrent):
    """Gates in the order r, z, n."""

    def __init__(self, layer: specs.GRU, inputs: int, conditioning: int) -> None:
        super().__init__(layer, inputs, 3)

    def forward(self, x: Tensor, moment: Moment) -> Tensor:
        if moment.start:
            self.hidden = self.first_state(self.initial_hidden, x.shape[0])
        if self.fast:
            return self.step_by_step(x)
        weights: list[Tensor] = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        out, hidden = torch.gru(x.mT, self.hidden[None], weights, True, 1, 0.0, False, False, True)
        self.hidden = hidden[0]
        return out.mT

    def step_by_step(self, x: Tensor) -> Tensor:
        """Return (batch, hidden, samples) with fast curves."""
        hidden, outputs = self.hidden, [self.hidden]
        for inputs in (x.mT @ self.weight_ih.T + self.bias_ih).unbind(1):
            from_input = inputs.chunk(3, 1)
            from_state = (hidden @ self.weight_hh.T + self.bias_hh).chunk(3, 1)
            r, z = fast_sigmoid(from_input[0] + from_state[0]), fast_sigmoid(from_input[1] + from_state[1])
            n = fast_tanh(from_input[2] + r * from_state[2])
            hidden = (1 - z) * n + z * hidden
            outputs.append(hidden)
        self.hidden = hidden
        return torch.stack(outputs, 2)[:, :, 1:]
