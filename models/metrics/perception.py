"""A distance of timbre, and the listening score it predicts (Wright 2026: MFCC-L1 against a MUSHRA corpus of amps)."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..errors import InvalidValue
from . import check
from .error import QUIET_DBFS, level_dbfs
from .loudness import loudness

SAMPLE_RATE = 44100.0
PIECE_SECONDS = 3.0
REFERENCE_LUFS = -16.0
TRIM_DB = 40.0
COEFFICIENTS = 20
_SIZE, _HOP, _BANDS = 2048, 512, 128
_FLOOR, _RANGE_DB = 1e-10, 80.0


@dataclass(frozen=True)
class MfccDistance:
    """What `mfcc_distance` found: the mean over pieces, the score that predicts, and how many pieces were loud enough."""

    distance: float
    mushra: float
    pieces: int


def mfcc_distance(target: Any, estimate: Any, sample_rate: float) -> MfccDistance | None:
    """Return the mean absolute difference of 20 MFCC, and the MUSHRA score it predicts; None where all is quiet.

    Both signals are resampled to 44.1 kHz and cut into pieces of 3 s (a rest under 1.5 s joins none). In each, the
    ends more than 40 dB below the target's loudest moment are trimmed, the target is brought to -16 LUFS and the
    estimate moved by the same gain, so that a wrong level counts. The score is predicted for each piece, then
    averaged. Pieces whose target is below -60 dBFS are left out.

    Args:
        target, estimate: shape (samples,).
        sample_rate: in Hz.

    Raises:
        InvalidType, InvalidValue: as `esr`.
    """
    y, yh = check.pair(target, estimate)
    rate = check.rate(sample_rate)
    if rate != SAMPLE_RATE:
        import soxr

        y, yh = (soxr.resample(s.astype(np.float32), rate, SAMPLE_RATE) for s in (y, yh))
    length = int(PIECE_SECONDS * SAMPLE_RATE)
    starts = [s for s in range(0, y.size, length) if s == 0 or y.size - s >= length // 2]
    found = [_piece(y[s : s + length], yh[s : s + length]) for s in starts]
    distances = [d for d in found if d is not None]
    if not distances:
        return None
    mushra = float(np.mean([predicted_mushra(d) for d in distances]))
    return MfccDistance(float(np.mean(distances)), mushra, len(distances))


def predicted_mushra(distance: float) -> float:
    """Return the listening score, 0 to 100, that an MFCC-L1 distance predicts (100: taken for the target).

    100 where log10(d) <= 0.464, else 100 - 69.4 (log10(d) - 0.464), not below 0.
    """
    if not distance >= 0:
        raise InvalidValue(f"distance = {distance!r}: an MFCC distance is 0 or more")
    excess = np.log10(max(distance, 1e-12)) - 0.464
    return float(np.clip(100.0 - 69.4 * max(excess, 0.0), 0.0, 100.0))


def mfcc(signal: Any, sample_rate: float = SAMPLE_RATE) -> np.ndarray:
    """Return mel-frequency cepstral coefficients, shape (20, frames), with librosa's defaults.

    Hann frames of 2048 every 512, centred on zero-padded audio; 128 Slaney mel bands of power up to half the rate;
    decibels floored at 80 below the loudest; orthonormal DCT-II.

    Args:
        signal: shape (samples,).
        sample_rate: in Hz.

    Raises:
        InvalidType, InvalidValue: not one channel of finite real numbers, or the rate is not one.
    """
    from scipy.fft import dct, rfft

    y = np.pad(check.signal(signal, "signal"), _SIZE // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE)
    frames = np.lib.stride_tricks.sliding_window_view(y, _SIZE)[::_HOP] * window.astype(y.dtype)
    spectrum = np.asarray(rfft(frames, axis=1))
    bands = _mel_bands(check.rate(sample_rate)) @ (np.real(spectrum) ** 2 + np.imag(spectrum) ** 2).T
    decibels = 10 * np.log10(np.maximum(bands, _FLOOR))
    return np.asarray(dct(np.maximum(decibels, decibels.max() - _RANGE_DB), axis=0, norm="ortho"))[:COEFFICIENTS]


def _piece(y: np.ndarray, yh: np.ndarray) -> float | None:
    if level_dbfs(y) < QUIET_DBFS:
        return None
    kept = _loud_part(y)
    y, yh = y[kept], yh[kept]
    lufs = loudness(y, SAMPLE_RATE)
    if lufs is None:
        return None
    gain = 10 ** ((REFERENCE_LUFS - lufs) / 20)
    return float(np.mean(np.abs(mfcc(y * gain) - mfcc(yh * gain))))


def _loud_part(y: np.ndarray) -> slice:
    """Return from the first to the last frame within 40 dB of the loudest (RMS of 2048 samples every 512, centred)."""
    padded = np.pad(y.astype(np.float64), _SIZE // 2)
    total = np.concatenate(([0.0], np.cumsum(padded**2)))
    starts = np.arange(0, padded.size - _SIZE + 1, _HOP)
    power = np.maximum(total[starts + _SIZE] - total[starts], 0.0)
    loud = np.flatnonzero(power > power.max() * 10 ** (-TRIM_DB / 10))
    return slice(int(loud[0]) * _HOP, min(y.size, (int(loud[-1]) + 1) * _HOP))


@cache
def _mel_bands(sample_rate: float) -> np.ndarray:
    """Return triangles of equal area on Slaney's mel scale (linear to 1 kHz, then log), shape (bands, bins)."""
    step, knee = 200 / 3, 1000.0
    ratio = np.log(6.4) / 27
    top = sample_rate / 2
    highest = top / step if top < knee else knee / step + np.log(top / knee) / ratio
    mels = np.linspace(0, highest, _BANDS + 2)
    edges = np.where(mels < knee / step, mels * step, knee * np.exp(ratio * (mels - knee / step)))
    bins = np.linspace(0, top, _SIZE // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return triangles * (2 / (edges[2:] - edges[:-2]))[:, None]
