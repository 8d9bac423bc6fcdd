"""Random layers that remember: state spaces, and FiLMs that follow the level."""

import numpy as np

from wetdry.models.spec import StateSpace, TemporalFiLM

HIDDEN = (1, 3, 8, 10, 16, 20, 40)
PAIRS = (1, 2, 3, 4, 5, 8, 13, 32)
BLOCKS = (1, 5, 16, 20)  # so short that a short signal holds several


def state_space(draw, channels):
    """Return bounds of time constants from a few samples, which a short signal outlasts, to 10 seconds."""
    short = draw.one(1.0, 2.5, 20.0)
    return [StateSpace(pairs=draw.one(*PAIRS), shortest_samples=short, longest_samples=short * draw.one(10.0, 24_000.0))]


def temporal_film(draw, channels):
    return [TemporalFiLM(hidden=draw.one(*HIDDEN), block_samples=draw.one(*BLOCKS))]


def state_space_weight(name, random, shape):
    """Return times that fill their range, frequencies of which most are low and some wrap around, outputs by fan-in."""
    value = random.standard_normal(shape)
    return {"time": 1.5 * value, "frequency": 6 * value**3, "output": value / np.sqrt(shape[1])}[name]
