"""Elementary functions for kernels written as plain loops, with the coefficients of the vector code."""

import numpy as np

from .curves import TANH_P, TANH_Q
from .kernel import helper

P0, P1, P2, P3, P4 = map(np.float32, TANH_P)
_, Q1, Q2, Q3, Q4 = map(np.float32, TANH_Q)
EIGHT, ONE = np.float32(8.0), np.float32(1.0)


@helper
def tanh(x):
    """tanh(x) within 3e-7, float32."""
    x = min(max(x, -EIGHT), EIGHT)
    u = x * x
    p = ((((P4 * u + P3) * u + P2) * u + P1) * u + P0) * x
    q = (((Q4 * u + Q3) * u + Q2) * u + Q1) * u + ONE
    return p / q


@helper
def gain(level_db):
    """Linear factor of a level in dB; float64 inside, for use where a knob moves."""
    return np.float32(10.0 ** (np.float64(level_db) * 0.05))
