"""A steep low-pass whose cutoff may move: an elliptic filter of sixth order as three state-variable sections."""

import math

import numpy as np

from .kernel import helper

PASS = 0.42  # edge of the pass band, of the rate that is to be kept clean; the stop band begins at 0.58 of it
SECTIONS, PER_SECTION = 3, 2  # a section keeps two integrators
# The analog prototype scipy.signal.ellip(6, 0.1, 50, 1, analog=True): 0.1 dB of ripple below 1 rad/s, 50 dB down from
# 1.383 rad/s on. A section is (s² / zero² + 1) / (s² / pole² + damping s / pole + 1).
POLE = (0.6324023667258681, 0.9083861058946063, 1.0434697918380085)
QUALITY = (0.6216304850788165, 1.7245112985322697, 7.391747865576553)
ZERO = (4.384752302083193, 1.7476770471229377, 1.3830491116211966)
POLE_0, POLE_1, POLE_2 = POLE
DAMPING_0, DAMPING_1, DAMPING_2 = (1.0 / q for q in QUALITY)
HIGH_0, HIGH_1, HIGH_2 = ((p / z) ** 2 for p, z in zip(POLE, ZERO, strict=True))


@helper
def warped(frequency_hz, sample_rate):
    """Return the cutoff as the sections take it, tan(pi f / rate); f is kept below 0.49 rate."""
    return math.tan(math.pi * min(frequency_hz, 0.49 * sample_rate) / sample_rate)


@helper
def _section(x, low, band, g, scale, damping, high_gain):
    """One sample through a trapezoidal state-variable section; return (out, low, band) with the integrators after it."""
    v0 = x - low
    v1 = scale * band + g * scale * v0
    v2 = (low + g * scale * band) + g * g * scale * v0
    high = x - damping * v1 - v2
    return v2 + high_gain * high, 2.0 * v2 - low, 2.0 * v1 - band


@helper
def low_pass(samples, cutoffs, blends, memory, at):
    """Filter `samples` in place.

    `cutoffs`: `warped` cutoff of each sample. `blends`: 0 (the input itself; the filter rests) to 1 (the filter).
    `memory[at:]` holds SECTIONS * PER_SECTION integrators.
    """
    l0, b0, l1, b1, l2, b2 = memory[at], memory[at + 1], memory[at + 2], memory[at + 3], memory[at + 4], memory[at + 5]
    last = g0 = g1 = g2 = s0 = s1 = s2 = 0.0
    for i in range(samples.size):
        x, blend, cutoff = np.float64(samples[i]), np.float64(blends[i]), np.float64(cutoffs[i])
        if blend == 0.0:
            l0 = b0 = l1 = b1 = l2 = b2 = 0.0
            continue
        if cutoff != last:
            last, g0, g1, g2 = cutoff, cutoff * POLE_0, cutoff * POLE_1, cutoff * POLE_2
            s0 = 1.0 / (1.0 + g0 * (g0 + DAMPING_0))
            s1 = 1.0 / (1.0 + g1 * (g1 + DAMPING_1))
            s2 = 1.0 / (1.0 + g2 * (g2 + DAMPING_2))
        y, l0, b0 = _section(x, l0, b0, g0, s0, DAMPING_0, HIGH_0)
        y, l1, b1 = _section(y, l1, b1, g1, s1, DAMPING_1, HIGH_1)
        y, l2, b2 = _section(y, l2, b2, g2, s2, DAMPING_2, HIGH_2)
        samples[i] = x + blend * (y - x)
    memory[at], memory[at + 1], memory[at + 2], memory[at + 3], memory[at + 4], memory[at + 5] = l0, b0, l1, b1, l2, b2
