"""An impulse response brought to another rate: its frequency response kept, and what rings before it."""

import math
from fractions import Fraction

import numpy as np

LEAD_SECONDS = 0.01  # room for what rings before the first sample
LEAD_LOST, LONGEST_LEAD = 1e-8, 64  # of that: the energy that is cut off, and the most samples that are kept


def resampled(taps: np.ndarray, rate: float, wanted: float) -> tuple[np.ndarray, int]:
    """Return (taps (channels, samples) at another rate with what rings before them, how many samples ring before)."""
    import soxr

    ratio = Fraction(wanted / rate).limit_denominator(100_000)
    lead = -(-LEAD_SECONDS * rate // ratio.denominator) * ratio.denominator  # whole samples at both rates
    padded = np.pad(taps, ((0, 0), (int(lead), int(lead))))
    played = soxr.resample(padded.T, rate, wanted, quality="VHQ").T * (rate / wanted)
    length, before = math.ceil(taps.shape[1] * wanted / rate) + LONGEST_LEAD, int(lead * ratio)
    return played[:, : before + length], before


def without_lead(taps: np.ndarray, before: int) -> np.ndarray:
    """Return the taps from sample `before` on, or a little earlier where too much rings before it."""
    lost = np.cumsum((taps**2).sum(axis=0))
    quiet = int(np.searchsorted(lost, LEAD_LOST * lost[-1]))
    return taps[:, min(before, max(quiet, before - LONGEST_LEAD)) :]
