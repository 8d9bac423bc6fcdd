"""How much a dynamics processor turns its input up or down, moment by moment, and how far two of them differ in that."""

from typing import Any

import numpy as np

from . import check

WINDOW_SECONDS, HOP_SECONDS = 0.010, 0.001
SILENT_DBFS = -50.0  # dry moments below it say nothing
_FLOOR = 1e-12  # of a mean square


def gain_trace_db(dry: Any, wet: Any, sample_rate: float) -> np.ndarray:
    """Return the level of `wet` over that of `dry`, in dB, every 1 ms: negative where a compressor turns down.

    Levels are mean squares over 10 ms. Moments where dry is below -50 dBFS are NaN.

    Args:
        dry, wet: shape (samples,).
        sample_rate: in Hz.

    Returns:
        Shape (moments,); none for a signal shorter than 10 ms.

    Raises:
        InvalidType, InvalidValue: as `esr`.
    """
    before, after = check.pair(dry, wet)
    rate = check.rate(sample_rate)
    below, above = _power(before, rate), _power(after, rate)
    trace = 10 * np.log10((above + _FLOOR) / (below + _FLOOR))
    return np.where(below < 10 ** (SILENT_DBFS / 10), np.nan, trace)


def gain_error_db(dry: Any, target: Any, estimate: Any, sample_rate: float) -> float | None:
    """Return the mean absolute difference of two gain traces, in dB; None where dry is below -50 dBFS throughout.

    For a compressor this is the error of its gain reduction. Raises as `esr`.
    """
    difference = gain_trace_db(dry, target, sample_rate) - gain_trace_db(dry, estimate, sample_rate)
    heard = difference[np.isfinite(difference)]
    return float(np.mean(np.abs(heard))) if heard.size else None


def _power(signal: np.ndarray, rate: float) -> np.ndarray:
    """Return the mean square of every window."""
    window, hop = max(1, round(WINDOW_SECONDS * rate)), max(1, round(HOP_SECONDS * rate))
    total = np.concatenate(([0.0], np.cumsum(np.square(signal, dtype=np.float64))))
    starts = np.arange(0, signal.size - window + 1, hop)
    return np.maximum(total[starts + window] - total[starts], 0.0) / window
