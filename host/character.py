"""What kind of effect a black box is, as far as a net must know: how far back it hears, how it bends, whether it steps."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .measure import Render, noise

REST = 1e-3  # of a response's energy: what a net that hears no further would miss
QUIET, LOUD = 0.01, 0.7  # sine amplitudes, -43 and -6 dBFS rms
TONE_HZ, LOW_HZ = 1000.0, 110.0
BACK_DB = 0.5  # from its steady gain: near enough to be back
AUDIBLE_DB = -60.0
WINDOW_SECONDS = 0.005


@dataclass(frozen=True)
class Character:
    """What `models.net_choice` goes by.

    Attributes:
        response_seconds: in which all but a thousandth of the energy of its answer to a click has come.
        recovery_seconds: after a loud tone, until a quiet one is within 0.5 dB of its steady level again.
        gain_change_db: gain at -6 dBFS less that at -43 dBFS, of a steady 1 kHz tone: negative turns loud sounds down.
        highest_gain_db: the larger of the two.
        distortion_db: harmonics against the fundamental of a 110 Hz tone at -6 dBFS.
        order: the highest of these harmonics above -60 dB of the fundamental; 1 for an effect that bends nothing.
        steps: whether it holds samples or rounds them to few values, which no net learns.
    """

    response_seconds: float
    recovery_seconds: float
    gain_change_db: float
    highest_gain_db: float
    distortion_db: float
    order: int
    steps: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def measure_character(render: Render, sample_rate: float) -> Character:
    """Measure a render function (float32 mono in, as many samples out, from a reset state; latency taken out)."""
    quiet, loud = (_tone_gain_db(render, sample_rate, amplitude) for amplitude in (QUIET, LOUD))
    distortion_db, order = _harmonics(render, sample_rate)
    return Character(
        response_seconds=_response_seconds(render, sample_rate),
        recovery_seconds=_recovery_seconds(render, sample_rate),
        gain_change_db=round(loud - quiet, 2), highest_gain_db=round(max(loud, quiet), 2),
        distortion_db=distortion_db, order=order, steps=_steps(render, sample_rate),
    )  # fmt: skip


def worst(found: list[Character]) -> Character:
    """Return the most demanding value of each measure, over the knob settings it was taken at."""
    change = max((c.gain_change_db for c in found), key=abs)
    return Character(
        max(c.response_seconds for c in found), max(c.recovery_seconds for c in found), change,
        max(c.highest_gain_db for c in found), max(c.distortion_db for c in found), max(c.order for c in found),
        any(c.steps for c in found),
    )  # fmt: skip


def _sine(seconds: float, sample_rate: float, frequency: float, amplitude: float) -> np.ndarray:
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def _tone_gain_db(render: Render, sample_rate: float, amplitude: float) -> float:
    heard = render(_sine(1.0, sample_rate, TONE_HZ, amplitude)).astype(np.float64)
    return float(20 * np.log10(_level(heard, sample_rate)[-20:].mean() / amplitude + 1e-6))


def _level(audio: np.ndarray, sample_rate: float) -> np.ndarray:
    """Return the amplitude of the 1 kHz tone in each window of 5 ms, five periods long."""
    window = round(WINDOW_SECONDS * sample_rate)
    carrier = np.exp(-2j * np.pi * TONE_HZ / sample_rate * np.arange(window)) * np.hanning(window)
    frames = len(audio) // window
    return 2 * np.abs(audio[: frames * window].reshape(frames, window) @ carrier) / np.hanning(window).sum()


def _recovery_seconds(render: Render, sample_rate: float) -> float:
    burst, after = 0.5, 2.0
    audio = _sine(burst + after, sample_rate, TONE_HZ, QUIET)
    edge = round(burst * sample_rate)
    steady = _level(render(audio).astype(np.float64), sample_rate)
    audio[:edge] *= LOUD / QUIET
    found = _level(render(audio).astype(np.float64), sample_rate)
    first = round(burst / WINDOW_SECONDS)
    wanted = max(float(np.median(steady[-40:])), 1e-9)
    away = np.abs(20 * np.log10(found[first:] / wanted + 1e-9)) > BACK_DB
    last = int(np.flatnonzero(away)[-1]) + 1 if away.any() else 0
    return round(last * WINDOW_SECONDS, 4)


def _response_seconds(render: Render, sample_rate: float) -> float:
    silence = np.zeros(round(2.0 * sample_rate), np.float32)
    click = silence.copy()
    click[0] = 0.05
    energy = (render(click).astype(np.float64) - render(silence)) ** 2
    if not energy.sum() > 1e-14:
        return 0.0
    left = np.cumsum(energy[::-1])[::-1]
    return round(int(np.flatnonzero(left > REST * left[0])[-1]) / sample_rate, 5)


def _harmonics(render: Render, sample_rate: float) -> tuple[float, int]:
    """Return the level of all harmonics in dB against the fundamental, and the highest that is above -60 dB of it."""
    samples = round(sample_rate)  # one second: every harmonic falls on a bin
    heard = render(_sine(2.0, sample_rate, LOW_HZ, LOUD))[-samples:].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(samples)))
    bins = np.arange(1, int(0.45 * samples / LOW_HZ) + 1) * round(LOW_HZ)
    levels = np.array([spectrum[b - 2 : b + 3].max() for b in bins]) / max(spectrum.max(), 1e-9)
    against = 20 * np.log10(levels / max(levels[0], 1e-9) + 1e-12)
    above = np.flatnonzero(against > AUDIBLE_DB)
    total = float(10 * np.log10((10 ** (against[1:] / 10)).sum() + 1e-12))
    return round(total, 1), int(above[-1]) + 1 if len(above) else 1


def _steps(render: Render, sample_rate: float) -> bool:
    """Return whether one in five samples of noise equals the one before, or a quiet fade takes hundreds of values only."""
    heard = render(noise(round(0.5 * sample_rate), seed=5))
    if np.ptp(heard) == 0:
        return False
    held = float(np.mean(heard[1:] == heard[:-1]))
    middle = heard[np.abs(heard - np.median(heard)) < 0.5 * np.ptp(heard)]
    return held > 0.2 or len(np.unique(middle)) < len(middle) // 16
