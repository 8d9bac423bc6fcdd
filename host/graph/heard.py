"""Whole signals on their way through a plan."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from ...effects.player import Player
from .plan import Lead, routed


@dataclass
class Heard:
    """The signals of nodes that have been played, latency taken out.

    Attributes:
        sample_rate: in Hz.
        samples: length of every signal.
        signals: float32 (channels, samples) by node.
    """

    sample_rate: float
    samples: int
    signals: dict[str, np.ndarray]

    def arriving(self, leads: Iterable[Lead], channels: int) -> np.ndarray:
        """Return the sum of what leads hand on to one input, in their order, as a new float32 array (channels, samples)."""
        total = np.zeros((channels, self.samples), np.float32)
        for lead in leads:
            total += routed(self._handed_on(lead), lead.pairs, channels)
        return total

    def _handed_on(self, lead: Lead) -> np.ndarray:
        audio = self.signals[lead.source]
        if lead.gain:
            audio = Player([lead.gain]).play(audio.copy(), self.sample_rate, reset=True)
        return later(audio, lead.delay_samples)[:, : self.samples] if lead.delay_samples else audio

    def forget_all_but(self, names: Collection[str]) -> None:
        """Drop signals that nobody needs any more: a long one with many nodes fills the memory."""
        self.signals = {name: audio for name, audio in self.signals.items() if name in names}


def later(audio: np.ndarray, samples: int) -> np.ndarray:
    """Return audio that starts with so much silence; longer by it."""
    return np.pad(audio, ((0, 0), (samples, 0)))
