"""How close a rival sounds to the reference: streamed in blocks, every passage and every tone through both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models import metrics
from ...models.decibels import factor
from ..evaluation.probe import HARMONICS, RAMP_HZ, harmonics_dbfs
from .figures import Alias, Quality, Spread, Tone
from .streaming import stream

BLOCK, TONE_BLOCK = 512, 4096
TONE_DBFS, TONE_SECONDS = -12.0, 0.6
FLOOR_PERCENT = 1e-4  # of THD: below it, rounding is measured

Build = Callable[[Mapping[str, Any], int], Any]  # (knob values, samples a block) → player


@dataclass(frozen=True)
class Passage:
    """A stretch of a recording at one knob setting, and what the reference makes of it, float32 (samples,)."""

    name: str
    dry: np.ndarray
    wet: np.ndarray
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """What the tones visit: knob settings at one level, or levels at one setting.

    Attributes:
        at: what each is called: the knob's value, or the level in dBFS.
        settings, levels_dbfs: of each tone.
    """

    at: tuple[float, ...]
    settings: tuple[Mapping[str, Any], ...]
    levels_dbfs: tuple[float, ...]


@dataclass(frozen=True)
class Questions:
    """What every rival is asked: passages, tones, and aliasing at the setting the study stands at.

    Attributes:
        late_samples: by which this rival answers later than it reports.
        truth: THD of the reference at each tone, in percent; empty while it is asked itself.
    """

    passages: Sequence[Passage]
    sweep: Sweep
    values: Mapping[str, Any]
    sample_rate: float
    truth: tuple[float, ...] = ()


def quality(build: Build, asked: Questions, late_samples: int = 0) -> tuple[Quality, list[np.ndarray]]:
    """Return the figures of a rival, and what it made of each passage."""
    answers, rows = [], []
    for passage in asked.passages:
        answers.append(stream(build(passage.values, BLOCK), passage.dry, BLOCK, late_samples))
        rows.append(_row(passage.wet, answers[-1], asked.sample_rate))
    thd = tones(build, asked)
    truth = asked.truth or tuple(tone.thd_percent for tone in thd)
    aliasing = _aliasing(build(asked.values, TONE_BLOCK), asked.sample_rate)
    found = Quality(
        **{key: Spread.of(row[key] for row in rows) for key in ("esr", "mr_stft", "mushra", "lufs_difference")},
        thd=thd, thd_error_percent=float(np.mean([abs(t.thd_percent - true) for t, true in zip(thd, truth, strict=True)])),
        aliasing=aliasing, aliasing_db=max(row.ratio_db for row in aliasing),
    )  # fmt: skip
    return found, answers


def _row(wet: np.ndarray, answer: np.ndarray, sample_rate: float) -> dict[str, float | None]:
    mfcc = metrics.mfcc_distance(wet, answer, sample_rate)
    return {
        "esr": metrics.esr(wet, answer),
        "mr_stft": metrics.mr_stft(wet, answer),
        "mushra": mfcc.mushra if mfcc else None,
        "lufs_difference": metrics.loudness_difference(wet, answer, sample_rate),
    }


def tones(build: Build, asked: Questions) -> tuple[Tone, ...]:
    """Return the harmonics of a 997 Hz sine at every stop of the sweep, its second half heard over whole periods."""
    rate, sweep = asked.sample_rate, asked.sweep
    samples = round(TONE_SECONDS * rate)
    sine = np.sin(2 * np.pi * RAMP_HZ / rate * np.arange(samples))
    span = round(int(samples / 2 * RAMP_HZ / rate) * rate / RAMP_HZ)
    found = []
    for at, values, level in zip(sweep.at, sweep.settings, sweep.levels_dbfs, strict=True):
        tone = (factor(level) * sine).astype(np.float32)
        steady = stream(build(values, TONE_BLOCK), tone, TONE_BLOCK)[-span:].astype(np.float64)
        levels = harmonics_dbfs(steady - steady.mean(), rate, samples - span)
        found.append(Tone(float(at), thd_percent(levels), tuple(levels)))
    return tuple(found)


def thd_percent(levels_dbfs: Sequence[float | None]) -> float:
    """Return the rms of all harmonics but the first over the first's, in percent."""
    amplitudes = [factor(level) for level in levels_dbfs[1:HARMONICS] if level is not None]
    first = factor(levels_dbfs[0] if levels_dbfs[0] is not None else -200.0)
    found = 100 * float(np.sqrt(np.sum(np.square(amplitudes)))) / first
    return found if found > FLOOR_PERCENT else 0.0


def _aliasing(player: Any, sample_rate: float) -> tuple[Alias, ...]:
    table = metrics.aliasing_table(lambda x: stream(player, x, TONE_BLOCK), sample_rate)
    return tuple(
        Alias(frequency, level, float(table[i, j]))
        for i, frequency in enumerate(metrics.ALIASING_FREQUENCIES_HZ)
        for j, level in enumerate(metrics.ALIASING_LEVELS_DBFS)
    )
