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
# memory: sample rate, then for each cut the position it stands at and what that gives, then 4 floats a channel
RATE, CUTS, CHANNELS = 0, 1, 11
POSITION, FIRST, SECOND, THIRD, SHARE, PER_CUT = range(6)
PER_CHANNEL = 4


def cabinet_part(convolution: Part, knobs: tuple[Knob, ...], sample_rate: float, channels: int) -> Part:
    """Return the part that plays a convolution between the knobs low cut, high cut, mix and level."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[RATE] = sample_rate
    memory[[CUTS + POSITION, CUTS + PER_CUT + POSITION]] = np.nan
    own = Part(CABINET_IR, knobs, memory, np.zeros(channels * TILE, np.float32))
    return wrap(CABINET_IR, [convolution], own)


@helper
def _cut(memory, at, position, cutoff_hz, open_share):
    """Have `memory[at:]` hold a cut's factors: a Butterworth filter in trapezoidal form, and its share of the sound."""
    g = math.tan(math.pi * min(cutoff_hz, 0.49 * memory[RATE]) / memory[RATE])
    first = 1.0 / (1.0 + g * (g + DAMPING))
    memory[at + POSITION] = position
    memory[at + FIRST], memory[at + SECOND], memory[at + THIRD] = first, g * first, g * g * first
    share = min(1.0, open_share / FADED_IN)
    memory[at + SHARE] = share * share * (3.0 - 2.0 * share)


@helper
def _follow(memory, low, high):
    """Have the factors follow the knobs; equal knobs give equal factors, whatever came before."""
    if low != memory[CUTS + POSITION]:
        cutoff = LOWEST_LOW_CUT_HZ * (HIGHEST_LOW_CUT_HZ / LOWEST_LOW_CUT_HZ) ** low
        _cut(memory, CUTS, low, cutoff, low)
    if high != memory[CUTS + PER_CUT + POSITION]:
        cutoff = LOWEST_HIGH_CUT_HZ * (HIGHEST_HIGH_CUT_HZ / LOWEST_HIGH_CUT_HZ) ** high
        _cut(memory, CUTS + PER_CUT, high, cutoff, 1.0 - high)


@helper
def _filtered(memory, cut, state, value, high_pass):
    """Return one sample through a cut; where it is off, the sample itself, and the filter stands as if it passed it."""
    share = memory[cut + SHARE]
    if share <= 0.0:
        memory[state], memory[state + 1] = 0.0, 0.0 if high_pass else value
        return value
    one, two = memory[state], memory[state + 1]
    rest = value - two
    band = memory[cut + FIRST] * one + memory[cut + SECOND] * rest
    low = two + memory[cut + SECOND] * one + memory[cut + THIRD] * rest
    memory[state], memory[state + 1] = 2.0 * band - one, 2.0 * low - two
    wanted = value - DAMPING * band - low if high_pass else low
    return value + share * (wanted - value)


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    channels, column = audio.shape[0], clock % TILE
    wet = state[: channels * TILE].reshape(channels, TILE)
    for channel in range(channels):
        for i in range(frames):
            wet[channel, i] = audio[channel, start + i]
    play_inner(0, wet, 0, frames, clock, knobs, memory, state, weights)
    cuts = False
    for i in range(frames):
        cuts |= knobs[LOW_CUT, column + i] > 0.0 or knobs[HIGH_CUT, column + i] < 1.0
    if cuts:
        for i in range(frames):
            _follow(memory, np.float64(knobs[LOW_CUT, column + i]), np.float64(knobs[HIGH_CUT, column + i]))
            for channel in range(channels):
                at = CHANNELS + PER_CHANNEL * channel
                value = _filtered(memory, CUTS, at, np.float64(wet[channel, i]), True)
                wet[channel, i] = _filtered(memory, CUTS + PER_CUT, at + 2, value, False)
    else:
        for channel in range(channels):
            at = CHANNELS + PER_CHANNEL * channel
            memory[at] = memory[at + 1] = memory[at + 2] = 0.0
            memory[at + 3] = wet[channel, frames - 1]
    for channel in range(channels):
        for i in range(frames):
            mix = knobs[MIX, column + i]
            both = (np.float32(1.0) - mix) * audio[channel, start + i] + mix * wet[channel, i]
            audio[channel, start + i] = both * knobs[LEVEL, column + i]


CABINET_IR = Kernel(_kernel)
