"""What every metric asks of its signals."""

from typing import Any

import numpy as np

from ..errors import InvalidType, InvalidValue


def signal(value: Any, name: str) -> np.ndarray:
    """Return `value` as a 1-D float array of finite samples, float32 kept, everything else as float64.

    Raises:
        InvalidType: not an array of real numbers.
        InvalidValue: not one-dimensional, no sample, or a sample that is not finite.
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise InvalidType(f"{name}: samples are real numbers, got dtype {array.dtype}")
    if array.ndim != 1 or not array.size:
        raise InvalidValue(f"{name}: one channel with at least one sample is needed, got shape {array.shape}")
    if array.dtype != np.float32:
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        at = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidValue(f"{name}: sample {at} is {array[at]}, every sample must be finite")
    return array


def pair(target: Any, estimate: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both signals checked and of the same length; raises as `signal`, and InvalidValue naming both lengths."""
    checked = signal(target, "target"), signal(estimate, "estimate")
    if checked[0].size != checked[1].size:
        raise InvalidValue(f"target has {checked[0].size} samples and estimate {checked[1].size}; cut both to the same span")
    return checked


def rate(sample_rate: Any) -> float:
    """Return a finite, positive sample rate in Hz as a float, or raise InvalidType or InvalidValue."""
    if isinstance(sample_rate, bool) or not isinstance(sample_rate, int | float | np.integer | np.floating):
        raise InvalidType(f"sample_rate is a number in Hz, got {sample_rate!r}")
    if not 1000 <= sample_rate <= 1e7:
        raise InvalidValue(f"sample_rate = {sample_rate!r} is outside 1000 to 10000000 Hz")
    return float(sample_rate)
