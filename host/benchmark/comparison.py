"""Comparison: one model file on several engines, at several block sizes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...effects import NeuralEffect
from ...models.errors import InvalidValue, MissingExtra
from ...models.model import Model, load
from ..machine import machine, versions
from .against import OutsideEngine
from .benchmark import noise
from .compiled_host import CompiledHost
from .engines import ENGINES, OURS
from .fresh import FreshStart, fresh_start
from .race import Ratio, check_rounds, check_seconds, race_engines, race_outside
from .report import held_bytes
from .timing import Timing, timer_ns

ALL = "all"
ENGINE_PACKAGES = ("torch", "onnxruntime", "llvmlite")


@dataclass
class Comparison:
    """What one model file costs.

    Attributes:
        name: of the file.
        weights, multiply_adds: how many; the latter a sample.
        sample_rate: in Hz.
        file_bytes, weight_bytes, state_bytes: of the file, of the packed weights, of one channel's state.
        start: loading and first block in a fresh process.
        timings: engine → one timing a block size, called from Python.
        compiled_ns: block size → ns a sample under a compiled loop of blocks.
        ratios: ours over each outside engine.
        left_out: engine → why it did not play.
        rounds, seconds, seed: how it was measured: rounds of interleaved turns over seconds of seeded noise.
    """

    name: str
    weights: int
    multiply_adds: int
    sample_rate: float
    file_bytes: int
    weight_bytes: int
    state_bytes: int
    start: FreshStart
    rounds: int
    seconds: float
    seed: int
    timings: dict[str, list[Timing]] = field(default_factory=dict)
    compiled_ns: dict[int, float] = field(default_factory=dict)
    ratios: list[Ratio] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    timer_ns: float = field(default_factory=timer_ns)
    machine: dict[str, Any] = field(default_factory=machine)
    versions: dict[str, str] = field(default_factory=lambda: versions(*ENGINE_PACKAGES))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        plain = dict(self.__dict__)
        plain["start"], plain["ratios"] = self.start.to_dict(), [r.to_dict() for r in self.ratios]
        plain["timings"] = {name: [t.to_dict() for t in timings] for name, timings in self.timings.items()}
        plain["compiled_ns"] = {str(block): ns for block, ns in self.compiled_ns.items()}
        return plain


def compare(path: str | Path, *, block_sizes: Sequence[int] = (64,), engines: Sequence[str] = (OURS,),
            against: Sequence[OutsideEngine] = (), rounds: int = 9, seconds: float = 0.5, seed: int = 0,
            loading: dict[str, Any] | None = None) -> Comparison:  # fmt: skip
    """Measure one model file.

    Args:
        path: any model file `wetdry.models.load` reads.
        block_sizes: samples a block, one row of figures each.
        engines: names out of `ENGINES`, or "all": those that are installed and can play it.
        against: outside engines to take turns with, at every block size.
        rounds: interleaved turns of each.
        seconds: length of the seeded noise that is played.
        seed: of the noise.
        loading: keyword arguments for `load`.

    Raises:
        UnknownName, MissingExtra, InvalidValue, PluginError: an engine does not exist, is not installed, cannot play
            the model; an outside engine fails. FileProblem, ModelFileError: the file.
    """
    path = Path(path)
    model = load(path, **(loading or {}))
    check_rounds(rounds)
    check_seconds(seconds)
    _check_mono(path, model)
    rate = model.spec.sample_rate
    held, start = held_bytes(NeuralEffect(model), rate), fresh_start(path, loading)
    found = Comparison(path.name, model.weight_count, model.spec.multiply_adds, rate, path.stat().st_size,
                       held["weight_bytes"], held["state_bytes"], start, rounds, seconds, seed)  # fmt: skip
    audio = noise(seconds, rate, seed)
    names = _playable(model, engines, found)
    for block in block_sizes:
        for name, timing in race_engines(model, names, audio, block, rounds).items():
            found.timings.setdefault(name, []).append(timing)
        found.compiled_ns[block] = CompiledHost(model, block).best_pass(audio)
        found.ratios += [race_outside(model, path, outside, audio, block, rounds) for outside in against]
    return found


def _check_mono(path: Path, model: Model) -> None:
    if (model.spec.input_channels, model.spec.output_channels) != (1, 1):
        raise InvalidValue(f"{path} takes {model.spec.input_channels} channels and gives {model.spec.output_channels}; "
                           "bench plays mono models")  # fmt: skip


def _playable(model: Model, engines: Sequence[str], found: Comparison) -> list[str]:
    """Return the engines to race; of "all", those that can be built, the others noted in `found.left_out`."""
    if ALL not in engines:
        return list(dict.fromkeys(engines))
    names = []
    for name, build in ENGINES.items():
        try:
            build(model, 64)
        except (MissingExtra, InvalidValue) as error:
            found.left_out[name] = str(error)
        else:
            names.append(name)
    return names
