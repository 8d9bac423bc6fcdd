"""What a black box does in time: delay, polarity, tail, repeatability. Each takes a render function.

A render function takes float32 mono audio and returns as many samples, from a reset state.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Render = Callable[[np.ndarray], np.ndarray]

SILENCE_DB = -90.0
HIGHEST = 0.9  # of half the sample rate: above, a delay is not looked for,
STEEPEST = 0.3  # and a response falls, as far as its minimum-phase twin knows, no further than this


@dataclass(frozen=True)
class Delay:
    """How late a processor answers.

    Attributes:
        samples: whole samples (the floor, so that what is left is never ahead of the input).
        fraction: what remains, 0..1.
        polarity: +1 or -1.
        confidence: 0..1, how alike the response and its minimum-phase twin are; below 0.5 do not trust the rest.
    """

    samples: int
    fraction: float
    polarity: int
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def measure_delay(render: Render, sample_rate: float, level: float = 0.05, longest_seconds: float = 0.5) -> Delay | None:
    """Measure the delay with an impulse, or return None where nothing comes back.

    The pure delay is what separates the impulse response from its minimum-phase twin (homomorphic: Oppenheim and
    Schafer, "Discrete-Time Signal Processing", chapter on the cepstrum), so that the group delay of a filter or an
    equaliser is not taken for latency. The top tenth of the spectrum is left out: an anti-aliasing filter there is
    linear-phase as a rule, and would count as an answer ahead of the input. What the processor makes of silence (hum,
    offset) is subtracted first.
    """
    lead = 4096
    length = 1 << int(np.ceil(np.log2(longest_seconds * sample_rate + lead)))
    silence = np.zeros(lead + length, np.float32)
    floor = render(silence).astype(np.float64)
    for height in (level, 0.5):
        click = silence.copy()
        click[lead] = height
        response = render(click).astype(np.float64) - floor
        if np.abs(response).max() > 1e-4 * height:
            return _delay_of(response, lead)
    return None


def _delay_of(response: np.ndarray, lead: int) -> Delay:
    position, polarity, confidence = pure_delay(np.fft.rfft(response, 2 * len(response)))
    delay = position - lead
    samples = int(np.floor(delay + 0.02))  # 0.02: what the fit itself is unsure of
    fraction = round(float(max(delay - samples, 0.0)), 3)
    return Delay(samples, fraction, polarity, round(confidence, 3))


def pure_delay(
    response: np.ndarray, weight: np.ndarray | float = 1.0, magnitude: np.ndarray | None = None, highest: float = HIGHEST
) -> tuple[float, int, float]:
    """Return (delay in samples, polarity, likeness 0..1) of a frequency response against its minimum-phase twin.

    Args:
        response: spectrum as of `np.fft.rfft`; its length of time is what a delay is looked for in.
        weight: of each frequency.
        magnitude: what the twin is made of; None: the response's own.
        highest: share of half the sample rate above which nothing is looked at.
    """
    size, top = 2 * (len(response) - 1), int(highest * len(response))
    magnitude = np.abs(response) if magnitude is None else magnitude.copy()
    magnitude[top:] = np.maximum(magnitude[top:], STEEPEST * magnitude[top])
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitude, magnitude.max() * 1e-7)))
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    minimum_phase = np.exp(np.fft.rfft(cepstrum))
    weight = weight * (np.arange(len(response)) < top)
    cross = weight * response * np.conj(minimum_phase)
    finer = 16
    correlation = np.fft.irfft(cross, size * finer) * finer
    peak = int(np.argmax(np.abs(correlation)))
    before, at, after = np.abs(correlation[[peak - 1, peak, (peak + 1) % len(correlation)]])
    curve = before - 2 * at + after
    position = peak + (0.5 * (before - after) / curve if curve else 0.0)
    if position > len(correlation) / 2:
        position -= len(correlation)
    energy = np.sqrt((weight * np.abs(response) ** 2).sum() * (weight * np.abs(minimum_phase) ** 2).sum())
    return position / finer, 1 if correlation[peak] > 0 else -1, float(min(at * size / 2 / energy, 1.0)) if energy else 0.0


def measure_tail(render: Render, sample_rate: float, longest_seconds: float = 10.0, seed: int = 0) -> float | None:
    """Return the seconds from the end of a noise burst until the output stays under -90 dB of its peak.

    None where it never gets there within `longest_seconds`. Steady output (hum, offset) is subtracted first.
    """
    burst = int(0.5 * sample_rate)
    for seconds in (min(1.0, longest_seconds), longest_seconds):
        audio = np.zeros(burst + int(seconds * sample_rate), np.float32)
        floor = render(audio).astype(np.float64)
        audio[:burst] = noise(burst, seed)
        response = np.abs(render(audio) - floor)
        peak = response.max()
        if peak == 0:
            return 0.0
        loud = np.flatnonzero(response[burst:] > peak * 10 ** (SILENCE_DB / 20))
        last = int(loud[-1]) + 1 if len(loud) else 0
        if last < 0.9 * (len(audio) - burst):
            return round(last / sample_rate, 5)
    return None


def noise(samples: int, seed: int = 0, level: float = 0.25) -> np.ndarray:
    """Return uniform white noise, float32."""
    return np.random.default_rng(seed).uniform(-level, level, samples).astype(np.float32)


def difference(reference: np.ndarray, other: np.ndarray) -> float:
    """Return the energy of the difference over the energy of the reference (ESR); 0 for two silences."""
    wanted = np.asarray(reference, np.float64)
    energy = float((wanted**2).sum())
    error = float(((wanted - other) ** 2).sum())
    return error / energy if energy > 0 else float(error > 0)
