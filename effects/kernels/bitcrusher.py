"""Kernel of Bitcrusher: low-pass, sampling at a lower rate, dither, quantiser, hold, low-pass, mix."""

import math

import numpy as np

from .elliptic import PASS, PER_SECTION, SECTIONS, low_pass, warped
from .kernel import TILE, Kernel, helper
from .knobs import stands
from .noise import random_bits, rectangular, triangular

BITS, RATE, HOLD, QUANTISER, DITHER, MIX = range(6)
RATE_OFF = 48000.0  # a rate_hz from here on, or from the sample rate on, is off
ZERO, ONE, HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
EXACT = np.float32(2.0**23)  # from here on float32 holds only whole numbers: nothing to round
BLEND_SECONDS = 0.01  # of fading the filters in and out
PHASE_BITS = 48  # of a position between two samples taken; whole numbers add up without error for ever
GRAINS = 1 << PHASE_BITS
# memory: the sample rate, last knobs and what they gave, phase, how far the filters are faded in; then each channel's
HOST, LAST_BITS, SCALE, LAST_RATE, STEP, CUTOFF, NEED, PHASE, BLEND, CHANNELS = range(10)
HELD, BEFORE = 0, 1
AFTER = BEFORE + SECTIONS * PER_SECTION
PER_CHANNEL = AFTER + SECTIONS * PER_SECTION
# rows of scratch
WORK, SCALES, LEVELS, NOISE, TAKES, CUTOFFS, BLENDS, ROWS = range(8)


def initial_memory(sample_rate: float, channels: int) -> np.ndarray:
    """Return the memory after a reset: the first sample is taken at once."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[HOST], memory[PHASE] = sample_rate, GRAINS
    memory[LAST_BITS] = memory[LAST_RATE] = memory[BLEND] = np.nan
    return memory


def initial_state() -> np.ndarray:
    """Return the scratch."""
    return np.zeros(ROWS * TILE, np.float32)


@helper
def _depths(bits, memory, scales, levels):
    """Fill `scales` with levels per unit, 2 ** (bits - 1), and `levels` with the distance between two."""
    if stands(bits, memory[LAST_BITS]):
        scale, level = np.float32(memory[SCALE]), np.float32(1.0 / memory[SCALE])
        for i in range(bits.size):
            scales[i], levels[i] = scale, level
        return
    for i in range(bits.size):
        now = np.float64(bits[i])
        if now != memory[LAST_BITS]:
            whole = math.floor(now)
            memory[LAST_BITS], memory[SCALE] = now, math.ldexp(2.0 ** (now - whole), int(whole) - 1)
        scales[i], levels[i] = memory[SCALE], 1.0 / memory[SCALE]


@helper
def _follow_rate(rate, memory):
    """Keep what follows from the knob: phase a sample, warped cutoff, and how much the filters are needed (0 to 1)."""
    host = memory[HOST]
    share = 1.0 if rate >= RATE_OFF else min(rate / host, 1.0)
    memory[LAST_RATE], memory[STEP] = rate, np.rint(share * GRAINS)
    memory[CUTOFF], memory[NEED] = warped(PASS * rate, host), min(5.0 * (1.0 - share), 1.0)


@helper
def _blended(hold, memory):
    """Move the filters' share on by one sample; return whether they have anything to do."""
    wanted, most = hold * memory[NEED], 1.0 / (BLEND_SECONDS * memory[HOST])
    if memory[BLEND] != memory[BLEND]:  # after a reset they are there at once
        memory[BLEND] = wanted
    before = memory[BLEND]
    memory[BLEND] += min(max(wanted - before, -most), most)
    return before != 0.0 or memory[BLEND] != 0.0  # also at the sample where they come to rest


@helper
def _taken(phase, step):
    """Return whether a sample is taken, and the phase after it; both in grains."""
    if step == GRAINS:
        return True, GRAINS
    take = phase >> PHASE_BITS
    return take != 0, phase - (take << PHASE_BITS) + step


@helper
def _instants(rates, holds, memory, takes, cutoffs, blends):
    """Fill `takes` (1 where a sample is taken) and the filters' rows; return (whether all are taken, whether one plays)."""
    settled = memory[BLEND] == holds[0] * memory[NEED] and stands(rates, memory[LAST_RATE]) and stands(holds, holds[0])
    if settled and memory[STEP] == GRAINS:
        memory[PHASE] = GRAINS
        return True, False
    if settled:
        phase, step, cutoff, blend = np.int64(memory[PHASE]), np.int64(memory[STEP]), memory[CUTOFF], memory[BLEND]
        for i in range(rates.size):
            take, phase = _taken(phase, step)
            takes[i], cutoffs[i], blends[i] = take, cutoff, blend
        memory[PHASE] = phase
        return False, blend != 0.0
    every, filtered = True, False
    for i in range(rates.size):
        if rates[i] != memory[LAST_RATE]:
            _follow_rate(np.float64(rates[i]), memory)
        take, memory[PHASE] = _taken(np.int64(memory[PHASE]), np.int64(memory[STEP]))
        plays = _blended(holds[i], memory)
        every, filtered = every and take, filtered or plays
        takes[i], cutoffs[i], blends[i] = take, memory[CUTOFF], memory[BLEND]
    return every, filtered


@helper
def _dither(kinds, clock, channel, noise):
    """Fill `noise`, in steps of the quantiser."""
    for i in range(kinds.size):
        bits = random_bits(clock + i, channel)
        drawn = rectangular(bits) if kinds[i] == 1 else triangular(bits)
        noise[i] = drawn if kinds[i] != 0 else np.float32(0.0)


@helper
def _plain(knobs, column, frames, memory):
    """Return whether every sample is taken, without filters or dither, at one depth and with one quantiser."""
    if memory[STEP] != GRAINS or memory[BLEND] != 0.0:
        return False
    moves, rate, depth = np.int32(0), np.float32(memory[LAST_RATE]), np.float32(memory[LAST_BITS])
    rise = knobs[QUANTISER, np.uint64(column)]
    for i in range(frames):
        at = np.uint64(column + i)  # unsigned: numba need not look whether it counts from the end
        moves |= np.int32(knobs[RATE, at] != rate)
        moves |= np.int32(knobs[DITHER, at] != ZERO)
        moves |= np.int32(knobs[BITS, at] != depth)
        moves |= np.int32(knobs[QUANTISER, at] != rise)
    return moves == 0


@helper
def _crush(audio, channel, start, frames, scale, level, rises, work):
    """Fill `work` with a channel's samples, rounded to levels without dither."""
    if rises:
        for i in range(frames):
            x = audio[channel, np.uint64(start + i)]
            work[np.uint64(i)] = (np.floor(x * scale) + HALF) * level if abs(x * scale) < EXACT else x
    else:
        for i in range(frames):
            x = audio[channel, np.uint64(start + i)]
            work[np.uint64(i)] = np.rint(x * scale) * level if abs(x * scale) < EXACT else x


@helper
def _mix(audio, channel, start, frames, work, knobs, column):
    for i in range(frames):
        at, wet = np.uint64(start + i), knobs[MIX, np.uint64(column + i)]
        audio[channel, at] = work[np.uint64(i)] * wet + audio[channel, at] * (ONE - wet)


@helper
def _quantise(samples, scales, levels, noise, rises):
    """Round to the quantiser's levels in place."""
    for i in range(samples.size):
        x = samples[i]
        steps = x * scales[i] + noise[i]
        rounded = np.floor(steps) + HALF if rises[i] != 0 else np.rint(steps)
        samples[i] = rounded * levels[i] if abs(steps) < EXACT else x


@helper
def _hold(samples, takes, held):
    for i in range(samples.size):
        if takes[i] != 0:
            held = samples[i]
        samples[i] = held


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column = clock % TILE
    if _plain(knobs, column, frames, memory):
        memory[PHASE], scale, level = GRAINS, np.float32(memory[SCALE]), np.float32(1.0 / memory[SCALE])
        for channel in range(audio.shape[0]):
            _crush(audio, channel, start, frames, scale, level, knobs[QUANTISER, column] != 0, state)
            memory[CHANNELS + PER_CHANNEL * channel + HELD] = state[frames - 1]
            _mix(audio, channel, start, frames, state, knobs, column)
        return
    now = slice(column, column + frames)
    dithers, rises = knobs[DITHER, now], knobs[QUANTISER, now]
    rows = state.reshape(ROWS, TILE)
    scales, levels, noise, work = rows[SCALES, :frames], rows[LEVELS, :frames], rows[NOISE, :frames], rows[WORK, :frames]
    takes, cutoffs, blends = rows[TAKES, :frames], rows[CUTOFFS, :frames], rows[BLENDS, :frames]
    _depths(knobs[BITS, now], memory, scales, levels)
    every, filtered = _instants(knobs[RATE, now], knobs[HOLD, now], memory, takes, cutoffs, blends)
    dithered = not stands(dithers, 0.0)
    if not dithered:
        for i in range(frames):
            noise[i] = 0.0
    for channel in range(audio.shape[0]):
        at, samples = CHANNELS + PER_CHANNEL * channel, audio[channel, start : start + frames]
        for i in range(frames):
            work[i] = samples[i]
        if filtered:
            low_pass(work, cutoffs, blends, memory, at + BEFORE)
        if dithered:
            _dither(dithers, clock, channel, noise)
        _quantise(work, scales, levels, noise, rises)
        if not every:
            _hold(work, takes, np.float32(memory[at + HELD]))
        memory[at + HELD] = work[frames - 1]
        if filtered:
            low_pass(work, cutoffs, blends, memory, at + AFTER)
        _mix(audio, channel, start, frames, work, knobs, column)


BITCRUSHER = Kernel(_kernel)
