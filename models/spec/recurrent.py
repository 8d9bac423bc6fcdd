"""Recurrent layers; weights follow torch's convention, gates included."""

from typing import Literal

from .layer import BaseLayer
from .plain import Flag, Shapes, Width


class _Recurrent(BaseLayer):
    """What LSTM and GRU share.

    Attributes:
        hidden: size of the state, and of the output.
        initial_state: whether the state before the first sample is a weight; else it is zero.
        activation: "fast" uses NAM's rational approximations of tanh and sigmoid.
    """

    hidden: Width
    initial_state: Flag = False
    activation: Literal["exact", "fast"] = "exact"

    def outputs(self, inputs: int) -> int:
        return self.hidden

    def _shapes(self, prefix: str, inputs: int, gates: int, states: tuple[str, ...]) -> Shapes:
        rows = gates * self.hidden
        shapes: Shapes = {f"{prefix}weight_ih": (rows, inputs), f"{prefix}weight_hh": (rows, self.hidden),
                          f"{prefix}bias_ih": (rows,), f"{prefix}bias_hh": (rows,)}  # fmt: skip
        return {**shapes, **({f"{prefix}{s}": (self.hidden,) for s in states} if self.initial_state else {})}


class LSTM(_Recurrent):
    """One layer: c = sigmoid(f) c + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c), gates in the order i, f, g, o."""

    kind: Literal["LSTM"] = "LSTM"

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        return self._shapes(prefix, inputs, 4, ("initial_hidden", "initial_cell"))

    def multiply_adds(self, inputs: int) -> int:
        return 4 * self.hidden * (inputs + self.hidden)


class GRU(_Recurrent):
    """One layer, gates in the order r, z, n: n = tanh(W x + b_ih + r (U h + b_hh)), h = (1 - z) n + z h."""

    kind: Literal["GRU"] = "GRU"

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        return self._shapes(prefix, inputs, 3, ("initial_hidden",))

    def multiply_adds(self, inputs: int) -> int:
        return 3 * self.hidden * (inputs + self.hidden)
