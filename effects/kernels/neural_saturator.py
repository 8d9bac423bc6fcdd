"""Kernel of NeuralSaturator: a net, mixed with the dry sound, and an output gain."""

import numpy as np

from .dry_path import dry_state, forget_dry, keep_dry
from .kernel import TILE, Kernel
from .nested import own_weights, play_inner, wrap
from .program import Knob, Part

OWN = own_weights(1)  # weights: the latency of the net


def neural_saturator_part(net: Part, latency: int, channels: int, knobs: list[Knob]) -> Part:
    """Return the part that plays a net which lags by `latency` samples: its knobs, then mix and output gain as a factor."""
    own = Part(NEURAL_SATURATOR, (), np.zeros(0), dry_state(latency, channels), np.array([latency], np.float32))
    part = wrap(NEURAL_SATURATOR, [net], own, [0])
    part.knobs = [*part.knobs, *knobs]
    return part


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    column, mix, output = clock % TILE, knobs.shape[0] - 2, knobs.shape[0] - 1
    latency = np.int64(weights[OWN])
    keep_dry(audio, start, frames, state, latency)
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    for channel in range(audio.shape[0]):
        first = channel * (latency + TILE)
        for i in range(frames):
            share = knobs[mix, column + i]
            mixed = (1.0 - share) * state[first + i] + share * audio[channel, start + i]
            audio[channel, start + i] = knobs[output, column + i] * mixed
    forget_dry(audio.shape[0], frames, state, latency)


NEURAL_SATURATOR = Kernel(_kernel)
