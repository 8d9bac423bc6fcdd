"""What an effect does to a tone: its harmonics, its aliasing under a sweep, its level after a burst."""

from collections.abc import Callable

import numpy as np

from ...models.decibels import factor

Play = Callable[[np.ndarray], np.ndarray]

TONE_HZ, HARMONICS, WINDOW_SECONDS, SETTLE_SECONDS = 220.0, 5, 0.1, 0.3
LEVELS_DBFS = tuple(np.arange(-60.0, 1.0, 3.0))
SWEEP_SECONDS, SWEEP_DBFS = 3.0, -6.0
BURST_HZ, QUIET_DBFS, LOUD_DBFS, FRAME_SECONDS = 1000.0, -36.0, -6.0, 0.004
BURST_START, BURST_SECONDS = 0.1, 0.15


def decibels(values: np.ndarray | float, least: float = 1e-7) -> np.ndarray:
    """Return levels in dB of amplitudes, those below `least` raised to it."""
    return 20 * np.log10(np.maximum(values, least))


def static_curve(sine: np.ndarray, out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what one period of a sine, in and out, says of the curve without memory.

    The output is turned back by the phase of its fundamental, less than a quarter of a period either way so that a
    polarity stays; then its way up and its way down are averaged.

    Args:
        sine, out: one period from phase 0 on, the first sample again at the end (`tones.transfer_curve`).
    """
    phases, rising = np.linspace(0, 1, len(sine)), np.linspace(-0.25, 0.25, len(sine))
    fundamental = np.vdot(np.exp(2j * np.pi * phases[:-1]), out[:-1])
    late = (-np.angle(fundamental * 1j) / (2 * np.pi) + 0.25) % 0.5 - 0.25
    branches = [np.interp(phase + late, phases, out, period=1) for phase in (rising, 0.5 - rising)]
    return np.abs(sine).max() * np.sin(2 * np.pi * rising), np.mean(branches, axis=0)


def harmonic_levels(play: Play, sample_rate: float, level_dbfs: float, settle_seconds: float = SETTLE_SECONDS) -> np.ndarray:
    """Return the levels in dBFS of the fundamental and its harmonics up to the fifth, of a 220 Hz sine that has settled.

    The window holds whole periods, so that no harmonic leaks into another.
    """
    window = round(WINDOW_SECONDS * sample_rate)
    cycles = round(TONE_HZ * WINDOW_SECONDS)
    times = np.arange(window + round(settle_seconds * sample_rate))
    tone = factor(level_dbfs) * np.sin(2 * np.pi * cycles / window * times)
    spectrum = np.abs(np.fft.rfft(play(tone.astype(np.float32))[-window:].astype(np.float64))) * 2 / window
    return decibels(spectrum[cycles * np.arange(1, HARMONICS + 1)])


def swept(play: Play, sample_rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (seconds, Hz, dB below the loudest) of a sine sweep played, 20 Hz to 20 kHz on a log scale, at -6 dBFS.

    What rises with the sweep is harmonics; what falls while the sweep rises is aliasing.
    """
    from scipy.signal import ShortTimeFFT, chirp
    from scipy.signal.windows import tukey

    top = min(20_000.0, 0.45 * sample_rate)
    times = np.arange(round(SWEEP_SECONDS * sample_rate)) / sample_rate
    tone = factor(SWEEP_DBFS) * chirp(times, 20.0, SWEEP_SECONDS, top, "logarithmic", phi=-90) * tukey(len(times), 0.01)
    size = round(0.02 * sample_rate)
    spectra = ShortTimeFFT(np.kaiser(size, 14.0), size // 4, sample_rate, mfft=2 * size, scale_to="magnitude")
    level = np.abs(spectra.stft(play(tone.astype(np.float32)).astype(np.float64)))
    return spectra.t(len(tone)), spectra.f, decibels(level / max(float(level.max()), 1e-9))


def burst(play: Play, sample_rate: float, seconds: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return seconds, and the levels in dBFS going in and coming out, of a quiet 1 kHz tone with a loud burst in it."""
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    loud = (times >= BURST_START) & (times < BURST_START + BURST_SECONDS)
    level = np.where(loud, factor(LOUD_DBFS), factor(QUIET_DBFS))
    tone = (level * np.sin(2 * np.pi * BURST_HZ * times)).astype(np.float32)
    frame = round(FRAME_SECONDS * sample_rate)
    count = len(tone) // frame

    def levels(audio: np.ndarray) -> np.ndarray:
        frames = audio[: count * frame].reshape(count, frame).astype(np.float64)
        return decibels(np.sqrt(2 * np.mean(frames**2, axis=1)))

    return (np.arange(count) + 0.5) * frame / sample_rate, levels(tone), levels(play(tone))
