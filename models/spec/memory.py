"""Layers that remember for seconds: a diagonal state space, and a FiLM that follows the signal's own level."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from ..errors import InvalidValue
from .layer import BaseLayer
from .plain import LARGEST_RECEPTIVE_FIELD, Shapes, Taps, Width

MOST_PAIRS = 256  # a channel
MOST_STATES = 65_536  # pairs in one layer

Lasting = Annotated[FiniteFloat, Field(ge=1.0, le=LARGEST_RECEPTIVE_FIELD)]


class StateSpace(BaseLayer):
    """Each channel through resonators of its own, side by side: a diagonal state space (S4D, LRU), in real numbers.

    Channel by channel, for each of its `pairs` (r, i the state, u the input, from r = i = 0):

        t = shortest_samples · (longest_samples / shortest_samples) ^ sigmoid(time)     time constant, in samples
        p = exp(-1 / t),   c = p · cos(frequency / t),   s = p · sin(frequency / t)
        r, i = c · r - s · i + u,   s · r + c · i
        y = direct · u + Σ over the pairs of 2 (1 - p) (output_0 · r - output_1 · i)

    A pair is the pole exp((-1 + i · frequency) / t) and its conjugate. Whatever the weights are, a time constant lies between
    the two bounds, so every pole lies inside the unit circle; 1 - p makes a pair's gain about |output| for any memory, and a
    frequency counts in radians a time constant, so that a training moves slow pairs no further than quick ones. Frequency
    0 is a one-pole low-pass, as an envelope follower is.

    Attributes:
        pairs: of a channel; 4 is enough for a compressor.
        shortest_samples, longest_samples: bounds of every time constant (to 1/e).

    Weights: time, frequency and output, each (channels, pairs), output with (real, imaginary) behind it; direct (channels,).

    Sources: Gu et al., "On the Parameterization and Initialization of Diagonal State Space Models", NeurIPS 2022 (S4D);
    Orvieto et al., "Resurrecting Recurrent Neural Networks for Long Sequences", ICML 2023 (LRU: poles by exponentials, so
    that they stay stable, and inputs scaled by the pole's distance from the unit circle).
    """

    kind: Literal["StateSpace"] = "StateSpace"
    pairs: Annotated[int, Field(ge=1, le=MOST_PAIRS, strict=True)] = 4
    shortest_samples: Lasting = 16.0
    longest_samples: Lasting = 48_000.0

    def outputs(self, inputs: int) -> int:
        if self.longest_samples <= self.shortest_samples:
            raise InvalidValue(f"StateSpace.longest_samples: {self.longest_samples:g} is not above shortest_samples, "
                               f"{self.shortest_samples:g}")  # fmt: skip
        if inputs * self.pairs > MOST_STATES:
            raise InvalidValue(f"StateSpace.pairs: {self.pairs} for each of {inputs} channels are more than {MOST_STATES}")
        return inputs

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        shape = (inputs, self.pairs)
        return {f"{prefix}time": shape, f"{prefix}frequency": shape, f"{prefix}output": (*shape, 2),
                f"{prefix}direct": (inputs,)}  # fmt: skip

    def multiply_adds(self, inputs: int) -> int:
        return inputs * (6 * self.pairs + 1)

    @property
    def time_constants(self) -> tuple[float, ...]:
        return (self.longest_samples,)


class TemporalFiLM(BaseLayer):
    """A FiLM whose scale and shift follow the signal: an LSTM hears each block's peaks and sets the block after it.

    With k the number of the block, from 0, and x its samples:

        peak_k = max |x| over block k, a channel each
        h_k = LSTM(peak_k, h_{k-1})      one step a block, gates i, f, g, o (see `LSTM`), from the zero state
        scale, shift = weight · h_{k-1} + bias, scales first;   y = scale · x + shift in block k

    So it never looks ahead: what it hears in a block changes the next one, and a block of any player's size plays the
    same. (As published, a block's peak changes that block itself: up to a block of looking ahead.)

    Attributes:
        hidden: units of the LSTM.
        block_samples: counted from the first sample that is played, silence before the start included.

    Weights: weight_ih (4 · hidden, channels), weight_hh, bias_ih, bias_hh as `LSTM`; weight (2 · channels, hidden) and bias.

    Source: Birnbaum et al., "Temporal FiLM: Capturing Long-Range Sequence Dependencies with Feature-Wise Modulations",
    NeurIPS 2019; for effects: Comunità, Steinmetz, Phan and Reiss, "Modelling Black-Box Audio Effects with Time-Varying
    Feature Modulation", ICASSP 2023.
    """

    kind: Literal["TemporalFiLM"] = "TemporalFiLM"
    hidden: Width
    block_samples: Taps = 128

    def weight_shapes(self, prefix: str, inputs: int, conditioning: int) -> Shapes:
        gates = 4 * self.hidden
        return {f"{prefix}weight_ih": (gates, inputs), f"{prefix}weight_hh": (gates, self.hidden),
                f"{prefix}bias_ih": (gates,), f"{prefix}bias_hh": (gates,),
                f"{prefix}weight": (2 * inputs, self.hidden), f"{prefix}bias": (2 * inputs,)}  # fmt: skip

    def multiply_adds(self, inputs: int) -> int:
        each_block = 4 * self.hidden * (inputs + self.hidden) + 2 * inputs * self.hidden
        return inputs - (-each_block // self.block_samples)

    @property
    def receptive_field(self) -> int:
        return 2 * self.block_samples
