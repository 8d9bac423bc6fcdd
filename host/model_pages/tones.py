"""What a model does to sines: its transfer curve, and the level and gain of the fundamental over frequency."""

from collections.abc import Callable

import numpy as np

from ...models.decibels import factor

SLOW_HZ = 50.0
LEVELS_DBFS = (-24.0, -12.0, 0.0)
QUIET_DBFS, LOUD_DBFS = -50.0, -6.0
TONES = 61
SETTLE_SECONDS, WINDOW_SECONDS = 0.1, 0.1

Play = Callable[[np.ndarray], np.ndarray]


def transfer_curve(
    play: Play, sample_rate: float, level_dbfs: float, hz: float = SLOW_HZ, settle_seconds: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Return one period of a slow sine, in and out, once it has settled.

    A loop instead of a line is memory: filters and delays beside the curve.
    """
    period = round(sample_rate / hz)
    times = np.arange(period * round(settle_seconds * hz + 2))
    sine = (factor(level_dbfs) * np.sin(2 * np.pi * times / period)).astype(np.float32)
    out = play(sine)
    last = slice(len(sine) - period - 1, len(sine))
    return sine[last], out[last]


def fundamental_gains(
    play: Play, sample_rate: float, level_dbfs: float, count: int = TONES, settle_seconds: float = SETTLE_SECONDS
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies in Hz and the gain of the fundamental in dB, sine after sine, 20 Hz to 20 kHz.

    Each tone settles before its fundamental is read off over whole periods.
    """
    top = min(20_000.0, 0.45 * sample_rate)
    settle, level = round(settle_seconds * sample_rate), factor(level_dbfs)
    tones, starts, found = [], [0], []
    for frequency in np.geomspace(20.0, top, count):
        window = round(np.ceil(WINDOW_SECONDS * frequency) / frequency * sample_rate)
        exact = round(frequency * window / sample_rate) * sample_rate / window  # whole periods in the window
        tones.append((exact, window))
        starts.append(starts[-1] + settle + window)
    stream = np.concatenate([level * np.sin(2 * np.pi * f / sample_rate * np.arange(settle + w)) for f, w in tones])
    out = play(stream.astype(np.float32)).astype(np.float64)
    for (frequency, window), start in zip(tones, starts, strict=False):
        turns = np.exp(-2j * np.pi * frequency / sample_rate * np.arange(window))
        found.append(2 * abs(np.vdot(turns.conj(), out[start + settle : start + settle + window])) / window / level)
    return np.array([f for f, _ in tones]), 20 * np.log10(np.maximum(found, 1e-7))
