"""Whole signals on their way: what arrives at a node of a plan once all that it hears has been played."""

from collections.abc import Iterable, Mapping

import numpy as np

from ...effects.player import Player
from .plan import Lead, routed


def arriving(leads: Iterable[Lead], heard: Mapping[str, np.ndarray], channels: int, sample_rate: float) -> np.ndarray:
    """Return the sum of what leads hand on, as a new float32 array (channels, samples).

    Args:
        leads: those that end at one input, in the order of their sum.
        heard: the nodes' signals (channels, samples), all of one length, latency taken out.
        channels: of the input.
        sample_rate: in Hz.
    """
    total = np.zeros((channels, samples_of(heard)), np.float32)
    for lead in leads:
        total += routed(_handed_on(lead, heard[lead.source], sample_rate), lead.pairs, channels)
    return total


def samples_of(heard: Mapping[str, np.ndarray]) -> int:
    """Return the length of the signals in samples; 0 where there are none."""
    return next((audio.shape[1] for audio in heard.values()), 0)


def later(audio: np.ndarray, samples: int) -> np.ndarray:
    """Return audio that starts with so much silence; longer by it."""
    return np.pad(audio, ((0, 0), (samples, 0)))


def _handed_on(lead: Lead, audio: np.ndarray, sample_rate: float) -> np.ndarray:
    if lead.gain:
        audio = Player([lead.gain]).play(audio.copy(), sample_rate, reset=True)
    return later(audio, lead.delay_samples)[:, : audio.shape[1]] if lead.delay_samples else audio
