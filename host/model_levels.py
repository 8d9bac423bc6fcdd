"""How loud a model is and how much it compresses: the two figures by which NAM's plugin sets and sorts models."""

import math

import numpy as np

from ..effects import NeuralEffect
from ..models.model import Model

INPUT_LEVEL_DB = -14.97  # rms of the noise that NAM's trainer plays, dBFS
LOWEST_HZ = 2.0
SECONDS = 4.0
STEPS = 10


def loudness_and_gain(model: Model) -> tuple[float, float] | None:
    """Return (loudness in dBFS, gain from 0 to 1) as NAM's trainer defines them; None where the model stays silent.

    Loudness is the rms of the output, gain how far the output at 0, 10, … 100 % of the input lies between a straight
    line (0) and always the same (1). The input is seeded pink noise at the rms level and with the spectrum of the
    trainer's own recording, which is not ours to ship; on the models at hand the loudness differs from that by up to
    0.6 dB, the gain by up to 0.1. Knobs stand at their defaults.
    """
    noise = pink_noise(round(SECONDS * model.spec.sample_rate), model.spec.sample_rate)
    noise = np.repeat(noise[None], model.spec.input_channels, axis=0)
    levels = np.array([_rms(_played(model, noise * np.float32(step / STEPS))) for step in range(STEPS + 1)])
    if not (np.isfinite(levels).all() and levels[-1] > 0):
        return None
    most = levels[-1] * len(levels)
    return 20 * math.log10(levels[-1]), float(np.clip((levels.sum() - most / 2) / (most / 2), 0.0, 1.0))


def pink_noise(samples: int, sample_rate: float, seed: int = 0) -> np.ndarray:
    """Return noise of equal power an octave from 2 Hz up, float32 (samples,), rms -14.97 dBFS."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    frequencies = np.fft.rfftfreq(samples, 1 / sample_rate)
    spectrum = np.where(frequencies < LOWEST_HZ, 0.0, spectrum / np.sqrt(np.maximum(frequencies, LOWEST_HZ)))
    noise = np.fft.irfft(spectrum, samples)
    return (noise * (10 ** (INPUT_LEVEL_DB / 20) / _rms(noise))).astype(np.float32)


def _played(model: Model, audio: np.ndarray) -> np.ndarray:
    return NeuralEffect(model)(audio, model.spec.sample_rate)


def _rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
