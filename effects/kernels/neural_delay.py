"""Kernel of NeuralDelay: a delay line whose feedback runs through other kernels, a low-pass, a DC block and a limiter."""

import math

import numpy as np

from .dc_block import PER_CHANNEL as DC_PER_CHANNEL
from .dc_block import dc_block, dc_block_pole
from .delay_line import FADED, NEWER, NEXT, NOW, OLDER, PER_DELAY, copy_whole, move, read
from .kernel import TILE, Kernel, helper
from .knobs import stands
from .maths import tanh
from .nested import play_inner
from .tone import KNOWN, darken

TIME, MODE, FEEDBACK, PING_PONG, TONE, RUNAWAY, MIX, OWN_KNOBS = range(8)
LONGEST_SECONDS = 2.0
SWITCH_SECONDS, LEVEL_SECONDS, DEBT_SECONDS, FORGOTTEN_SECONDS = 0.02, 0.05, 0.01, 0.3
KNEE, QUIET = np.float32(0.5), np.float32(1e-12)
MARGIN = np.float32(0.99)  # followers lag, and without it a loop could still gain a hair at each pass
ZERO, ONE, HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
# memory: fixed numbers, last knobs and what they gave, switches on their way, the delay and its way through a tile;
# then each channel's
RATE, POLE, LATENCY, SHORTEST, PARTS, LINE, WAIT, WRITTEN, LAST_TIME, TARGET, CROSSED, FREE, LAST_TONE = range(13)
DELAY = LAST_TONE + KNOWN
TILE_NOW, TILE_NEXT, TILE_FADED = (DELAY + PER_DELAY + k * TILE for k in range(3))
CHANNELS = DELAY + PER_DELAY + 3 * TILE
LOW, BEFORE, AFTER, ENTERED, LEFT, DEBT, FROM, TO, DC = range(9)
PER_CHANNEL = DC + DC_PER_CHANNEL
# rows of scratch: how far channels are crossed, how far the level is left alone, the level after the loop; then for each
# channel what leaves the line, what runs through the loop, its level before; then the lines
CROSSED_ROW, FREE_ROW, AFTER_ROW, WET = range(4)


def shortest_samples(latency: int) -> int:
    """Return the shortest delay around a loop that is `latency` samples late: a whole tile must have left the line."""
    return TILE + NEWER + latency


def line_samples(sample_rate: float, latency: int) -> int:
    """Return the length of a line, whole tiles."""
    longest = max(math.ceil(LONGEST_SECONDS * sample_rate), shortest_samples(latency))
    return -(-(longest + OLDER + TILE) // TILE) * TILE


def initial_memory(sample_rate: float, channels: int, parts: int, latency: int, silence_before: int) -> np.ndarray:
    """Return the memory as it stands before the silence that is played first, `silence_before` samples, whole tiles."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[RATE], memory[POLE], memory[WAIT] = sample_rate, dc_block_pole(sample_rate), silence_before
    memory[LATENCY], memory[SHORTEST], memory[PARTS] = latency, shortest_samples(latency), parts
    memory[LINE] = line_samples(sample_rate, latency)
    memory[LAST_TIME] = memory[LAST_TONE] = memory[CROSSED] = memory[FREE] = memory[DELAY + NOW] = np.nan
    for channel in range(channels):
        memory[CHANNELS + PER_CHANNEL * channel + FROM] = memory[CHANNELS + PER_CHANNEL * channel + TO] = 1.0
    return memory


def initial_state(sample_rate: float, channels: int, latency: int) -> np.ndarray:
    """Return scratch, empty lines, and rings of levels as late as the loop."""
    return np.zeros((WET + 3 * channels) * TILE + channels * (line_samples(sample_rate, latency) + latency), np.float32)


@helper
def _switch(values, memory, at, row):
    """Fill `row` with a switch that takes SWITCH_SECONDS from one side to the other."""
    if stands(values, memory[at]):
        for i in range(values.size):
            row[i] = values[i]
        return
    step = 1.0 / (SWITCH_SECONDS * memory[RATE])
    for i in range(values.size):
        wanted = np.float64(values[i])
        if memory[at] != memory[at]:
            memory[at] = wanted
        memory[at] += min(max(wanted - memory[at], -step), step)
        row[i] = memory[at]


@helper
def _times(times, modes, memory):
    """Note where the delay is at each sample; return whether it stays at one whole number of samples."""
    if stands(times, memory[LAST_TIME]) and memory[DELAY + NOW] == memory[TARGET] and memory[DELAY + FADED] == 0.0:
        return True
    for i in range(times.size):
        if times[i] != memory[LAST_TIME]:
            memory[LAST_TIME] = times[i]
            memory[TARGET] = max(np.rint(memory[LAST_TIME] * 1e-3 * memory[RATE]), memory[SHORTEST])
        if memory[DELAY + NOW] != memory[DELAY + NOW]:
            memory[DELAY + NOW] = memory[TARGET]
        move(memory, DELAY, memory[TARGET], modes[i] != 0, memory[RATE])
        memory[TILE_NOW + i], memory[TILE_NEXT + i] = memory[DELAY + NOW], memory[DELAY + NEXT]
        memory[TILE_FADED + i] = memory[DELAY + FADED]
    return False


@helper
def _tap(line, write, rests, earlier, memory, samples):
    """Fill `samples` with what leaves the line, `earlier` samples before its time."""
    if rests:
        copy_whole(line, write, np.int64(memory[DELAY + NOW]) - earlier, samples)
        return
    for i in range(samples.size):
        sample = read(line, write + i, memory[TILE_NOW + i] - earlier)
        faded = memory[TILE_FADED + i]
        if faded > 0.0:
            share = faded * faded * (3.0 - 2.0 * faded)
            sample += share * (read(line, write + i, memory[TILE_NEXT + i] - earlier) - sample)
        samples[i] = sample


@helper
def _follow(samples, levels, memory, at):
    """Fill `levels` with the mean square of the last LEVEL_SECONDS or so."""
    level, share = memory[at], 1.0 / max(LEVEL_SECONDS * memory[RATE], 1.0)
    for i in range(samples.size):
        sample = np.float64(samples[i])
        level += share * (sample * sample - level)
        levels[i] = level
    memory[at] = level


@helper
def _delayed(levels, ring, written):
    """Delay a row by the length of `ring`, so that it meets what a late loop makes of the same sound."""
    at = written % ring.size
    for i in range(levels.size):
        levels[i], ring[at] = ring[at], levels[i]
        at = at + 1 if at + 1 < ring.size else 0


@helper
def _count(samples, memory, at):
    """Add up the energy of `samples`."""
    total = memory[at]
    for i in range(samples.size):
        total += np.float64(samples[i]) * np.float64(samples[i])
    memory[at] = total


@helper
def _settle(memory, at):
    """At a tile's beginning: how far the loop has given out more than it got, and what it may give until the next.

    Levels that are followed alone would let a late loop gain a little at every onset, pass after pass.
    """
    allowed = DEBT_SECONDS * memory[RATE] * (memory[at + BEFORE] + QUIET)
    debt = memory[at + DEBT]
    if debt < 0.0:
        debt *= math.exp(-TILE / (FORGOTTEN_SECONDS * memory[RATE]))
    memory[at + DEBT] = min(debt + memory[at + LEFT] - memory[at + ENTERED], 20.0 * allowed)
    memory[at + ENTERED] = memory[at + LEFT] = 0.0
    memory[at + FROM], memory[at + TO] = memory[at + TO], 1.0 / (1.0 + max(memory[at + DEBT], 0.0) / allowed)


@helper
def _keep_level(samples, before, after, free, column, memory, at):
    """Bring what came out of the loop down to the level that went in, as far as it is not `free`."""
    old, step = np.float32(memory[at + FROM]), np.float32((memory[at + TO] - memory[at + FROM]) / TILE)
    for i in range(samples.size):
        kept = min(MARGIN * np.sqrt((before[i] + QUIET) / (after[i] + QUIET)), ONE) * (old + step * np.float32(column + i + 1))
        samples[i] *= kept + free[i] * (ONE - kept)


@helper
def _feed_back(samples, feedback):
    """Scale by `feedback`, and limit: unchanged up to KNEE, the rest bent towards 1."""
    for i in range(samples.size):
        fed = samples[i] * feedback[i]
        size = abs(fed)
        bent = KNEE + (ONE - KNEE) * tanh((size - KNEE) / (ONE - KNEE))
        samples[i] = fed if size <= KNEE else math.copysign(bent, fed)


@helper
def _enter(samples, fed, line):
    """Write the input and what is fed back into the line."""
    for i in range(samples.size):
        line[i] = samples[i] + fed[i]


@helper
def _enter_crossed(audio, start, crossed, loop, left, right):
    """The same for two channels: crossed, all input goes to the left line, and what is fed back changes sides."""
    for i in range(crossed.size):
        share, first, second = crossed[i], audio[0, start + i], audio[1, start + i]
        left[i] = first + share * HALF * (second - first) + loop[0, i] + share * (loop[1, i] - loop[0, i])
        right[i] = second - share * second + loop[1, i] + share * (loop[0, i] - loop[1, i])


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    channels, now = audio.shape[0], slice(clock % TILE, clock % TILE + frames)
    first, latency = (WET + 3 * channels) * TILE, np.int64(memory[LATENCY])
    size = np.int64(memory[LINE])
    rows = state[:first].reshape(WET + 3 * channels, TILE)
    lines = state[first : first + channels * size].reshape(channels, size)
    behind = first + channels * size
    rings = state[behind : behind + channels * latency].reshape(channels, latency)
    wet, loop, levels = rows[WET : WET + channels], rows[WET + channels : WET + 2 * channels], rows[WET + 2 * channels :]
    crossed, free, after = rows[CROSSED_ROW, :frames], rows[FREE_ROW, :frames], rows[AFTER_ROW, :frames]
    _switch(knobs[PING_PONG, now], memory, CROSSED, crossed)
    _switch(knobs[RUNAWAY, now], memory, FREE, free)
    rests = _times(knobs[TIME, now], knobs[MODE, now], memory)
    write = np.int64(memory[WRITTEN]) % size
    for channel in range(channels):
        at = CHANNELS + PER_CHANNEL * channel
        if clock % TILE == 0:
            _settle(memory, at)
        _tap(lines[channel], write, rests, 0, memory, wet[channel, :frames])
        if latency > 0:
            _tap(lines[channel], write, rests, latency, memory, loop[channel, :frames])
        else:
            for i in range(frames):
                loop[channel, i] = wet[channel, i]
        darken(knobs[TONE, now], loop[channel, :frames], memory[RATE], memory, LAST_TONE, at + LOW)
        _follow(loop[channel, :frames], levels[channel, :frames], memory, at + BEFORE)
        _count(loop[channel, :frames], memory, at + ENTERED)
        if latency > 0:
            _delayed(levels[channel, :frames], rings[channel], np.int64(memory[WRITTEN]))
    for part in range(np.int64(memory[PARTS])):
        play_inner(part, loop, 0, frames, clock, knobs, memory, state, weights)
    for channel in range(channels):
        at = CHANNELS + PER_CHANNEL * channel
        dc_block(loop, channel, 0, frames, memory, at + DC, memory[POLE])
        if memory[WAIT] > 0.0:  # a net on its way out of its zero state must not be heard again and again
            memory[at + DC + 1] = 0.0
            loop[channel, :frames] = ZERO
        _follow(loop[channel, :frames], after, memory, at + AFTER)
        _keep_level(loop[channel, :frames], levels[channel, :frames], after, free, clock % TILE, memory, at)
        _count(loop[channel, :frames], memory, at + LEFT)
        _feed_back(loop[channel, :frames], knobs[FEEDBACK, now])
    memory[WAIT] -= frames
    if channels == 2 and not stands(crossed, 0.0):
        _enter_crossed(audio, start, crossed, loop, lines[0, write : write + frames], lines[1, write : write + frames])
    else:
        for channel in range(channels):
            fed, line = loop[channel, :frames], lines[channel, write : write + frames]
            _enter(audio[channel, start : start + frames], fed, line)
    memory[WRITTEN] += frames
    mix = knobs[MIX, now]
    for channel in range(channels):
        samples, echoes = audio[channel, start : start + frames], wet[channel, :frames]
        for i in range(frames):
            samples[i] = samples[i] * (ONE - mix[i]) + echoes[i] * mix[i]


NEURAL_DELAY = Kernel(_kernel)
