"""The low-pass between two sample rates: one filter both ways, its total delay a whole number of host samples."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from ...models.errors import InvalidValue
from .dot_product import padded

PASS_HZ, PASS_SHARE = 20000.0, 20000.0 / 44100.0  # what passes: up to 20 kHz, or this share of the lower rate
STOPBAND_DB = 75.0  # from half the lower rate on
LONGEST = 2**18  # taps of the filter at the common multiple of both rates


@dataclass(frozen=True, eq=False)
class RateChange:
    """A change from the host's rate to an inner one and back.

    Attributes:
        up, down: inner rate over host rate, in lowest terms.
        delay: samples of the host's rate for the way there and back.
        taps: the filter at `up` times the host's rate, at a gain of 1.
        inward: (up, taps): for the inner sample k, phase k · down mod up, the factors of the host's samples up to
            floor(k · down / up), oldest first.
        outward: (down, taps): for the host's sample n, phase n · up mod down, those of the inner samples up to
            floor(n · up / down).
    """

    up: int
    down: int
    delay: int
    taps: np.ndarray
    inward: np.ndarray
    outward: np.ndarray


@cache
def delay_of(host_rate: float, inner_rate: float) -> int:
    """Return the samples of the host's rate that the way there and back takes; 0 between equal rates.

    Raises:
        InvalidValue: the rates have no common multiple in reach; names both and what would do.
    """
    if host_rate == inner_rate:
        return 0
    up, _, half = _sizes(host_rate, inner_rate)
    return -(-(_delay_in(host_rate, inner_rate) + half) // up)


@cache
def rate_change(host_rate: float, inner_rate: float) -> RateChange:
    """Design the filters between two rates.

    Both ways a Kaiser-windowed sinc that passes up to 20 kHz (or 0.4535 of the lower rate) within 0.002 dB and stops, 75 dB
    down, from half the lower rate on. The way in takes a whole number of inner samples, so that the inner kernel hears
    what it would hear of the whole signal resampled: what it folds over does not change with where the samples fall.

    Raises InvalidValue as `delay_of`.

    Source of the maths: J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function", ISCAS
    1974; polyphase form: R. E. Crochiere and L. R. Rabiner, "Multirate Digital Signal Processing", 1983, chapter 2.
    """
    from scipy.signal import firwin, kaiser_beta

    up, down, half = _sizes(host_rate, inner_rate)
    delay, delay_in = delay_of(host_rate, inner_rate), _delay_in(host_rate, inner_rate)
    low, window = min(host_rate, inner_rate), ("kaiser", kaiser_beta(STOPBAND_DB))
    cutoff = 0.5 * (_pass_hz(low) + 0.5 * low)
    taps = np.asarray(firwin(2 * half + 1, cutoff, window=window, fs=up * host_rate))  # type: ignore[arg-type]
    late_in, late_out = delay_in - half, up * delay - delay_in - half
    inward, outward = _phases(np.pad(taps, (late_in, 0)), up), _phases(np.pad(taps, (late_out, 0)), down)
    return RateChange(up, down, delay, taps, inward, outward)


def _pass_hz(low: float) -> float:
    return min(PASS_HZ, PASS_SHARE * low)


@cache
def _sizes(host_rate: float, inner_rate: float) -> tuple[int, int, int]:
    """Return (up, down, half the filter's length at `up` times the host's rate)."""
    from scipy.signal import kaiserord

    ratio = Fraction(inner_rate).limit_denominator(10**6) / Fraction(host_rate).limit_denominator(10**6)
    up, down, low = ratio.numerator, ratio.denominator, min(host_rate, inner_rate)
    common = up * host_rate
    if common > LONGEST * low / 100:
        raise InvalidValue(
            f"{host_rate:g} Hz and {inner_rate:g} Hz stand as {down} to {up}, too uneven to resample while playing; use a "
            "usual rate such as 44100, 48000, 88200, 96000 or 192000 Hz"
        )
    taps, _ = kaiserord(STOPBAND_DB, 2 * (0.5 * low - _pass_hz(low)) / common)
    return up, down, -(-int(taps) // 2)


def _delay_in(host_rate: float, inner_rate: float) -> int:
    """Return how long the way in takes, at `up` times the host's rate: whole inner samples."""
    _, down, half = _sizes(host_rate, inner_rate)
    return -(-half // down) * down


def _phases(taps: np.ndarray, phases: int) -> np.ndarray:
    """Return every phase of the filter as a row, oldest sample first, at a gain of exactly 1."""
    length = padded(-(-taps.size // phases))
    full = np.zeros(length * phases)
    full[: taps.size] = taps
    rows = full.reshape(length, phases).T[:, ::-1]
    return (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
