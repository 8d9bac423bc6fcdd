"""Kernel of Gain: one smoothed level."""

import numpy as np

from .kernel import TILE, Kernel
from .maths import gain

LAST, FACTOR = range(2)


def initial_memory() -> np.ndarray:
    """Return the memory after a reset: the level seen last, and its factor."""
    return np.array([0.0, 1.0])


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column = clock % TILE
    for i in range(frames):
        level = np.float64(knobs[0, column + i])
        if level != memory[LAST]:
            memory[LAST], memory[FACTOR] = level, gain(level)
        factor = np.float32(memory[FACTOR])
        for channel in range(audio.shape[0]):
            audio[channel, start + i] *= factor


GAIN = Kernel(_kernel)
