"""Kernel of CabinetIR: a convolution played on a copy of the audio, then low and high cut, mix and level."""

import math

import numpy as np

from .kernel import TILE, Kernel, helper
from .nested import play_inner, wrap
from .program import Knob, Part

LOWEST_LOW_CUT_HZ, HIGHEST_LOW_CUT_HZ = 20.0, 1000.0
LOWEST_HIGH_CUT_HZ, HIGHEST_HIGH_CUT_HZ = 1000.0, 20000.0
FADED_IN = 0.05  # of the knob's way from its off end: from there on a cut is heard alone
DAMPING = math.sqrt(2.0)  # Butterworth
LOW_CUT, HIGH_CUT, MIX, LEVEL = range(4)  # knobs: the cuts as positions 0 to 1 on their log scales, the level as a factor
CUTS = 2
# memory: sample rate, the cuts' positions, what they give (FACTORS a cut), a row of TILE for each factor of each cut, and
# two floats of state for each cut and channel
RATE, POSITIONS, GIVEN = 0, 1, 3
FIRST, SECOND, THIRD, SHARE, FACTORS = range(5)
ROWS = GIVEN + CUTS * FACTORS
CHANNELS = ROWS + CUTS * FACTORS * TILE
PER_CHANNEL = 2 * CUTS


def cabinet_part(convolution: Part, knobs: tuple[Knob, ...], sample_rate: float, channels: int) -> Part:
    """Return the part that plays a convolution between the knobs low cut, high cut, mix and level."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[RATE] = sample_rate
    memory[POSITIONS : POSITIONS + CUTS] = np.nan
    own = Part(CABINET_IR, knobs, memory, np.zeros(channels * TILE, np.float32))
    return wrap(CABINET_IR, [convolution], own)


@helper
def _turn(memory, cut, position, cutoff_hz, opened):
    """Note a cut's factors: a Butterworth filter in trapezoidal form, and its share of the sound."""
    g, at = math.tan(math.pi * min(cutoff_hz, 0.49 * memory[RATE]) / memory[RATE]), GIVEN + FACTORS * cut
    first, share = 1.0 / (1.0 + g * (g + DAMPING)), min(1.0, opened / FADED_IN)
    memory[POSITIONS + cut] = position
    memory[at + FIRST], memory[at + SECOND], memory[at + THIRD] = first, g * first, g * g * first
    memory[at + SHARE] = share * share * (3.0 - 2.0 * share)


@helper
def _follow(memory, rows, i, low, high):
    """Fill column `i` of the factors' rows; equal knobs give equal factors, whatever came before."""
    if low != memory[POSITIONS + LOW_CUT]:
        cutoff = LOWEST_LOW_CUT_HZ * (HIGHEST_LOW_CUT_HZ / LOWEST_LOW_CUT_HZ) ** low
        _turn(memory, LOW_CUT, low, cutoff, low)
    if high != memory[POSITIONS + HIGH_CUT]:
        cutoff = LOWEST_HIGH_CUT_HZ * (HIGHEST_HIGH_CUT_HZ / LOWEST_HIGH_CUT_HZ) ** high
        _turn(memory, HIGH_CUT, high, cutoff, 1.0 - high)
    for k in range(CUTS * FACTORS):
        rows[k, i] = memory[GIVEN + k]


@helper
def _filtered(value, one, two, factors, i, high_pass):
    """Return (one sample through a cut, its state); where it is off, the sample itself, as if a filter had passed it."""
    share = factors[SHARE, i]
    if share <= 0.0:
        return value, 0.0, 0.0 if high_pass else value
    rest = value - two
    band = factors[FIRST, i] * one + factors[SECOND, i] * rest
    low = two + factors[SECOND, i] * one + factors[THIRD, i] * rest
    wanted = value - DAMPING * band - low if high_pass else low
    return value + share * (wanted - value), 2.0 * band - one, 2.0 * low - two


@helper
def _through_cuts(wet, frames, rows, memory, at):
    """Filter one channel's samples in place."""
    a, b, c, d = memory[at], memory[at + 1], memory[at + 2], memory[at + 3]
    for i in range(frames):
        value, a, b = _filtered(np.float64(wet[i]), a, b, rows[:FACTORS], i, True)
        value, c, d = _filtered(value, c, d, rows[FACTORS:], i, False)
        wet[i] = value
    memory[at], memory[at + 1], memory[at + 2], memory[at + 3] = a, b, c, d


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    channels, column = audio.shape[0], clock % TILE
    wet = state[: channels * TILE].reshape(channels, TILE)
    for channel in range(channels):
        for i in range(frames):
            wet[channel, i] = audio[channel, start + i]
    play_inner(0, wet, 0, frames, clock, knobs, memory, state, weights)
    rows, cuts = memory[ROWS:CHANNELS].reshape(CUTS * FACTORS, TILE), False
    for i in range(frames):
        cuts |= knobs[LOW_CUT, column + i] > 0.0 or knobs[HIGH_CUT, column + i] < 1.0
    if cuts:
        for i in range(frames):
            _follow(memory, rows, i, np.float64(knobs[LOW_CUT, column + i]), np.float64(knobs[HIGH_CUT, column + i]))
    for channel in range(channels):
        at = CHANNELS + PER_CHANNEL * channel
        if cuts:
            _through_cuts(wet[channel], frames, rows, memory, at)
        else:
            memory[at] = memory[at + 1] = memory[at + 2] = 0.0
            memory[at + 3] = wet[channel, frames - 1]
    for channel in range(channels):
        for i in range(frames):
            mix = knobs[MIX, column + i]
            both = (np.float32(1.0) - mix) * audio[channel, start + i] + mix * wet[channel, i]
            audio[channel, start + i] = both * knobs[LEVEL, column + i]


CABINET_IR = Kernel(_kernel)
