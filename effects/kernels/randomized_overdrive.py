"""Kernel of RandomizedOverdrive: drive, a net, its level made good, DC block, low-pass, mix, output gain."""

import math

import numpy as np

from .kernel import TILE, Kernel, helper
from .knobs import stands
from .maths import gain
from .nested import own_weights, play_inner
from .tone import KNOWN, darken

DRIVE, TONE, MIX, OUTPUT = range(4)
ONE = np.float32(1.0)
DC_BLOCK_HZ = 7.0  # of each of two one-poles
DRIVE_STEP_DB, STEPS = 6.0, 8
DRIVES_DB = tuple(DRIVE_STEP_DB * i for i in range(STEPS + 1))  # where the level of a net is measured
LEVELS = own_weights(1)  # place of those levels in the weights, in dB
# memory: fixed numbers, samples until the net idles, last knobs and the factors they gave; then each channel's
RATE, POLE, WAIT, LAST_DRIVE, LAST_OUTPUT, INTO, LEVEL, OUT, LAST_TONE = range(9)
CHANNELS = LAST_TONE + KNOWN
X1, Y1, Z1, LOW, PER_CHANNEL = range(5)
# rows of scratch: gain into the net, its level, gain at the end, then each channel's dry samples
INTO_ROW, LEVEL_ROW, OUT_ROW, DRY_ROWS = range(4)


def initial_memory(sample_rate: float, channels: int, silence_before: int) -> np.ndarray:
    """Return the memory as it stands before the silence that is played first, `silence_before` samples, whole tiles."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[RATE], memory[WAIT] = sample_rate, silence_before
    memory[POLE] = math.exp(-2.0 * math.pi * DC_BLOCK_HZ / sample_rate)
    memory[LAST_DRIVE] = memory[LAST_OUTPUT] = memory[LAST_TONE] = np.nan
    return memory


def initial_state(channels: int) -> np.ndarray:
    """Return the scratch."""
    return np.zeros((DRY_ROWS + channels) * TILE, np.float32)


@helper
def _level_db(drive_db, weights):
    """Return the gain that brings the net's output to the level of its input, between the drives it was measured at."""
    place = np.float64(drive_db) / DRIVE_STEP_DB
    low = min(int(place), STEPS - 1)
    return weights[LEVELS + low] + (place - low) * (weights[LEVELS + low + 1] - weights[LEVELS + low])


@helper
def _factors(drives, outputs, memory, weights, into, level, out):
    """Fill the three rows of gains."""
    if not (stands(drives, memory[LAST_DRIVE]) and stands(outputs, memory[LAST_OUTPUT])):
        for i in range(drives.size):
            if drives[i] != memory[LAST_DRIVE] or outputs[i] != memory[LAST_OUTPUT]:
                memory[LAST_DRIVE], memory[LAST_OUTPUT] = drives[i], outputs[i]
                memory[INTO], memory[OUT] = gain(drives[i]), gain(outputs[i])
                memory[LEVEL] = gain(_level_db(drives[i], weights))
            into[i], level[i], out[i] = memory[INTO], memory[LEVEL], memory[OUT]
        return
    for i in range(drives.size):
        into[i], level[i], out[i] = memory[INTO], memory[LEVEL], memory[OUT]


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    now = slice(clock % TILE, clock % TILE + frames)
    count = DRY_ROWS + audio.shape[0]
    rows = state[: count * TILE].reshape(count, TILE)
    into, level, out = rows[INTO_ROW, :frames], rows[LEVEL_ROW, :frames], rows[OUT_ROW, :frames]
    _factors(knobs[DRIVE, now], knobs[OUTPUT, now], memory, weights, into, level, out)
    for channel in range(audio.shape[0]):
        dry, samples = rows[DRY_ROWS + channel, :frames], audio[channel, start : start + frames]
        for i in range(frames):
            dry[i] = samples[i]
            samples[i] *= into[i]
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    starts, pole, mix = memory[WAIT] > 0.0, memory[POLE], knobs[MIX, now]
    memory[WAIT] -= frames
    for channel in range(audio.shape[0]):
        dry, samples = rows[DRY_ROWS + channel, :frames], audio[channel, start : start + frames]
        at = CHANNELS + PER_CHANNEL * channel
        x1, y1, z1 = memory[at + X1], memory[at + Y1], memory[at + Z1]
        for i in range(frames):
            # the net's way out of its zero state is not for the DC block to remember
            shaped = 0.0 if starts else np.float64(samples[i] * level[i])
            once = shaped - x1 + pole * y1
            z1 = once - y1 + pole * z1
            x1, y1 = shaped, once
            samples[i] = z1
        memory[at + X1], memory[at + Y1], memory[at + Z1] = x1, y1, z1
        darken(knobs[TONE, now], samples, memory[RATE], memory, LAST_TONE, at + LOW)
        for i in range(frames):
            samples[i] = (dry[i] * (ONE - mix[i]) + samples[i] * mix[i]) * out[i]


RANDOMIZED_OVERDRIVE = Kernel(_kernel)
