"""Elementary functions for kernels: branch-free float32 polynomials that vectorise and split exactly."""

import numpy as np

from .kernel import helper

# Rational minimax fit x P(x²) / Q(x²) to tanh on [-8, 8], where tanh is 1 within 2.3e-7 (fitted with a
# reweighted linear least squares; 6e-9 in exact arithmetic, below 3e-7 in float32 over all float32).
P0, P1, P2, P3, P4 = (
    np.float32(c) for c in (0.99999997004, 0.13438215886, 0.0035641852926, 2.1773718409e-05, 1.5062453886e-08)
)
Q1, Q2, Q3, Q4 = (np.float32(c) for c in (0.46771536683, 0.026136127209, 0.00033992267518, 8.4539275472e-07))
EIGHT, ONE, HALF = np.float32(8.0), np.float32(1.0), np.float32(0.5)


@helper
def tanh(x):
    """tanh(x) within 3e-7, float32."""
    x = min(max(x, -EIGHT), EIGHT)
    u = x * x
    p = ((((P4 * u + P3) * u + P2) * u + P1) * u + P0) * x
    q = (((Q4 * u + Q3) * u + Q2) * u + Q1) * u + ONE
    return p / q


@helper
def sigmoid(x):
    """Logistic function within 2e-7, float32."""
    return HALF * tanh(HALF * x) + HALF


@helper
def gain(level_db):
    """Linear factor of a level in dB; float64 inside, for use where a knob moves."""
    return np.float32(10.0 ** (np.float64(level_db) * 0.05))
