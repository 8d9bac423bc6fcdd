"""The figures of one rival on one engine: what a block costs, what a start costs, how close it sounds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np


@dataclass(frozen=True)
class Spread:
    """A figure measured several times: mean, standard deviation (of the sample), ends, and how often it was measured."""

    mean: float
    deviation: float
    least: float
    most: float
    count: int

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Have pydantic read a saved one: five numbers in order."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(_saved)

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self | None:
        """Sum up the values that are there; None where there are none."""
        found = np.array([value for value in values if value is not None], np.float64)
        if not found.size:
            return None
        deviation = float(found.std(ddof=1)) if found.size > 1 else 0.0
        return cls(float(found.mean()), deviation, float(found.min()), float(found.max()), int(found.size))


def _saved(data: Any) -> Spread:
    """Return a spread from its numbers in order, or by name. Raises ValueError where they are others."""
    if isinstance(data, Spread):
        return data
    numbers = list(data.values()) if isinstance(data, dict) else data
    told = isinstance(numbers, list | tuple) and all(isinstance(number, int | float) for number in numbers)
    if not told or len(numbers) != len(fields(Spread)):
        raise ValueError("is not mean, deviation, least, most and count")
    mean, deviation, least, most, count = numbers
    return Spread(float(mean), float(deviation), float(least), float(most), int(count))


@dataclass(frozen=True)
class BlockCost:
    """What blocks of one size cost, called from Python on one thread; every figure over the runs.

    Attributes:
        buffer_size: samples a block.
        blocks: how many were timed in all runs; p99.9 means something from 1000 on.
        ns_per_sample, samples_per_second, real_time_factor: time of all blocks over their samples; times faster than real time.
        average_us, p50_us, p99_us, p999_us, max_us: time a block took, in µs.
        jitter_us: p99 - p50, in µs.
        loop_ns_per_sample: the same without Python between blocks; None where there is no such way to play it.
    """

    buffer_size: int
    blocks: int
    ns_per_sample: Spread
    samples_per_second: Spread
    real_time_factor: Spread
    average_us: Spread
    p50_us: Spread
    p99_us: Spread
    p999_us: Spread
    max_us: Spread
    jitter_us: Spread
    loop_ns_per_sample: Spread | None = None


@dataclass(frozen=True)
class CallCost:
    """A line through a block's median time, in the quietest run, over its size: time = call_us + samples · compute_ns.

    Attributes:
        call_us: what a call costs before it computes anything, in µs.
        compute_ns: what each sample adds, in ns.
        half_block: the block size at which half of the time is the call's.
        worst_error: largest distance of a measured block size from the line, as a share of its time.
    """

    call_us: float
    compute_ns: float
    half_block: float
    worst_error: float


@dataclass(frozen=True)
class Start:
    """What a fresh process pays until the first block is played.

    Attributes:
        library_seconds: importing what plays it (torch, onnxruntime, pedalboard, numba).
        load_seconds: reading the file, building the player.
        first_block_seconds: from there to the end of the first block of 64: compiling, fetching, silence played before.
        library_bytes, resident_bytes: by how much the process grew over the import, and over the rest; None where the system
            does not tell (all but Linux).
    """

    library_seconds: Spread
    load_seconds: Spread
    first_block_seconds: Spread
    library_bytes: Spread | None
    resident_bytes: Spread | None


@dataclass(frozen=True)
class Carrying:
    """Whether the state carries over from block to block: a stream in blocks of 64 against one call of the whole.

    Attributes:
        carries: the two differ by less than 1e-4 of the peak.
        difference_db: energy of the difference against the signal's; -200 where it is below.
        click_db: energy of what blocks add to the steps from each block's last sample to the next one's first, against the
            signal's mean power; -200 where it is below.
    """

    carries: bool
    difference_db: float
    click_db: float


@dataclass(frozen=True)
class Tone:
    """A 997 Hz sine at -12 dBFS through a rival, at one position of the swept knob (or at one level, where no knob sweeps).

    Attributes:
        at: the knob's value in its unit, or the sine's level in dBFS.
        thd_percent: rms of harmonics 2 to 10 over the fundamental's, in percent.
        harmonics_dbfs: levels of harmonics 1 to 10; None above half the sample rate.
    """

    at: float
    thd_percent: float
    harmonics_dbfs: tuple[float | None, ...]


@dataclass(frozen=True)
class Alias:
    """Energy that is no harmonic against that of the harmonics, in dB, of a sine at one frequency and level."""

    frequency_hz: float
    level_dbfs: float
    ratio_db: float


@dataclass(frozen=True)
class Quality:
    """How close a rival sounds to the reference, streamed in blocks; each figure over the passages (recording x setting).

    Attributes:
        esr: error-to-signal ratio. mr_stft: multi-resolution STFT distance. mushra: predicted listening score, 0 to 100.
        lufs_difference: of the loudness, in LU.
        thd: harmonics at each position of the swept knob. thd_error_percent: mean distance from the reference's THD, in points.
        aliasing: at the setting the study stands at. aliasing_db: its worst ratio.
    """

    esr: Spread | None
    mr_stft: Spread | None
    mushra: Spread | None
    lufs_difference: Spread | None
    thd: tuple[Tone, ...]
    thd_error_percent: float
    aliasing: tuple[Alias, ...]
    aliasing_db: float


@dataclass(frozen=True)
class SeedRun:
    """A net trained from one seed: steps and minutes it had, and its figures, each the mean over the passages."""

    seed: int
    steps: int
    minutes: float
    esr: float | None
    mr_stft: float | None
    mushra: float | None
    lufs_difference: float | None
    thd_error_percent: float
    aliasing_db: float


@dataclass(frozen=True)
class Trained:
    """A net over the seeds it was trained from: mean and deviation over them of each figure of `SeedRun`; on our engine."""

    rival: str
    runs: tuple[SeedRun, ...]
    esr: Spread | None
    mr_stft: Spread | None
    mushra: Spread | None
    lufs_difference: Spread | None
    thd_error_percent: Spread | None
    aliasing_db: Spread | None

    @classmethod
    def of(cls, rival: str, runs: Sequence[SeedRun]) -> Self:
        """Sum up the trainings of a net."""
        keys = [f.name for f in fields(cls)][2:]
        return cls(rival, tuple(runs), **{key: Spread.of(getattr(run, key) for run in runs) for key in keys})
