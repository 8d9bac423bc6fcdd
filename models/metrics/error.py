"""Errors of the waveform: ESR, with and without pre-emphasis, over the whole and over segments; DC."""

from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import check

QUIET_DBFS = -60.0
PREEMPHASIS = 0.85
_EPSILON = 1e-8


def esr(target: Any, estimate: Any) -> float:
    """Return the error-to-signal ratio sum((y - yh)^2) / (sum(y^2) + 1e-8).

    0 is equal; silence, or a copy with any part of it missing altogether, scores 1 there; a flipped polarity 4.
    Summed over the whole signal, so loud passages weigh more (the definition of Wright et al. 2019).

    Args:
        target: what it should be, shape (samples,), any level.
        estimate: what it is, same shape.

    Raises:
        InvalidType, InvalidValue: not real numbers, not one channel, unequal lengths, or a sample that is not finite.

    Example:
        >>> round(esr([1.0, -1.0], [0.9, -0.9]), 6)
        0.01
    """
    y, yh = check.pair(target, estimate)
    return _ratio(y, yh)


def preemphasis(signal: Any) -> np.ndarray:
    """Return y[n] - 0.85 y[n-1], with silence before the first sample: a gentle high-pass, shape kept."""
    y = check.signal(signal, "signal")
    filtered = y.copy()
    filtered[1:] -= y.dtype.type(PREEMPHASIS) * y[:-1]
    return filtered


def preemphasised_esr(target: Any, estimate: Any) -> float:
    """Return the ESR of both signals after `preemphasis`, which lets errors of the treble count; raises as `esr`."""
    y, yh = check.pair(target, estimate)
    return _ratio(preemphasis(y), preemphasis(yh))


def dc_error(target: Any, estimate: Any) -> float:
    """Return mean(y - yh)^2 / mean(y^2) (Wright et al. 2019); raises as `esr`."""
    y, yh = check.pair(target, estimate)
    mean = float(np.mean(y - yh, dtype=np.float64))
    return mean * mean / (_energy(y) / y.size + _EPSILON)


def level_dbfs(signal: Any) -> float:
    """Return the RMS level in dB below full scale (a square wave of 1.0 is 0 dB), -inf for silence."""
    y = check.signal(signal, "signal")
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(_energy(y) / y.size))


def segment_esr(target: Any, estimate: Any, sample_rate: float, seconds: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the ESR of each segment, and which segments are quiet, both of shape (segments,).

    A mean over segments counts quiet and loud passages alike, where `esr` follows the loud ones. A segment is quiet
    where the target's RMS is below -60 dBFS: there the ratio says little, and it should not enter a mean.

    Args:
        target, estimate: as in `esr`.
        sample_rate: in Hz.
        seconds: length of a segment; a rest shorter than half of it joins the last one.

    Raises:
        InvalidType, InvalidValue: as `esr`; or `seconds` is not above 0.
    """
    y, yh = check.pair(target, estimate)
    if not 0 < seconds < float("inf"):
        raise InvalidValue(f"seconds = {seconds!r}: a segment needs a length above 0")
    length = max(1, round(seconds * check.rate(sample_rate)))
    count = max(1, int(y.size / length + 0.5))
    edges = [*range(0, count * length, length), y.size]
    spans = [slice(a, b) for a, b in pairwise(edges)]
    ratios = np.array([_ratio(y[s], yh[s]) for s in spans])
    quiet = np.array([level_dbfs(y[s]) < QUIET_DBFS for s in spans])
    return ratios, quiet


def _ratio(y: np.ndarray, yh: np.ndarray) -> float:
    return _energy(y - yh) / (_energy(y) + _EPSILON)


def _energy(y: np.ndarray) -> float:
    return float(np.sum(np.square(y, dtype=np.float64)))
