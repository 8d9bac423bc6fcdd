"""Loudness as ITU-R BS.1770-4 measures it (pyloudnorm)."""

from typing import Any

import numpy as np

from . import check

BLOCK_SECONDS = 0.4


def loudness(signal: Any, sample_rate: float) -> float | None:
    """Return the integrated loudness in LUFS; None where there is none: under 0.4 s, or below the gate of -70 LUFS.

    Args:
        signal: shape (samples,).
        sample_rate: in Hz.

    Raises:
        InvalidType, InvalidValue: not one channel of finite real numbers, or the rate is not one.
    """
    import warnings

    import pyloudnorm

    y, rate = check.signal(signal, "signal"), check.rate(sample_rate)
    if y.size < BLOCK_SECONDS * rate or not y.any():
        return None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's "mean of empty slice" where every block is under the gate
        value = float(pyloudnorm.Meter(rate, block_size=BLOCK_SECONDS).integrated_loudness(y.astype(np.float64)))
    return value if np.isfinite(value) else None


def loudness_difference(target: Any, estimate: Any, sample_rate: float) -> float | None:
    """Return |L(estimate) - L(target)| in LU; None where one of them has no loudness. Raises as `esr`."""
    y, yh = check.pair(target, estimate)
    before, after = loudness(y, sample_rate), loudness(yh, sample_rate)
    return None if before is None or after is None else abs(after - before)
