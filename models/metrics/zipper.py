"""Zipper noise: what steps of a moving knob add above 5 kHz."""

from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import check

ABOVE_HZ = 5000.0
STILL_SECONDS = 0.05  # that long after a move a knob's smoothing has settled
_ORDER = 8
_LEAST_SECONDS = 0.02  # of ramps: under a period of what is measured, a ratio says nothing
_FLOOR_DB = -160.0


def ramps(numbers: Any) -> np.ndarray:
    """Return where knobs travel, bool (samples,): a jump by itself, which clicks in any effect, is no ramp.

    Args:
        numbers: where each knob stands, shape (knobs, samples) or (samples,).
    """
    moved = np.diff(np.atleast_2d(numbers), axis=1) != 0
    alone = np.pad(moved, ((0, 0), (1, 1)))
    travels = moved & (alone[:, :-2] | alone[:, 2:])
    return np.pad(travels.any(axis=0), (1, 0))


def still(numbers: Any, sample_rate: float) -> np.ndarray:
    """Return where no knob has moved for 50 ms, bool (samples,); `numbers` as in `ramps`."""
    moved = np.pad((np.diff(np.atleast_2d(numbers), axis=1) != 0).any(axis=0), (1, 0))
    at = np.arange(moved.size)
    last = np.maximum.accumulate(np.where(moved, at, -moved.size))
    return at - last > STILL_SECONDS * check.rate(sample_rate)


def high_share_db(signal: Any, sample_rate: float, where: Any) -> float | None:
    """Return how much of a signal's energy lies above 5 kHz in the samples chosen, in dB (0: all of it; -160 at least).

    Args:
        signal: shape (samples,).
        sample_rate: in Hz.
        where: bool (samples,), see `ramps` and `still`.

    Returns:
        None where there is nothing to say: less than 20 ms chosen, silence there, or a rate under 12.5 kHz.

    Raises:
        InvalidType, InvalidValue: not one channel of finite samples, or `where` of another length.
    """
    from scipy.signal import butter, sosfiltfilt

    y, rate = check.signal(signal, "signal").astype(np.float64), check.rate(sample_rate)
    chosen = np.asarray(where, bool)
    if chosen.shape != y.shape:
        raise InvalidValue(f"where has shape {chosen.shape}, the signal {y.shape}")
    if chosen.sum() < _LEAST_SECONDS * rate or rate < 2.5 * ABOVE_HZ:
        return None
    whole = float(np.sum(y[chosen] ** 2))
    if whole / chosen.sum() < 1e-12:
        return None
    high = sosfiltfilt(butter(_ORDER, ABOVE_HZ, "highpass", fs=rate, output="sos"), y)
    return float(max(10 * np.log10(max(float(np.sum(high[chosen] ** 2)) / whole, 1e-30)), _FLOOR_DB))
