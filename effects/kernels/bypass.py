"""A knob that takes a part out of the signal without a click; the part plays on, so that it comes back as it was."""

import numpy as np

from .kernel import TILE, Kernel
from .nested import play_inner, wrap
from .program import Knob, Part


def with_bypass(part: Part, knob: Knob, channels: int) -> Part:
    """Return `part` behind a knob of its own, first of all: at 0 it is heard, at 1 its input passes as it is.

    The part must not have latency.
    """
    return wrap(BYPASS, [part], Part(BYPASS, [knob], state=np.zeros(channels * TILE, np.float32)))


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    dry = state[: audio.shape[0] * TILE].reshape(audio.shape[0], TILE)
    for channel in range(audio.shape[0]):
        for i in range(frames):
            dry[channel, i] = audio[channel, start + i]
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    for channel in range(audio.shape[0]):
        for i in range(frames):
            amount = knobs[0, clock % TILE + i]
            if amount >= np.float32(1.0):
                audio[channel, start + i] = dry[channel, i]
            elif amount > np.float32(0.0):
                audio[channel, start + i] += amount * (dry[channel, i] - audio[channel, start + i])


BYPASS = Kernel(_kernel)
