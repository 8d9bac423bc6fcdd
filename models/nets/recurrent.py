"""LSTM and GRU: compiled loops where they fit, else torch's own; with fast curves one step at a time."""

from typing import Any

import torch
from torch import Tensor, nn

from .. import spec as specs
from .activations import fast_sigmoid, fast_tanh
from .layer import plays
from .recurrent_function import RecurrentFunction, fits
from .stateful import Stateful, going_on, led_in, stateful_layers

CURVES = {"exact": (torch.tanh, torch.sigmoid), "fast": (fast_tanh, fast_sigmoid)}


class Recurrent(Stateful):
    """Weights and first state of one layer. `compiled` = False keeps to torch's loop (to compare)."""

    def __init__(self, layer: specs.LSTM | specs.GRU, inputs: int, gates: int, states: tuple[str, ...]) -> None:
        super().__init__()
        self.spec, self.states, self.compiled = layer, states, True
        rows = gates * layer.hidden
        self.weight_ih = nn.Parameter(torch.empty(rows, inputs))
        self.weight_hh = nn.Parameter(torch.empty(rows, layer.hidden))
        self.bias_ih = nn.Parameter(torch.empty(rows))
        self.bias_hh = nn.Parameter(torch.empty(rows))
        for weight in self.parameters():
            nn.init.uniform_(weight, -(layer.hidden**-0.5), layer.hidden**-0.5)
        for state in states if layer.initial_state else ():
            self.register_parameter(state, nn.Parameter(torch.zeros(layer.hidden)))

    @property
    def weights(self) -> list[Tensor]:
        """Weights and biases in torch's order."""
        return [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]

    def first_states(self, x: Tensor) -> list[Tensor]:
        """Return the states before the first sample, each (batch, hidden)."""
        learned = [getattr(self, name, None) for name in self.states]
        return [(x.new_zeros(self.spec.hidden) if s is None else s).expand(len(x), -1) for s in learned]

    def run(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return (batch, hidden, samples) and the states after it."""
        if self.spec.activation == "fast":
            return self.step_by_step(x, states)
        if self.compiled and fits(x, self.spec.hidden):
            hidden, *cell = states
            out, last = RecurrentFunction.apply(x, hidden, cell[0] if cell else None, self.matrix())  # pyright: ignore
            return out, [out[:, :, -1], last] if cell else [out[:, :, -1]]
        return self.at_once(x, states)

    def matrix(self) -> Tensor:
        """Return what four gates make of state, input and one: (4 hidden, hidden + inputs + 1)."""
        raise NotImplementedError

    def at_once(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return what `run` does, by torch's own loop."""
        raise NotImplementedError

    def step(self, inputs: Tensor, states: list[Tensor]) -> list[Tensor]:
        """Return the states, hidden first, after one sample whose W x + b_ih is `inputs`, (batch, gates · hidden)."""
        raise NotImplementedError

    def step_by_step(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return what `run` does, computed sample by sample."""
        outputs = []
        for inputs in (x.mT @ self.weight_ih.T + self.bias_ih).unbind(1):
            states = self.step(inputs, states)
            outputs.append(states[0])
        return torch.stack(outputs, 2), states


@plays("LSTM")
class LSTM(Recurrent):
    """Gates in the order i, f, g, o."""

    def __init__(self, layer: specs.LSTM, inputs: int, conditioning: int = 0) -> None:
        super().__init__(layer, inputs, 4, ("initial_hidden", "initial_cell"))

    def step(self, inputs: Tensor, states: list[Tensor]) -> list[Tensor]:
        tanh, sigmoid = CURVES[self.spec.activation]
        hidden, cell = states
        i, f, g, o = (inputs + hidden @ self.weight_hh.T + self.bias_hh).chunk(4, 1)
        cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
        return [sigmoid(o) * tanh(cell), cell]

    def at_once(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        hidden, cell = (state[None].contiguous() for state in states)
        out, hidden, cell = torch.lstm(x.mT, (hidden, cell), self.weights, True, 1, 0.0, self.training, False, True)
        return out.mT, [hidden[0], cell[0]]

    def matrix(self) -> Tensor:
        return torch.cat([self.weight_hh, self.weight_ih, (self.bias_ih + self.bias_hh)[:, None]], 1)


@plays("GRU")
class GRU(Recurrent):
    """Gates in the order r, z, n."""

    def __init__(self, layer: specs.GRU, inputs: int, conditioning: int = 0) -> None:
        super().__init__(layer, inputs, 3, ("initial_hidden",))

    def step(self, inputs: Tensor, states: list[Tensor]) -> list[Tensor]:
        tanh, sigmoid = CURVES[self.spec.activation]
        hidden = states[0]
        from_input, from_state = inputs.chunk(3, 1), (hidden @ self.weight_hh.T + self.bias_hh).chunk(3, 1)
        r, z = (sigmoid(a + b) for a, b in zip(from_input[:2], from_state[:2], strict=True))
        n = tanh(from_input[2] + r * from_state[2])
        return [(1 - z) * n + z * hidden]

    def at_once(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        first = states[0][None].contiguous()
        out, hidden = torch.gru(x.mT, first, self.weights, True, 1, 0.0, self.training, False, True)
        return out.mT, [hidden[0]]

    def matrix(self) -> Tensor:
        """Return it with n in two parts, of the state and of the input, since r turns the first one alone."""
        size = self.spec.hidden
        of_state, of_input = (torch.cat([w, w.new_zeros(size, w.shape[1])]) for w in (self.weight_hh, self.weight_ih))
        of_input = torch.cat([of_input[: 2 * size], of_input[3 * size :], of_input[2 * size : 3 * size]])
        bias = torch.cat(
            [self.bias_ih[: 2 * size] + self.bias_hh[: 2 * size], self.bias_hh[2 * size :], self.bias_ih[2 * size :]]
        )
        return torch.cat([of_state, of_input, bias[:, None]], 1)


def after_lead_in(net: Any, audio: Tensor, raw: Tensor | None, lead: int) -> Tensor:
    """Return the answer from sample `lead` on, (batch, samples - lead); what lies before only sets the states, see `led_in`.

    A net whose only memory is recurrent layers hears the two parts one after another, and what follows the last of them
    hears nothing of the first.
    """
    layers = stateful_layers(net)
    if not lead or net.spec.receptive_field > 1 or not layers or not all(isinstance(layer, Recurrent) for layer in layers):
        with led_in(net, lead):
            return net(audio, raw)[:, lead:]
    with going_on(net):
        layers[-1].states_alone = True  # one sample then meets, or turns, as many as another path brings
        try:
            with torch.no_grad():
                net(audio[:, :lead], raw)
        finally:
            layers[-1].states_alone = False
        return net(audio[:, lead:], raw)
