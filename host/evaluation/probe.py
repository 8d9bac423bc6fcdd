"""What one setting does to test tones: static transfer curve, harmonics, aliasing."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...models import metrics

Process = Callable[[np.ndarray], np.ndarray]

RAMP_HZ = 997.0
RAMP_DBFS = tuple(float(level) for level in range(-60, 1, 3))
HARMONICS = 10
_STEP_SECONDS = 0.2
_FLOOR_DB = -160.0
INAUDIBLE_DB = -100.0  # aliasing below this counts as this in a difference


def probe(target: Process, twin: Process, sample_rate: float) -> dict[str, Any]:
    """Return what tones say about target and twin at the knobs they stand at, as plain data.

    Keys: `levels_dbfs` (in), `target` and `twin` with `output_dbfs` (RMS out, + 3.01 dB so that a sine of 1.0 reads 0)
    and `harmonics_dbfs` (levels, 10 harmonics), `shape` (one period of a loud sine in and out), and `aliasing`: rows
    of frequency, level, both ratios in dB and their difference (above 0: the twin aliases more;
    ratios below -100 dB count as -100 dB there).
    """
    wave = {"target": _ramp(target, sample_rate), "twin": _ramp(twin, sample_rate)}
    aliasing = [metrics.aliasing_table(p, sample_rate) for p in (target, twin)]
    audible = [np.maximum(table, INAUDIBLE_DB) for table in aliasing]
    rows = [
        {
            "frequency_hz": frequency,
            "level_dbfs": level,
            "target_db": float(aliasing[0][i, j]),
            "twin_db": float(aliasing[1][i, j]),
            "difference_db": float(audible[1][i, j] - audible[0][i, j]),
        }
        for i, frequency in enumerate(metrics.ALIASING_FREQUENCIES_HZ)
        for j, level in enumerate(metrics.ALIASING_LEVELS_DBFS)
    ]
    return {"frequency_hz": RAMP_HZ, "levels_dbfs": list(RAMP_DBFS), **wave, "aliasing": rows}


def _ramp(process: Process, sample_rate: float) -> dict[str, Any]:
    """Step a sine from -60 to 0 dBFS in one call; measure the last half of each step over whole periods."""
    step = round(_STEP_SECONDS * sample_rate)
    period = sample_rate / RAMP_HZ
    span = round(int(step / 2 / period) * period)
    gains = 10 ** (np.repeat(np.array(RAMP_DBFS), step) / 20)
    tone = gains * np.sin(2 * np.pi * RAMP_HZ / sample_rate * np.arange(gains.size))
    wet = process(tone.astype(np.float32)).astype(np.float64)
    ends = [step * (i + 1) for i in range(len(RAMP_DBFS))]
    output, harmonics = [], []
    for end in ends:
        steady = wet[end - span : end]
        steady = steady - steady.mean()
        output.append(_decibels(np.sqrt(2 * np.mean(steady**2))))
        harmonics.append(harmonics_dbfs(steady, sample_rate, end - span))
    shown = slice(ends[-1] - round(2 * period), ends[-1])
    return {"output_dbfs": output, "harmonics_dbfs": harmonics, "shape": [tone[shown].tolist(), wet[shown].tolist()]}


def harmonics_dbfs(steady: np.ndarray, sample_rate: float, offset: int) -> list[float | None]:
    """Return the levels of the 10 harmonics of the 997 Hz tone; None above half the sample rate.

    `steady` holds whole periods without their mean, `offset` samples after the tone's beginning.
    """
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(steady.size) / steady.size)
    times = (offset + np.arange(steady.size)) / sample_rate
    levels: list[float | None] = []
    for k in range(1, HARMONICS + 1):
        if k * RAMP_HZ >= sample_rate / 2:
            levels.append(None)
            continue
        amplitude = 2 * abs(np.sum(window * steady * np.exp(-2j * np.pi * k * RAMP_HZ * times))) / window.sum()
        levels.append(_decibels(amplitude))
    return levels


def _decibels(amplitude: float) -> float:
    return float(max(_FLOOR_DB, 20 * np.log10(max(float(amplitude), 1e-30))))
