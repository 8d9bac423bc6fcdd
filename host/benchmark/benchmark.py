"""Benchmark: any callable, timed block by block."""

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...effects.call import check_call
from ...models.errors import InvalidValue
from .processor import as_stream, check_output, checked_audio, start_stream
from .report import BenchmarkReport, describe_processor
from .timing import Timing, cut, time_blocks, timer_ns

BLOCK_SIZES = (1, 4, 16, 64, 128, 512, 2048)
LARGEST_BUFFER = 2**20
WARM_UP_SECONDS = 0.2


class Benchmark:
    """Times a processor as a host calls it: one block after another, from Python, on this thread.

    Args:
        processor: an object with `process(block, sample_rate, reset=False)`: our effects and chains, pedalboard's
            plugins; or any function that takes a block and returns one. Where it has `reset()`, each stream
            starts with it.
        buffer_size: samples a block; several sizes are timed one after the other (`BLOCK_SIZES`: 1 to 2048).
        sample_rate: in Hz.

    Garbage collection stays on, denormals stay as they are: both are part of what a player meets. A first part
    of each stream warms up and is not counted; the very first call is reported on its own.

    Example:
        >>> from wetdry.effects import Gain
        >>> report = Benchmark(Gain(), buffer_size=64, sample_rate=48000).run(np.zeros(4800, "float32")).report()
        >>> report.timings[0].blocks
        75
    """

    def __init__(self, processor: Any, buffer_size: int | Iterable[int] = 64, sample_rate: float = 48000.0) -> None:
        sizes = list(buffer_size) if isinstance(buffer_size, Iterable) else [buffer_size]
        if not sizes:
            raise InvalidValue("buffer_size is empty: one size at least is needed")
        for size in sizes:
            self.sample_rate = check_call(sample_rate, size)
            if size > LARGEST_BUFFER:
                raise InvalidValue(f"buffer_size = {size} is above {LARGEST_BUFFER}")
        self.processor, self.buffer_sizes = processor, [int(size) for size in sizes]
        self._play = as_stream(processor, self.sample_rate)
        self._timings: list[Timing] = []
        self._about: dict[str, Any] = {}

    def run(self, audio: np.ndarray | None = None, *, seed: int = 0, longest_seconds: float = 5.0) -> "Benchmark":
        """Play the audio once for each buffer size and time every block.

        Args:
            audio: (samples,) or (channels, samples); repeated where it is shorter than 32 blocks. None: 2 s of
                seeded noise at 0.2 RMS.
            seed: of that noise.
            longest_seconds: the time each buffer size may take; what is not played by then is not counted.

        Returns:
            Itself.

        Raises:
            InvalidType, InvalidValue: the audio is none, or the processor returns none.
        """
        self._about = {"seed": seed if audio is None else None}
        audio = noise(2.0, self.sample_rate, seed) if audio is None else checked_audio(audio)
        self._timings = []
        for size in self.buffer_sizes:
            blocks = cut(audio, size)
            begun = time.perf_counter()
            start_stream(self.processor)
            check_output(blocks[0], self._play(blocks[0]))
            self._about.setdefault("first_call_seconds", time.perf_counter() - begun)
            time_blocks(self._play, blocks, min(WARM_UP_SECONDS, longest_seconds))
            start_stream(self.processor)
            self._play(blocks[0])  # where a reset costs something, the first block of a stream pays for it
            self._timings.append(Timing.of(time_blocks(self._play, blocks, longest_seconds), size, self.sample_rate))
        self._about["audio_samples"], self._about["channels"] = audio.shape[-1], 1 if audio.ndim == 1 else len(audio)
        return self

    def report(self) -> BenchmarkReport:
        """Return the figures. Raises InvalidValue before `run`."""
        if not self._timings:
            raise InvalidValue("nothing is timed yet: call run(audio) first")
        described = describe_processor(self.processor, self.sample_rate)
        return BenchmarkReport(timings=tuple(self._timings), sample_rate=self.sample_rate, timer_ns=timer_ns(),
                               **described, **self._about)  # fmt: skip


def noise(seconds: float, sample_rate: float, seed: int = 0) -> np.ndarray:
    """Return seeded normal noise, float32 mono, 0.2 RMS."""
    samples = max(round(seconds * sample_rate), 1)
    return (0.2 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)
