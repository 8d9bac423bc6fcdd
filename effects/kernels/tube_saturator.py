"""Kernel of TubeSaturator: drive, bias, tanh, DC block, one-pole low-pass, mix, output gain."""

import math

import numpy as np

from .kernel import TILE, Kernel
from .maths import gain, tanh

KNOBS = ("drive_db", "bias", "tone_hz", "mix", "output_db")
DRIVE, BIAS, TONE, MIX, OUTPUT = range(5)
DC_BLOCK_HZ = 10.0
# memory: sample rate, DC-block pole, then the last knobs and the factors they gave, then 3 floats a channel
RATE, POLE, LAST, FACTORS, CHANNELS = 0, 1, 2, 7, 12
X1, Y1, LOW, PER_CHANNEL = range(4)


def initial_memory(sample_rate: float, channels: int) -> np.ndarray:
    """Return the memory after a reset."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[RATE] = sample_rate
    memory[POLE] = math.exp(-2.0 * math.pi * DC_BLOCK_HZ / sample_rate)
    memory[LAST:FACTORS] = np.nan
    return memory


def initial_state() -> np.ndarray:
    """Return the scratch: one row of TILE factors a knob, one of shaped samples."""
    return np.zeros((len(KNOBS) + 2) * TILE, np.float32)


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    rows = state.reshape(7, TILE)
    column = clock % TILE
    rate = memory[RATE]
    for i in range(frames):  # factors follow the smoothed knobs sample by sample; equal knobs give equal factors
        at = column + i
        for k in range(5):
            value = np.float64(knobs[k, at])
            if value != memory[LAST + k]:
                memory[LAST + k] = value
                if k in (BIAS, MIX):
                    memory[FACTORS + k] = value
                elif k == TONE:  # bilinear one-pole: g / (1 + g) with g = tan(pi f / rate), f kept below 0.49 rate
                    g = math.tan(math.pi * min(value, 0.49 * rate) / rate)
                    memory[FACTORS + k] = g / (1.0 + g)
                else:
                    memory[FACTORS + k] = gain(value)
            rows[k, i] = memory[FACTORS + k]
        rows[5, i] = tanh(rows[BIAS, i])
    pole = memory[POLE]
    for channel in range(audio.shape[0]):
        for i in range(frames):
            rows[6, i] = tanh(audio[channel, start + i] * rows[DRIVE, i] + rows[BIAS, i]) - rows[5, i]
        at = CHANNELS + PER_CHANNEL * channel
        x1, y1, low = memory[at + X1], memory[at + Y1], memory[at + LOW]
        for i in range(frames):
            shaped = np.float64(rows[6, i])
            y1 = shaped - x1 + pole * y1
            x1 = shaped
            step = (y1 - low) * rows[TONE, i]  # trapezoidal integrator: stays exact while the cutoff moves
            filtered = low + step
            low = filtered + step
            dry = np.float64(audio[channel, start + i])
            audio[channel, start + i] = (dry + rows[MIX, i] * (filtered - dry)) * rows[OUTPUT, i]
        memory[at + X1], memory[at + Y1], memory[at + LOW] = x1, y1, low


TUBE_SATURATOR = Kernel(_kernel)
