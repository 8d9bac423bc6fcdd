"""Kernel of NeuralCompressor: a net, its gain measured and linked between channels, make-up gain, and mix.

A black box says nothing of its gain, so the gain of a channel is what came out of the net over what went in: the root of
two mean squares, each smoothed by a one-pole of 10 ms.
"""

import math

import numpy as np

from .dry_path import dry_state, forget_dry, keep_dry
from .kernel import TILE, Kernel, helper
from .nested import own_weights, play_inner, wrap
from .program import Knob, Part
from .tables import one_pole_coefficient

SMOOTHING_MS = 10.0
COEFFICIENT, COUNT, CHANNELS = 0, 1, 2  # memory: of the one-poles, number of channels, then three mean squares for each:
BEFORE, AFTER, LINKED, PER_CHANNEL = range(4)  # into the net, out of it, and once the channels are linked
FLOOR = 1e-9  # of a mean square, -90 dBFS: silence is not turned down
OWN = own_weights(1)  # weights: the latency of the net


def neural_compressor_part(net: Part, latency: int, sample_rate: float, channels: int, knobs: list[Knob]) -> Part:
    """Return the part that plays a net which lags by `latency` samples.

    Its knobs are the net's, then make-up gain as a factor, mix, and stereo link.
    """
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[COUNT] = channels
    memory[COEFFICIENT] = one_pole_coefficient(SMOOTHING_MS, sample_rate)
    own = Part(NEURAL_COMPRESSOR, (), memory, dry_state(latency, channels), np.array([latency], np.float32))
    part = wrap(NEURAL_COMPRESSOR, [net], own, [0])
    part.knobs = [*part.knobs, *knobs]
    return part


def gain_reduction_db(memory: np.ndarray) -> np.ndarray:
    """Return how far each channel is turned down right now, in dB, from the part's memory."""
    channels = int(memory[COUNT])
    squares = memory[CHANNELS : CHANNELS + PER_CHANNEL * channels].reshape(channels, PER_CHANNEL) + FLOOR
    return np.maximum(10 * np.log10(squares[:, BEFORE] / squares[:, LINKED]), 0.0)


@helper
def _follow(memory, at, sample):
    """Move a mean square towards this sample's; return it."""
    memory[at] += memory[COEFFICIENT] * (float(sample) * float(sample) + 1e-30 - memory[at])  # never a denormal
    return memory[at] + FLOOR


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column, last, channels = clock % TILE, knobs.shape[0] - 1, audio.shape[0]
    latency = np.int64(weights[OWN])
    width = latency + TILE
    keep_dry(audio, start, frames, state, latency)
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    for i in range(frames):
        makeup, mix, link = knobs[last - 2, column + i], knobs[last - 1, column + i], knobs[last, column + i]
        least = math.inf
        for channel in range(channels):
            at = CHANNELS + PER_CHANNEL * channel
            before = _follow(memory, at + BEFORE, state[channel * width + i])
            least = min(least, _follow(memory, at + AFTER, audio[channel, start + i]) / before)
        for channel in range(channels):
            at, wet, dry = CHANNELS + PER_CHANNEL * channel, float(audio[channel, start + i]), state[channel * width + i]
            if channels > 1 and link > 0.0:
                own = (memory[at + AFTER] + FLOOR) / (memory[at + BEFORE] + FLOOR)
                if least < own:
                    wet *= (least / own) ** (0.5 * link)
            _follow(memory, at + LINKED, wet)
            audio[channel, start + i] = (1.0 - mix) * dry + mix * makeup * wet
    forget_dry(channels, frames, state, latency)


NEURAL_COMPRESSOR = Kernel(_kernel)
