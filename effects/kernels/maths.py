"""Elementary functions for kernels written as plain loops, with the coefficients of the vector code."""

import numpy as np

from .curves import TANH_P, TANH_Q
from .kernel import helper

P0, P1, P2 = map(np.float32, TANH_P)
Q0, Q1, Q2, Q3 = map(np.float32, TANH_Q)
NINE, TWO = np.float32(9.0), np.float32(2.0)


@helper
def tanh(x):
    """tanh(x) within 3e-7, float32."""
    x = min(max(x, -NINE), NINE)
    u = x * x
    n = ((P2 * u + P1) * u + P0) * x
    d = ((Q3 * u + Q2) * u + Q1) * u + Q0
    return TWO * n * d / (n * n + d * d)


@helper
def gain(level_db):
    """Linear factor of a level in dB; float64 inside, for use where a knob moves."""
    return np.float32(10.0 ** (np.float64(level_db) * 0.05))
