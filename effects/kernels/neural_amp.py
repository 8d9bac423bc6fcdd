"""Kernel of NeuralAmp: DC block, input gain, the net, DC block, output gain."""

import math

import numpy as np

from .dc_block import PER_CHANNEL, SETTLED_SECONDS, dc_block, dc_block_pole
from .kernel import TILE, Kernel, helper
from .nested import play_inner, wrap
from .program import Knob, Part

POLE, CHANNELS = 0, 1  # memory: the pole of the DC blocks, then two of them a channel


def neural_amp_part(net: Part, sample_rate: float, channels: int, gain_knob: Knob) -> Part:
    """Return the part that plays a net between its gains.

    Its knobs are the input gain as a factor, those of the net, and the output gain. The silence before a stream lets the
    DC blocks settle on what the net idles at.
    """
    memory = np.zeros(CHANNELS + 2 * PER_CHANNEL * channels)
    memory[POLE] = dc_block_pole(sample_rate)
    part = wrap(NEURAL_AMP, [net], Part(NEURAL_AMP, [gain_knob], memory))
    part.knobs = [*part.knobs, gain_knob]
    settled, once = math.ceil(SETTLED_SECONDS * sample_rate), max(net.prewarm_samples, TILE)
    part.prewarm_samples = -(-(net.prewarm_samples + settled) // once) * once
    return part


@helper
def _amplify(audio, start, frames, factors):
    """Multiply all channels, sample by sample."""
    for channel in range(audio.shape[0]):
        for i in range(frames):
            audio[channel, start + i] *= factors[i]


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column, pole, last = clock % TILE, memory[POLE], knobs.shape[0] - 1
    for channel in range(audio.shape[0]):
        dc_block(audio, channel, start, frames, memory, CHANNELS + 2 * PER_CHANNEL * channel, pole)
    _amplify(audio, start, frames, knobs[0, column:])
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    for channel in range(audio.shape[0]):
        dc_block(audio, channel, start, frames, memory, CHANNELS + (2 * channel + 1) * PER_CHANNEL, pole)
    _amplify(audio, start, frames, knobs[last, column:])


NEURAL_AMP = Kernel(_kernel)
