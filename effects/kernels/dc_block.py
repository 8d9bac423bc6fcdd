"""DC block: a one-pole high-pass at 10 Hz, y[n] = (1 + p) / 2 (x[n] - x[n - 1]) + p y[n - 1], in float64.

Source of the maths: J. O. Smith, "Introduction to Digital Filters with Audio Applications", DC blocker.
"""

import math

from .kernel import helper

DC_BLOCK_HZ = 10.0
PER_CHANNEL = 2  # doubles of memory: the sample before, as it came and as it left


def settling_seconds(cutoff_hz: float, fall_db: float = 90.0) -> float:
    """Return the seconds until what a step leaves behind a one-pole high-pass has fallen by `fall_db`."""
    return math.log(10 ** (fall_db / 20)) / (2 * math.pi * cutoff_hz)


SETTLED_SECONDS = settling_seconds(DC_BLOCK_HZ, 120.0)


def dc_block_pole(sample_rate: float) -> float:
    """Return the pole p = exp(-2 pi 10 / sample_rate)."""
    return math.exp(-2.0 * math.pi * DC_BLOCK_HZ / sample_rate)


@helper
def dc_block(audio, channel, start, frames, memory, at, pole):
    """Filter columns `start … start + frames` of a row in place; the channel's memory lies at `at`."""
    came, left, scale = memory[at], memory[at + 1], 0.5 + 0.5 * pole
    for i in range(start, start + frames):
        sample = float(audio[channel, i])
        left = scale * (sample - came) + pole * left
        came = sample
        audio[channel, i] = left
    memory[at], memory[at + 1] = came, left
