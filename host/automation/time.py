"""Time: from seconds and beats to the samples of a stream."""

from dataclasses import dataclass, field

import numpy as np

from ...models.errors import InvalidValue
from .tempo import Tempo

UNITS = ("seconds", "beats", "samples")
LAST_SAMPLE = float(1 << 53)


@dataclass(frozen=True)
class Time:
    """How a stream counts.

    Attributes:
        sample_rate: in Hz.
        tempo: where its beats fall.
    """

    sample_rate: float
    tempo: Tempo = field(default_factory=Tempo)

    def samples_of(self, moments: np.ndarray, unit: str) -> np.ndarray:
        """Return the nearest samples, int64, of moments in `unit` (one of UNITS), float64, in any shape."""
        seconds = self.tempo.seconds(moments) if unit == "beats" else moments
        samples = seconds if unit == "samples" else seconds * self.sample_rate
        return np.minimum(np.rint(samples), LAST_SAMPLE).astype(np.int64)

    def beats_of(self, samples: np.ndarray) -> np.ndarray:
        """Return the beats, float64, on which samples fall."""
        return self.tempo.beats(samples / self.sample_rate)


def checked_unit(unit: str) -> str:
    """Return the unit. Raises InvalidValue where it is not one of UNITS."""
    if unit not in UNITS:
        raise InvalidValue(f"unit = {unit!r} is not one of {', '.join(UNITS)}")
    return unit
