"""What a call may say besides its audio: checked before anything plays."""

import math
from typing import Any

from ..models.errors import InvalidType, InvalidValue


def check_call(sample_rate: Any, buffer_size: Any) -> float:
    """Return the sample rate as a float; raise on what pedalboard would hang or go silent on."""
    if (
        sample_rate.__class__ in (int, float)
        and buffer_size.__class__ is int
        and 0 < sample_rate < math.inf
        and buffer_size >= 1
    ):
        return float(sample_rate)  # the usual call, without a detour
    if isinstance(sample_rate, bool) or not hasattr(sample_rate, "__float__"):
        raise InvalidType(f"sample_rate is a number in Hz, got {sample_rate!r}")
    rate = float(sample_rate)
    if not (math.isfinite(rate) and rate > 0):
        raise InvalidValue(f"sample_rate = {rate} must be finite and above 0 Hz")
    if isinstance(buffer_size, bool) or not hasattr(buffer_size, "__index__"):
        raise InvalidType(f"buffer_size is a whole number of samples, got {buffer_size!r}")
    if int(buffer_size) < 1:
        raise InvalidType(f"buffer_size = {buffer_size} must be at least 1 sample")
    return rate
