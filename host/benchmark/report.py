"""BenchmarkReport: the figures of a run, as data and as text."""

import io
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from ...effects import NeuralEffect
from ...effects.player import Player
from ...models.model import Model, load
from ..machine import machine, versions
from .timing import Timing

COLUMNS = (
    "block",
    "ns a\nsample",
    "samples\na second",
    "x real\ntime",
    "p50\nµs",
    "p99\nµs",
    "p99.9\nµs",
    "max\nµs",
    "devi-\nation",
    "p99\n- p50",
)


@dataclass(frozen=True)
class BenchmarkReport:
    """What a processor costs.

    Attributes:
        processor: how it prints itself, shortened.
        sample_rate: in Hz.
        timings: one a buffer size.
        channels, audio_samples: of the audio that was played.
        first_call_seconds: the reset and the first block of the first stream, compiling included.
        load_seconds: reading the model's file again and building the effect; None where there is no file.
        file_bytes: of the model's file; None where there is none.
        weight_bytes, state_bytes: what the player holds, one channel; None for anything but a NeuralEffect.
        timer_ns: what reading the clock costs, in every figure.
        seed: of the noise played; None where the audio was given.
        machine, versions: what it was measured on and with.
    """

    processor: str
    sample_rate: float
    timings: tuple[Timing, ...]
    channels: int
    audio_samples: int
    first_call_seconds: float
    timer_ns: float
    seed: int | None
    load_seconds: float | None = None
    file_bytes: int | None = None
    weight_bytes: int | None = None
    state_bytes: int | None = None
    machine: dict[str, Any] = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=versions)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)

    def __str__(self) -> str:
        from rich.console import Console

        text = io.StringIO()
        console = Console(file=text, width=120, highlight=False)
        console.print(timing_table([(None, t) for t in self.timings]))
        held = {"file": self.file_bytes, "weights": self.weight_bytes, "state": self.state_bytes}
        sizes = [f"{what} {kilobytes(count)}" for what, count in held.items() if count is not None]
        loaded = f"load {self.load_seconds:.3f} s, " if self.load_seconds is not None else ""
        played = f"seed {self.seed}" if self.seed is not None else f"{self.audio_samples} samples given"
        console.print(", ".join([f"{loaded}first call {self.first_call_seconds:.3f} s", *sizes]))
        console.print(f"{self.sample_rate:g} Hz, {self.channels} ch, {played}, timer {self.timer_ns:.0f} ns a block")
        console.print(surroundings_line(self.machine, self.versions))
        return text.getvalue().rstrip()


def timing_table(rows: list[tuple[str | None, Timing]]) -> Any:
    """Return a rich table of timings, named in the first column where any has a name."""
    from rich import box
    from rich.table import Table

    named = any(name for name, _ in rows)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for heading in (("engine",) if named else ()) + COLUMNS:
        table.add_column(heading, justify="left" if heading == "engine" else "right", no_wrap=True)
    for name, t in rows:
        times = (t.p50_us, t.p99_us, t.p999_us, t.max_us, t.deviation_us, t.jitter_us)
        factor = "" if t.real_time_factor is None else _short(t.real_time_factor)
        cells = (str(t.buffer_size), _short(t.ns_per_sample), _metric(t.samples_per_second), factor)
        table.add_row(*((name or "",) if named else ()), *cells, *map(_short, times))
    return table


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _metric(value: float) -> str:
    """Return three or four figures with k or M behind them."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return _short(value / size) + letter
    return _short(value)


def kilobytes(count: int) -> str:
    """Return a byte count in kB."""
    return f"{count / 1000:.1f} kB"


def surroundings_line(machine: dict[str, Any], versions: dict[str, str]) -> str:
    """Return machine and versions in one line."""
    return f"{', '.join(map(str, machine.values()))}; {', '.join(f'{name} {v}' for name, v in versions.items())}"


def describe_processor(processor: Any, sample_rate: float) -> dict[str, Any]:
    """Return what a report says of a processor besides its times."""
    said: dict[str, Any] = {"processor": f"{processor!r:.120}"}
    model = getattr(processor, "model", None)
    if isinstance(processor, NeuralEffect) and isinstance(model, Model):
        said["processor"] = f"{type(processor).__name__} of {model.path.name if model.path else 'a model without a file'}"
        said |= held_bytes(processor, sample_rate)
        if model.path and model.path.is_file():
            begun = time.perf_counter()
            NeuralEffect(load(model.path))
            said |= {"load_seconds": time.perf_counter() - begun, "file_bytes": model.path.stat().st_size}
    return said


def held_bytes(effect: NeuralEffect, sample_rate: float) -> dict[str, int]:
    """Return the bytes of packed weights, and of state and memory, that playing one channel takes."""
    program = Player([effect]).program(sample_rate, 1)
    return {"weight_bytes": program.weight_bytes, "state_bytes": program.state_bytes}
