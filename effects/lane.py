"""What a knob follows while audio plays."""

from typing import Protocol

import numpy as np


class Lane(Protocol):
    """The course of one knob over a stream: a pure function of the sample, so any split asks for the same numbers."""

    def numbers(self, start: int, samples: int, sample_rate: float) -> np.ndarray:
        """Return where the knob stands at samples `start` to `start + samples` of the stream.

        Args:
            start: first sample, counted from the stream's beginning; below 0 the knob stands as at its beginning.
            samples: how many.
            sample_rate: of the stream, in Hz.

        Returns:
            float64 (samples,), as `Parameter.to_number` counts: in the knob's unit, a choice by its index.
        """
        ...
