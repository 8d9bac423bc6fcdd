"""The tone knob: a one-pole low-pass, trapezoidal, so that it stays exact while its cutoff moves.

Source of the maths: V. Zavalishin, "The Art of VA Filter Design", chapter 3.
"""

import math

import numpy as np

from .kernel import helper

TONE_OFF = 20000.0  # Hz; from here on there is no filter
KNOWN = 2  # doubles of memory that all channels share: the last cutoff (NaN after a reset), and the share it gave


@helper
def darken(tones, samples, rate, memory, known, low_at):
    """Filter `samples` in place; `tones` in Hz, one a sample. `known` and `low_at` are places in `memory`."""
    tone, share, low = np.float32(memory[known]), memory[known + 1], memory[low_at]
    for i in range(samples.size):
        if tones[i] != tone:
            tone = tones[i]
            g = math.tan(math.pi * min(np.float64(tone), 0.49 * rate) / rate)
            share = g / (1.0 + g)
        sample = np.float64(samples[i])
        if tone >= TONE_OFF:
            low = sample
        else:
            step = (sample - low) * share
            samples[i] = low + step
            low += 2.0 * step
    memory[known], memory[known + 1], memory[low_at] = tone, share, low
