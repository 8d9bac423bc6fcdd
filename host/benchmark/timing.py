"""Timing: the cost of each block of a stream, and the figures that sum it up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

LEAST_BLOCKS = 32  # a stream shorter than that is repeated
PASS_SECONDS = 0.5  # of measuring in one round, at least
LEAST_PASSES, MOST_PASSES, MOST_SECONDS = 3, 100, 5.0


@dataclass(frozen=True)
class Timing:
    """What a stream of blocks cost; the timer's own cost is in every figure.

    Attributes:
        buffer_size: samples a block.
        blocks: how many were timed, warm-up excluded; p99.9 means something from 1000 on.
        ns_per_sample: time of all blocks over their samples.
        samples_per_second: its inverse.
        real_time_factor: times faster than real time; None without a sample rate.
        p50_us, p99_us, p999_us, max_us: time a block took, in µs; each was measured, none is interpolated.
        deviation_us: standard deviation, in µs.
        jitter_us: p99 - p50, in µs.
    """

    buffer_size: int
    blocks: int
    ns_per_sample: float
    samples_per_second: float
    real_time_factor: float | None
    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float
    deviation_us: float
    jitter_us: float

    @classmethod
    def of(cls, nanoseconds: np.ndarray, buffer_size: int, sample_rate: float | None = None) -> "Timing":
        """Sum up the time of each block, in ns."""
        p50, p99, p999 = (float(v) / 1000 for v in np.percentile(nanoseconds, [50, 99, 99.9], method="higher"))
        each = max(float(nanoseconds.mean()) / buffer_size, 1e-3)
        real_time = 1e9 / sample_rate / each if sample_rate else None
        return cls(buffer_size, len(nanoseconds), each, 1e9 / each, real_time, p50, p99, p999,
                   float(nanoseconds.max()) / 1000, float(nanoseconds.std()) / 1000, p99 - p50)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def cut(audio: np.ndarray, buffer_size: int) -> list[np.ndarray]:
    """Return `audio`, (samples,) or (channels, samples), as contiguous blocks, repeated until there are enough.

    Every block is full: what is left over at the end is not played.
    """
    samples = audio.shape[-1]
    wanted = max(samples // buffer_size, LEAST_BLOCKS) * buffer_size
    repeated = np.concatenate([audio] * -(-wanted // samples), axis=-1)
    return [np.ascontiguousarray(repeated[..., i : i + buffer_size]) for i in range(0, wanted, buffer_size)]


def time_blocks(play: Callable[[np.ndarray], Any], blocks: Sequence[np.ndarray], longest_seconds: float) -> np.ndarray:
    """Play block after block and return what each took, int64 ns; stops early after `longest_seconds`."""
    clock = time.perf_counter_ns
    taken = np.zeros(len(blocks), np.int64)
    last = clock() + round(longest_seconds * 1e9)
    for i, block in enumerate(blocks):
        begun = clock()
        play(block)
        ended = clock()
        taken[i] = ended - begun
        if ended > last:
            return taken[: i + 1]
    return taken


def best_pass(
    play: Callable[[], Any], samples: int, seconds: float = PASS_SECONDS, prepare: Callable[[], Any] | None = None
) -> float:
    """Return ns a sample of the fastest of several passes; the first warms up and is not counted.

    Args:
        play: plays one pass.
        samples: of a pass.
        seconds: of measuring, at least, within 3 to 100 passes.
        prepare: called before each pass, outside the clock.
    """
    best, passes, total = float("inf"), -1, 0.0
    while passes < 1 or (passes < LEAST_PASSES and total < MOST_SECONDS) or (total < seconds and passes < MOST_PASSES):
        if prepare:
            prepare()
        begun = time.perf_counter_ns()
        play()
        taken = time.perf_counter_ns() - begun
        passes += 1
        if passes:
            total, best = total + taken * 1e-9, min(best, taken / samples)
    return best


def timer_ns() -> float:
    """Return what reading the clock twice costs: the least a block can show, in ns."""
    return float(np.median(time_blocks(lambda block: None, [np.zeros(1, np.float32)] * 2000, 1.0)))
