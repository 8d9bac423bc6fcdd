"""Kernel of Pan: its knob is the position, -1 to 1; it turns two rows, and leaves any other count alone."""

import numpy as np

from .kernel import TILE, Kernel, helper

QUARTER = np.pi / 4
# sin x = x (1 + S1 x² + S2 x⁴ + …), its Taylor series: within 6e-12 up to a quarter turn, the ends exact in float32
S1, S2, S3, S4, S5, S6, S7 = -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000


@helper
def _share(towards):
    """Return the sine of 0 to a quarter turn for -1 to 1."""
    x = QUARTER * (1.0 + np.float64(towards))
    u = x * x
    return np.float32(x * (1.0 + u * (S1 + u * (S2 + u * (S3 + u * (S4 + u * (S5 + u * (S6 + u * S7))))))))


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    if audio.shape[0] != 2:
        return
    column = clock % TILE
    for i in range(frames):
        pan = knobs[0, np.uint64(column + i)]
        audio[0, np.uint64(start + i)] *= _share(-pan)
        audio[1, np.uint64(start + i)] *= _share(pan)


PAN = Kernel(_kernel)
