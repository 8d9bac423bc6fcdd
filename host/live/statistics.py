"""What a session measures of itself: deadlines, times, latency as the sum of its parts, levels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .core import desk as d
from .core.ring import GAPS, MISSED

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True)
class Times:
    """How long something took, in ms, a block each; percentiles to 4.4 %, upwards."""

    p50_ms: float
    p99_ms: float
    p999_ms: float
    worst_ms: float


@dataclass(frozen=True)
class Worker:
    """A thread of Python's beside the resident call.

    Attributes:
        name: what it plays.
        gaps: how often it was late; `missed_samples`: by how much in all.
        latency_ms: what it adds, its processors' own latency included.
        passed_by: it failed, and the sound goes past it.
    """

    name: str
    gaps: int
    missed_samples: int
    latency_ms: float
    passed_by: bool = False
    takes_lock: bool = True


@dataclass(frozen=True)
class Statistics:
    """How a session has done so far.

    Attributes:
        blocks: played.
        missed: deadlines: calls of the device for which the sound was not ready; `missed_samples`: how much of it.
        load: share of the time that playing takes, over about the last second; `mean_load`: since the beginning.
        busy: playing a block; turn: from a block's arrival until it was ready.
        latency_ms: part → ms; their sum is the way from the device's input to its output.
        workers: what Python plays.
        input_overflows, output_underflows: counted by the device.
    """

    blocks: int
    missed: int
    missed_samples: int
    load: float
    mean_load: float
    busy: Times
    turn: Times
    latency_ms: Mapping[str, float]
    workers: Sequence[Worker]
    input_overflows: int
    output_underflows: int


@dataclass(frozen=True)
class Meters:
    """Levels in dBFS (-inf: silence), and counts since the beginning.

    Attributes:
        clips_in, clips_out: samples at full scale, and beyond it.
        bad_in, bad_out: samples that were NaN or infinite: silenced.
    """

    peak_in_db: float
    peak_out_db: float
    rms_in_db: float
    rms_out_db: float
    clips_in: int
    clips_out: int
    bad_in: int
    bad_out: int


def percentile(counts: np.ndarray, share: float) -> float:
    """Return the time in seconds that a share (0 to 1) of what a histogram of the engine counts stays below; 0.0: none."""
    total = int(counts.sum())
    if not total:
        return 0.0
    place = int(np.searchsorted(np.cumsum(counts), math.ceil(share * total) or 1))
    return 2 ** ((place + 1) / d.BINS_AN_OCTAVE) * 1e-9


def times_of(counts: np.ndarray, worst_seconds: float | None = None) -> Times:
    """Return the times of a histogram; `worst_seconds` where it is known better."""
    worst = percentile(counts, 1.0) if worst_seconds is None else worst_seconds
    p50, p99, p999 = (min(percentile(counts, share), worst) for share in (0.5, 0.99, 0.999))
    return Times(1e3 * p50, 1e3 * p99, 1e3 * p999, 1e3 * worst)


def statistics_of(engine: "Engine", load: float, device_ms: tuple[float, float]) -> Statistics:
    """Return how an engine has done; `device_ms`: what the device's input and output lag."""
    desk, rate = engine.desk, engine.sample_rate
    blocks, header = int(desk[d.BLOCKS]), engine.output.header
    period = 1e9 * engine.block / rate
    workers = [Worker(e.name, e.gaps, e.missed_samples, 1e3 * e.latency_samples / rate, e in engine.passed_by)
               for e in engine.exchanges]  # fmt: skip
    workers_samples = sum(exchange.latency_samples for exchange in engine.exchanges)
    latency = {
        "input": device_ms[0],
        "blocks": 1e3 * engine.block_latency_samples / rate,
        "effects": 1e3 * (engine.latency_samples - engine.block_latency_samples - workers_samples) / rate,
        "workers": 1e3 * workers_samples / rate,
        "output": device_ms[1],
    }
    mean = int(desk[d.BUSY]) / (blocks * period) if blocks else 0.0
    return Statistics(blocks, int(header[GAPS]), int(header[MISSED]), load, mean,
                      times_of(engine.busy_counts, int(desk[d.WORST]) * 1e-9), times_of(engine.turn_counts), latency, workers,
                      int(desk[d.INPUT_OVERFLOWS]), int(desk[d.OUTPUT_UNDERFLOWS]))  # fmt: skip


def meters_of(engine: "Engine") -> Meters:
    """Return an engine's levels."""
    meters, desk = engine.meters, engine.desk
    clips_in, clips_out, bad_in, bad_out = (int(desk[place]) for place in (d.CLIPS_IN, d.CLIPS_OUT, d.BAD_IN, d.BAD_OUT))
    peak_in, peak_out = (_db(float(meters[place])) for place in (d.PEAK_IN, d.PEAK_OUT))
    rms_in, rms_out = (_db(math.sqrt(max(float(meters[place]), 0.0))) for place in (d.POWER_IN, d.POWER_OUT))
    return Meters(peak_in, peak_out, rms_in, rms_out, clips_in, clips_out, bad_in, bad_out)


def _db(level: float) -> float:
    return 20 * math.log10(level) if level > 0 else -math.inf
