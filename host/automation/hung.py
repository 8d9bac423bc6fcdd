"""A lane as `Automated` hangs it: it notes what its knob is really given."""

import numpy as np

from ...effects.lane import Lane

HOLD_ERROR = 0.01


class HungLane:
    """A lane, how exactly it is to be followed by who can only hold a knob, and what the knob was given.

    Args:
        lane: what it says.
        hold_error: how far from it a knob may be held, as a share of its range.
        noted: how many samples from the stream's beginning on to note.
    """

    def __init__(self, lane: Lane, hold_error: float = HOLD_ERROR, noted: int = 0) -> None:
        self._lane, self.hold_error = lane, hold_error
        self._course = np.full(noted, np.nan)

    def numbers(self, start: int, samples: int, sample_rate: float) -> np.ndarray:
        """Return where the knob stands; see `effects.lane.Lane`."""
        found = self._lane.numbers(start, samples, sample_rate)
        self.take(start, found)
        return found

    def take(self, start: int, numbers: np.ndarray) -> None:
        """Note where the knob stood from a sample on; what is outside of what is noted is left out."""
        early, first = max(-start, 0), max(start, 0)
        kept = numbers[early : early + max(len(self._course) - first, 0)]
        self._course[first : first + len(kept)] = kept

    def course(self, sample_rate: float) -> np.ndarray:
        """Return where the knob stood, float64 (noted,), as `Parameter.to_number` counts; what nobody asked for as it would."""
        if np.isnan(self._course).any():
            return np.where(np.isnan(self._course), self._lane.numbers(0, len(self._course), sample_rate), self._course)
        return self._course


class HeardLane:
    """A lane of numbers known beforehand: those of one that listens, once it has heard all; held before and after."""

    def __init__(self, numbers: np.ndarray) -> None:
        self._numbers = numbers

    def numbers(self, start: int, samples: int, sample_rate: float) -> np.ndarray:
        """Return where the knob stands; see `effects.lane.Lane`."""
        return self._numbers[np.clip(np.arange(start, start + samples), 0, len(self._numbers) - 1)]


def hold_error_of(lane: Lane) -> float:
    """Return how far from a lane its knob may be held, as a share of the knob's range."""
    return lane.hold_error if isinstance(lane, HungLane) else HOLD_ERROR


def note(lane: Lane, start: int, numbers: np.ndarray) -> None:
    """Note what a knob is really given from a sample on, where that differs from what its lane says."""
    if isinstance(lane, HungLane):
        lane.take(start, numbers)
