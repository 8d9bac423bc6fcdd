"""Aliasing of a processor, measured as Sato and Smith do: sines on the bins of a DFT of prime length."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InvalidType, InvalidValue
from . import check

ALIASING_LENGTH = 48_017  # prime, so no folded harmonic lands on the bin of a true one
ALIASING_FREQUENCIES_HZ = (1249.0, 2489.0, 4186.0)
ALIASING_LEVELS_DBFS = (-20.0, -6.0, 0.0)
LEAD_OUT_SECONDS = 0.02  # the tone goes on after the measured stretch: a filter that looks ahead would hear its end
_LEAST_DB = -160.0


def aliasing_ratio_db(
    process: Callable[[np.ndarray], Any],
    sample_rate: float,
    frequency_hz: float,
    level_dbfs: float = 0.0,
    lead_in_seconds: float = 0.5,
) -> float:
    """Return the aliasing-to-signal ratio in dB: energy off the harmonics over energy on them.

    A sine, its frequency moved to the nearest bin of a 48,017-point DFT, goes through the processor; after a lead-in
    the steady state is transformed, while the tone goes on a little longer. Harmonics below half the rate are signal;
    everything else but DC is aliasing (or noise, or modulation). The processor's own output for silence is subtracted
    first, so hum does not count.
    Higher is worse; compare with the target's figure. -160 dB is the floor of the measure; 0 dB is as much as the tone.

    Args:
        process: float32 (samples,) → same length, starting from rest at each call.
        sample_rate: in Hz.
        frequency_hz: of the sine, above 0 and below half the rate.
        level_dbfs: its peak level.
        lead_in_seconds: time to settle before the measured stretch.

    Raises:
        InvalidType, InvalidValue: a value out of range, or `process` returns another length or a sample not finite.
    """
    rate = check.rate(sample_rate)
    if not 0 < frequency_hz < rate / 2:
        raise InvalidValue(f"frequency_hz = {frequency_hz!r} is not between 0 and half the sample rate, {rate / 2:g} Hz")
    if not -200 <= level_dbfs <= 60:
        raise InvalidValue(f"level_dbfs = {level_dbfs!r} is outside -200 to 60")
    bin_index = min(max(1, round(frequency_hz * ALIASING_LENGTH / rate)), ALIASING_LENGTH // 2)
    lead_in = round(lead_in_seconds * rate)
    lead_out = round(LEAD_OUT_SECONDS * rate)
    phase = (np.arange(-lead_in, ALIASING_LENGTH + lead_out) * bin_index) % ALIASING_LENGTH
    tone = (10 ** (level_dbfs / 20) * np.sin(2 * np.pi * phase / ALIASING_LENGTH)).astype(np.float32)
    steady = _run(process, tone) - _run(process, np.zeros_like(tone))
    return _ratio_db(steady[lead_in : lead_in + ALIASING_LENGTH], bin_index)


def aliasing_table(
    process: Callable[[np.ndarray], Any],
    sample_rate: float,
    frequencies_hz: Sequence[float] = ALIASING_FREQUENCIES_HZ,
    levels_dbfs: Sequence[float] = ALIASING_LEVELS_DBFS,
    lead_in_seconds: float = 0.5,
) -> np.ndarray:
    """Return `aliasing_ratio_db` for every frequency and level, shape (frequencies, levels); raises as it does."""
    silent: dict[int, np.ndarray] = {}

    def remembered(x: np.ndarray) -> Any:
        if x.any():
            return process(x)
        if x.size not in silent:
            silent[x.size] = _run(process, x)
        return silent[x.size]

    rows = [[aliasing_ratio_db(remembered, sample_rate, f, a, lead_in_seconds) for a in levels_dbfs] for f in frequencies_hz]
    return np.array(rows)


def _run(process: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    if not callable(process):
        raise InvalidType(f"process is a function from samples to samples, got {process!r}")
    y = check.signal(np.asarray(process(x.copy())).squeeze(), "what process returned")
    if y.size != x.size:
        raise InvalidValue(f"process returned {y.size} samples for {x.size}; it must keep the length")
    return y.astype(np.float64)


def _ratio_db(steady: np.ndarray, bin_index: int) -> float:
    from scipy.fft import rfft

    spectrum = np.asarray(rfft(steady))
    power = np.real(spectrum) ** 2 + np.imag(spectrum) ** 2
    power[0] = 0.0
    harmonics = float(np.sum(power[bin_index::bin_index]))
    if not harmonics:
        return _LEAST_DB if not power.any() else -_LEAST_DB
    others = float(np.sum(power)) - harmonics
    return max(_LEAST_DB, 10 * math.log10(max(others / harmonics, 1e-30)))
