"""Spectrum: how loud what was heard last is, band by band."""

from functools import lru_cache

import numpy as np

from ..core import desk as d
from ..core.levels import SCOPE_FRAMES
from ..engine import Engine

LOWEST_HZ, HIGHEST_HZ = 30.0, 18000.0
BANDS_AN_OCTAVE = 12
FRAMES = 8192
MARKS_HZ = ((100, "100"), (1000, "1k"), (10000, "10k"))


def last_heard(engine: Engine, frames: int) -> np.ndarray:
    """Return the last frames that went in and came out, float32 (frames, 2): means of the channels; SCOPE_FRAMES at most."""
    end = int(engine.desk[d.BLOCKS]) * engine.block
    return engine.scope[np.arange(end - frames, end) & (SCOPE_FRAMES - 1)]


def band_levels_db(heard: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the level of each band, dBFS: a sine at full scale is 0 in its band, to one and a half.

    Args:
        heard: float (samples, signals).
        sample_rate: in Hz.

    Returns:
        (bands, signals), bands even in pitch from LOWEST_HZ to HIGHEST_HZ, whatever the rate.
    """
    window, places, middles = _bands(len(heard), sample_rate)
    spectrum = np.abs(np.fft.rfft(np.nan_to_num(heard) * window[:, None], axis=0)) * (2 / window.sum())
    levels = [np.maximum.reduceat(column, places)[:-1] for column in spectrum.T]
    between = [np.interp(middles, np.arange(len(column)), column) for column in spectrum.T]  # bands narrower than a bin
    return 20 * np.log10(np.maximum(np.maximum(levels, between).T, 1e-10))


def share_of(hz: float) -> float:
    """Return where a frequency lies between the lowest and the highest, 0 to 1."""
    return float(np.log(hz / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ))


@lru_cache(maxsize=4)
def _bands(count: int, sample_rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (window, first bin of each band and of what lies above them, each band's middle in bins)."""
    bands = round(BANDS_AN_OCTAVE * np.log2(HIGHEST_HZ / LOWEST_HZ))
    edges = np.minimum(np.geomspace(LOWEST_HZ, HIGHEST_HZ, bands + 1) * count / sample_rate, count // 2)
    return np.hanning(count), np.ceil(edges).astype(int), np.sqrt(edges[:-1] * edges[1:])
