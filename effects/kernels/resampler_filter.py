"""The low-pass between two sample rates: one filter both ways, its total delay a whole number of host samples."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from .dot_product import padded

PASS_HZ, PASS_SHARE = 20000.0, 20000.0 / 44100.0  # what passes: up to 20 kHz, or this share of the lower rate
STOPBAND_DB = 100.0
LONGEST = 2**18  # taps of the filter at the common multiple of both rates


@dataclass(frozen=True, eq=False)
class RateChange:
    """A change from the host's rate to an inner one and back.

    Attributes:
        up, down: inner rate over host rate, in lowest terms.
        delay: samples of the host's rate for the way there and back: half of it each way.
        inward: (up, taps): for the inner sample k, phase k · down mod up, the factors of the host's samples up to
            floor(k · down / up), oldest first.
        outward: (down, taps): for the host's sample n, phase n · up mod down, those of the inner samples up to
            floor(n · up / down).
    """

    up: int
    down: int
    delay: int
    inward: np.ndarray
    outward: np.ndarray


def _ratio(host_rate: float, inner_rate: float) -> Fraction:
    ratio = Fraction(inner_rate).limit_denominator(10**6) / Fraction(host_rate).limit_denominator(10**6)
    if ratio.numerator * delay_of(host_rate, inner_rate) > LONGEST:
        raise InvalidValue(
            f"{host_rate:g} Hz and {inner_rate:g} Hz stand as {ratio.denominator} to {ratio.numerator}, too uneven to "
            f"resample while playing; use a usual rate such as 44100, 48000, 88200, 96000 or 192000 Hz"
        )
    return ratio


@cache
def delay_of(host_rate: float, inner_rate: float) -> int:
    """Return the samples of the host's rate that the way there and back takes; 0 between equal rates."""
    from scipy.signal import kaiserord

    if host_rate == inner_rate:
        return 0
    low = min(host_rate, inner_rate)
    width = low - 2 * min(PASS_HZ, PASS_SHARE * low)  # what folds over half the lower rate falls above what passes
    taps, _ = kaiserord(STOPBAND_DB, 2 * width / host_rate)
    return int(taps)


@cache
def rate_change(host_rate: float, inner_rate: float) -> RateChange:
    """Design the filters between two rates.

    A Kaiser-windowed sinc, -6 dB at half the lower rate; what passes (up to 20 kHz, or 0.4535 of the lower rate) is flat
    within 1e-4 dB, what folds back into it is 100 dB down.

    Raises:
        InvalidValue: the rates have no common multiple in reach; names both and what would do.

    Source of the maths: J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function", ISCAS
    1974; polyphase form: R. E. Crochiere and L. R. Rabiner, "Multirate Digital Signal Processing", 1983, chapter 2.
    """
    from scipy.signal import firwin, kaiser_beta

    ratio, delay = _ratio(host_rate, inner_rate), delay_of(host_rate, inner_rate)
    up, down = ratio.numerator, ratio.denominator
    window: Any = ("kaiser", kaiser_beta(STOPBAND_DB))
    taps: Any = firwin(up * delay + 1, min(host_rate, inner_rate), window=window, fs=2 * up * host_rate)
    return RateChange(up, down, delay, _phases(taps, up), _phases(taps, down))


def _phases(taps: np.ndarray, phases: int) -> np.ndarray:
    """Return every phase of the filter as a row, oldest sample first, at a gain of exactly 1."""
    length = padded(-(-taps.size // phases))
    full = np.zeros(length * phases)
    full[: taps.size] = taps
    rows = full.reshape(length, phases).T[:, ::-1]
    return (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
