"""What every player of a state space needs to know before it plays: its poles, and how long silence takes to settle it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .spec import GRU, LSTM, ModelSpec, StateSpace, TemporalFiLM


def coefficients(layer: StateSpace, weights: Mapping[str, np.ndarray], at: str = "") -> np.ndarray:
    """Return pole, output factor and 1 / (1 - pole) of every pair, float64 (pairs, 6, channels), real parts first."""
    time, frequency, output = (weights[f"{at}{name}"].astype(np.float64) for name in ("time", "frequency", "output"))
    along = 0.5 * (1.0 + np.tanh(0.5 * time))
    decay = 1.0 / (layer.shortest_samples * (layer.longest_samples / layer.shortest_samples) ** along)
    pole = np.exp(decay * (-1.0 + 1j * frequency))
    factor = -2.0 * np.expm1(-decay) * (output[..., 0] + 1j * output[..., 1])
    parts = [part for value in (pole, factor, 1.0 / (1.0 - pole)) for part in (np.real(value), np.imag(value))]
    return np.stack(parts).transpose(2, 0, 1)


def silence_of(spec: ModelSpec, tile: int) -> tuple[int, bool]:
    """Return (samples of silence to play before the start, whether state spaces settle at once in it).

    A constant input brings a state space to a place that is known: with nothing but convolutions beside it, a few tiles of
    `tile` samples of silence do what its whole memory of silence would.
    """
    states = sum(len(layer.time_constants) for layer in spec.layers)
    if spec.prewarm_samples is not None or not states or _remembers_otherwise(spec.layers):
        return spec.silence_before, False
    return spec.receptive_field + (1 + states) * tile, True


def _remembers_otherwise(layers: Sequence[Any]) -> bool:
    inner = [getattr(layer, name, ()) for layer in layers for name in ("body", "shortcut", "condition")]
    recurrent = any(isinstance(layer, LSTM | GRU | TemporalFiLM) for layer in layers)
    return recurrent or any(_remembers_otherwise(within) for within in inner)
