"""Kernel of Gain: its knob is the linear factor."""

from .kernel import TILE, Kernel


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column = clock % TILE
    for channel in range(audio.shape[0]):
        for i in range(frames):
            audio[channel, start + i] *= knobs[0, column + i]


GAIN = Kernel(_kernel)
