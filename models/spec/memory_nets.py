"""Nets that remember for seconds: a state-space net, and a convolutional one whose FiLMs follow the level."""

from typing import Any, Literal

from ..parameter import Parameter
from .convolutions import Conv1d, Dense
from .layer import Activation
from .layers import BatchNorm, FiLM
from .memory import StateSpace, TemporalFiLM
from .model import Conditioning, ModelSpec
from .residual import Multiply, Residual

Knobs = tuple[Parameter, ...]
Ends = Literal["tanh", "gain"]

SHORTEST_SECONDS = 0.0005
SETTLING_SECONDS = 1.0  # of silence before a net with LSTMs over blocks plays


def s4d(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 16, blocks: int = 4, pairs: int = 4,
        longest_seconds: float = 2.5, hidden: tuple[int, ...] = (16, 32), ends: Ends = "tanh") -> ModelSpec:  # fmt: skip
    """Return a state-space net: it remembers up to `longest_seconds` (to 1/e), whatever that is in samples.

    A block is a matrix over the channels, a PReLU each, a state space, batch normalisation, FiLM where there are knobs, and a
    gate (GLU), beside a depthwise shortcut. It ends in a tanh, or in "gain": from 0 to 1, times the input.

    Sources: the shape of github.com/int0thewind/s4-dynamic-range-compressor; FiLM after the state and the gate: Simionato and
    Fasciani, "Conditioning methods for neural audio effects", SMC 2024.

    Example:
        >>> s4d(48000).tail_samples / 48000
        52.50002083333333
    """
    state = StateSpace(pairs=pairs, shortest_samples=max(1.0, SHORTEST_SECONDS * sample_rate),
                       longest_samples=longest_seconds * sample_rate)  # fmt: skip
    gate = Multiply(body=(Dense(channels=channels),), shortcut=(Dense(channels=channels), Activation(name="sigmoid")))
    curve = Activation(name="prelu", slopes=channels)
    body = (Dense(channels=channels), curve, state, BatchNorm(affine=False), *_film(knobs), gate)
    block = Residual(body=body, shortcut=(Conv1d(channels=channels, groups=channels, bias=False),))
    return _spec(sample_rate, knobs, hidden, ends, [Dense(channels=channels), *[block] * blocks])


def tfilm(sample_rate: float, knobs: Knobs = (), level: float = 0.1, *, channels: int = 16, blocks: int = 5,
          kernel_size: int = 7, growth: int = 4, block_samples: int = 128, hidden: tuple[int, ...] = (16, 32),
          ends: Ends = "tanh") -> ModelSpec:  # fmt: skip
    """Return a convolutional net that hears 43 ms itself, and whose temporal FiLMs remember by an LSTM over blocks of 128.

    A block is a dilated convolution, FiLM where there are knobs, a temporal FiLM and a tanh, beside a depthwise shortcut.

    Source: the TCN of github.com/mcomunita/nablafx with time-varying conditioning, done causally (see `TemporalFiLM`).

    Example:
        >>> tfilm(48000, blocks=1).receptive_field
        262
    """
    layers: list[Any] = []
    for i in range(blocks):
        body = (Conv1d(channels=channels, kernel_size=kernel_size, dilation=growth**i), *_film(knobs),
                TemporalFiLM(hidden=channels, block_samples=block_samples), Activation(name="tanh"))  # fmt: skip
        layers.append(Residual(body=body, shortcut=(Conv1d(channels=channels, groups=channels if i else 1, bias=False),)))
    return _spec(sample_rate, knobs, hidden, ends, layers, prewarm_samples=round(SETTLING_SECONDS * sample_rate))


def _film(knobs: Knobs) -> tuple[FiLM, ...]:
    return (FiLM(),) if knobs else ()


def _spec(sample_rate: float, knobs: Knobs, hidden: tuple[int, ...], ends: Ends, layers: list[Any], **more: Any) -> ModelSpec:
    layers = [*layers, Dense(channels=1), Activation(name="tanh" if ends == "tanh" else "sigmoid")]
    layers = layers if ends == "tanh" else [Multiply(body=tuple(layers))]
    conditioning = Conditioning(hidden=hidden, activation="relu") if knobs else None
    return ModelSpec(sample_rate=float(sample_rate), layers=tuple(layers), knobs=knobs, conditioning=conditioning, **more)
