"""What a kernel around a net needs for its mix: the dry sound, as late as the net is at another sample rate.

A row of state a channel: the last `latency` samples, then those of the call, oldest first.
"""

import numpy as np

from .kernel import TILE, helper


def dry_state(latency: int, channels: int) -> np.ndarray:
    """Return the state of a dry path of so many samples, as it stands after a reset."""
    return np.zeros(channels * (latency + TILE), np.float32)


@helper
def keep_dry(audio, start, frames, state, latency):
    """Take in columns `start … start + frames` of all rows, before the net changes them.

    Sample i of the call, `latency` later, is then `state[channel * (latency + TILE) + i]`.
    """
    width = latency + TILE
    for channel in range(audio.shape[0]):
        for i in range(frames):
            state[channel * width + latency + i] = audio[channel, start + i]


@helper
def forget_dry(channels, frames, state, latency):
    """Drop what the call has used."""
    width = latency + TILE
    for channel in range(channels):
        for i in range(latency):
            state[channel * width + i] = state[channel * width + frames + i]
