"""Playing models in tests: at fixed knob positions, from the zero state, in blocks; and which models are worth it."""

import numpy as np

from wetdry import NeuralEffect
from wetdry.models import Model

SEEDS = 4  # random models of each kind in every run


def from_zero(model):
    """Return the model without the silence before its first sample: a formula starts from the zero state."""
    return Model(model.spec.model_copy(update={"prewarm_samples": 0}), model.weights)


def effect_at(model, raw=None):
    """Return an effect whose knobs stand at raw positions."""
    effect = NeuralEffect(model)
    for bound, position in zip(effect.parameters.values(), () if raw is None else raw, strict=False):
        bound.raw_value = float(position)
    return effect


def played(model, audio, raw=None):
    """Return audio (input channels, samples) as played in one call."""
    return effect_at(model, raw)(audio, model.spec.sample_rate)


def in_blocks(effect, audio, sizes):
    """Return audio (…, samples) as played by a stream of blocks; `sizes` begin anew when they are used up."""
    parts, at, i = [], 0, 0
    while at < audio.shape[-1]:
        size = sizes[i % len(sizes)]
        parts.append(effect(audio[..., at : at + size], effect.sample_rate, reset=False))
        at, i = at + size, i + 1
    return np.concatenate(parts, axis=-1)


def peak_error(wet, expected):
    """Return the largest difference over the largest expected value."""
    assert wet.shape == expected.shape
    return np.abs(wet - expected).max() / np.abs(expected).max()
