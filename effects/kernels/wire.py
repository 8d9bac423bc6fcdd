"""Kernel that leaves the audio as it is."""

from .kernel import Kernel


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    pass


WIRE = Kernel(_kernel)
