"""The multi-resolution STFT distance (Yamamoto et al. 2020), with the resolutions and terms of auraloss."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import check

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # FFT size, hop, window length
_FLOOR = 1e-8
_FRAMES_AT_ONCE = 1024


def mr_stft(target: Any, estimate: Any) -> float:
    """Return the mean over three resolutions of spectral convergence plus log-magnitude distance.

    For each resolution, with magnitudes Y and X of target and estimate, floored at 1e-4:
    ||Y - X|| / ||Y|| + mean |ln Y - ln X|. Hann windows, frames centred, the ends mirrored.
    0 is equal; 0.3 is a faint difference in timbre; the log term makes quiet passages count as much as loud ones.
    Equals auraloss.freq.MultiResolutionSTFTLoss() at its defaults.

    Args:
        target: shape (samples,), more than 1024 samples.
        estimate: same shape.

    Raises:
        InvalidType, InvalidValue: as `esr`, or the signals are too short.
    """
    return mr_stft_many(target, [estimate])[0]


def mr_stft_many(target: Any, estimates: Sequence[Any]) -> list[float]:
    """Return `mr_stft` of each estimate; the target is transformed once, which saves up to half the time."""
    pairs = [check.pair(target, estimate) for estimate in estimates]
    shortest = max(size for size, _, _ in RESOLUTIONS) // 2 + 1
    y = check.signal(target, "target").astype(np.float32)
    if y.size < shortest:
        raise InvalidValue(f"the spectral distance needs {shortest} samples or more, got {y.size}")
    signals = [y, *(estimate.astype(np.float32) for _, estimate in pairs)]
    return [float(np.mean(row)) for row in zip(*(_distances(signals, *r) for r in RESOLUTIONS), strict=True)]


def _distances(signals: list[np.ndarray], size: int, hop: int, window_length: int) -> list[float]:
    """Return one resolution's distance of signals[1:] to signals[0], in blocks of frames to bound the memory."""
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window_length) / window_length)).astype(np.float32)
    inset = (size - window_length) // 2  # a centred window is zero outside; a magnitude does not see the shift
    padded = [np.pad(s, size // 2, mode="reflect")[inset:] for s in signals]
    count = 1 + signals[0].size // hop
    squares = np.zeros(len(signals))
    logs = np.zeros(len(signals))
    for first in range(0, count, _FRAMES_AT_ONCE):
        last = min(first + _FRAMES_AT_ONCE, count)
        powers = (_powers(p[first * hop :], last - first, hop, window, size) for p in padded)
        power = next(powers)
        magnitude, log = np.sqrt(power), np.log(power)
        squares[0] += np.sum(power, dtype=np.float64)
        for k, other in enumerate(powers, 1):
            squares[k] += np.sum(np.square(magnitude - np.sqrt(other)), dtype=np.float64)
            logs[k] += 0.5 * float(np.sum(np.abs(log - np.log(other)), dtype=np.float64))
    bins = count * (size // 2 + 1)
    return [float(np.sqrt(squares[k] / squares[0]) + logs[k] / bins) for k in range(1, len(signals))]


def _powers(signal: np.ndarray, frames: int, hop: int, window: np.ndarray, size: int) -> np.ndarray:
    from scipy.fft import rfft

    framed = np.lib.stride_tricks.sliding_window_view(signal, window.size)[: frames * hop : hop][:frames]
    spectrum = np.asarray(rfft(framed * window, size, axis=1))
    return np.maximum(np.real(spectrum) ** 2 + np.imag(spectrum) ** 2, np.float32(_FLOOR))
