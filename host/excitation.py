"""The built-in training signal: seeded, the same samples every time, fit to be played through hardware too.

blips, repeated section A, body: phrases of plucked strings among chirps, noise, ramps, bursts and silence, A again
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..models.errors import InvalidType, InvalidValue
from ..models.files import write_wav
from .strings import phrase

SHORTEST_SECONDS = 8.0
BLIP_LEVEL = 0.5
PEAK = 0.89  # -1 dBFS


@dataclass(frozen=True)
class ExcitationLayout:
    """Where the parts of an excitation lie, in samples.

    Attributes:
        blips: positions of single-sample clicks, silence around them: latency is read off there.
        first, second: starts of the two equal sections; a target that answers them differently is noisy or drifts.
        repeated: their length.
        frames: length of the whole.
    """

    blips: tuple[int, ...]
    first: int
    second: int
    repeated: int
    frames: int


def excitation_layout(seconds: float, sample_rate: float = 48000) -> ExcitationLayout:
    """Return the layout of `excitation(seconds, sample_rate)`; it does not depend on the seed."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidType(f"seconds is a number, got {seconds!r}")
    if not SHORTEST_SECONDS <= seconds <= 36_000:
        raise InvalidValue(f"seconds = {seconds:g} is outside {SHORTEST_SECONDS:g} to 36000")
    if not (math.isfinite(sample_rate) and 8000 <= sample_rate <= 768_000):
        raise InvalidValue(f"sample_rate = {sample_rate} Hz is outside 8000 to 768000")
    frames, second = round(seconds * sample_rate), round(sample_rate)
    repeated = 2 * second
    return ExcitationLayout((second // 4, second // 2), second, frames - repeated, repeated, frames)


def excitation(seconds: float, sample_rate: float = 48000, seed: int = 0) -> np.ndarray:
    """Return the built-in training signal, float32 mono (frames,), peaks at -1 dBFS at most.

    Three quarters are plucked strings (see `strings`), at peaks from -28 to -1 dBFS, so that a drive knob is
    explored at each of its positions; the rest covers what guitars leave out: the band edges, every level
    of a sine, decays into silence.

    Raises:
        InvalidType, InvalidValue: seconds outside 8 to 36000, or a rate no one uses.
    """
    layout = excitation_layout(seconds, sample_rate)
    rng = np.random.default_rng([seed, 0x57E7])
    audio = np.zeros(layout.frames)
    audio[list(layout.blips)] = BLIP_LEVEL
    repeated = _at_level(phrase(layout.repeated, sample_rate, rng, "riff"), -6.0)
    audio[layout.first : layout.first + layout.repeated] = repeated
    audio[layout.second :] = repeated
    at, end = layout.first + layout.repeated, layout.second
    while at < end:
        for part in _round(sample_rate, rng):
            length = min(len(part), end - at)
            audio[at : at + length] += _faded(part[:length], sample_rate)
            at += length
            if at >= end:
                break
    return np.clip(audio, -PEAK, PEAK).astype(np.float32)


def write_excitation(path: str | Path, seconds: float, sample_rate: int = 48000, seed: int = 0) -> None:
    """Write the training signal as float32 WAV, for a person to play through hardware. Raises FileProblem."""
    write_wav(Path(path), excitation(seconds, sample_rate, seed), sample_rate)


def _round(rate: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Return about 25 s of parts in random order: every kind of phrase, and two of the others."""
    parts = []
    for style in ("riff", "chords", "lead", "chords", "mutes", "picked", "riff"):
        length = int(rng.uniform(2.0, 3.5) * rate)
        parts.append(
            _at_level(phrase(length, rate, rng, style), float(rng.choice([-1, -1, -3, -3, -6, -6, -9, -12, -18, -28])))
        )
    makers: tuple[Callable[[float, np.random.Generator], np.ndarray], ...] = (
        _chirp,
        _noise_bursts,
        _ramp,
        _tone_bursts,
        _two_tones,
    )
    for index in rng.choice(len(makers), 2, replace=False):
        parts.append(makers[index](rate, rng))
    parts.append(np.zeros(int(rng.uniform(0.3, 1.0) * rate)))
    return [parts[i] for i in rng.permutation(len(parts))]


def _chirp(rate: float, rng: np.random.Generator) -> np.ndarray:
    """Exponential sweep, 20 Hz to 0.45 of the rate (up or down)."""
    time = np.arange(int(2.0 * rate)) / rate
    low, ratio = 20.0, 0.45 * rate / 20.0
    sweep = np.sin(2 * np.pi * low * 2.0 / np.log(ratio) * (ratio ** (time / 2.0) - 1))
    return sweep[:: rng.choice([-1, 1])] * 10 ** (rng.uniform(-36, -9) / 20)


def _noise_bursts(rate: float, rng: np.random.Generator) -> np.ndarray:
    """Bursts of white and pink-like noise, each at another level."""
    parts = []
    for _ in range(4):
        noise = rng.standard_normal(int(rng.uniform(0.05, 0.4) * rate))
        if rng.random() < 0.6:
            spectrum = np.fft.rfft(noise)
            noise = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 8.0), len(noise))
        parts += [_at_level(noise, rng.uniform(-40, -6)), np.zeros(int(rng.uniform(0.03, 0.2) * rate))]
    return np.concatenate(parts)


def _ramp(rate: float, rng: np.random.Generator) -> np.ndarray:
    """A sine (1 kHz, or a low one) from -60 to -1 dBFS, straight in dB."""
    time = np.arange(int(1.5 * rate)) / rate
    level = 10 ** ((-60 + 59 * time / time[-1]) / 20)
    return (np.sin(2 * np.pi * rng.choice([82.4, 220.0, 1000.0]) * time) * level)[:: rng.choice([-1, 1])]


def _tone_bursts(rate: float, rng: np.random.Generator) -> np.ndarray:
    """Tone bursts with gaps that grow by a factor of 2, 10 to 320 ms: what attack and release show on."""
    parts = []
    for gap_ms in 10.0 * 2.0 ** np.arange(6):
        time = np.arange(int(0.08 * rate)) / rate
        burst = np.sin(2 * np.pi * rng.uniform(80, 3000) * time) * 10 ** (rng.uniform(-24, -2) / 20)
        parts += [_faded(burst, rate), np.zeros(int(gap_ms / 1000 * rate))]
    return np.concatenate(parts)


def _two_tones(rate: float, rng: np.random.Generator) -> np.ndarray:
    """Two sines of unequal level: intermodulation."""
    time = np.arange(int(1.0 * rate)) / rate
    low, high = rng.uniform(50, 300), rng.uniform(800, 7000)
    pair = np.sin(2 * np.pi * low * time) + 0.25 * np.sin(2 * np.pi * high * time)
    return _at_level(pair, rng.uniform(-24, -2))


def _at_level(audio: np.ndarray, peak_db: float) -> np.ndarray:
    peak = np.abs(audio).max(initial=0.0)
    return audio * (10 ** (peak_db / 20) / peak) if peak else audio


def _faded(audio: np.ndarray, rate: float) -> np.ndarray:
    """Take the clicks off both ends: 3 ms."""
    length = min(int(0.003 * rate), len(audio) // 2)
    faded = np.array(audio, np.float64)
    slope = np.linspace(0.0, 1.0, length, endpoint=False)
    faded[:length] *= slope
    faded[len(faded) - length :] *= slope[::-1]
    return faded
