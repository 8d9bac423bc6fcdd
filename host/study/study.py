"""study: a reference and its rivals, every net trained for the same time, every figure measured in turns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidValue
from ...models.files import write_wav
from ..capture.target import Ranges, Target, as_processor, rows_of
from ..evaluation.plan import late_samples
from ..evaluation.surroundings import machine, versions
from ..offline import offline_reason
from ..one_writer import only_writer
from .costs import TURN_SECONDS
from .material import passages_of, settings_of, stretches, sweep_of
from .players import turned
from .quality import Questions
from .result import Study
from .rivals import (
    Field,
    Rival,
    Wish,
    add_maths,
    add_model,
    add_processor,
    engines_of,
    name_of,
    reference_of,
    seeded,
    wishes_of,
)  # fmt: skip
from .stand import Stand
from .streaming import unreported_delay
from .twins import Twins

Progress = Callable[[str, float, float, str], None]
BLOCK_SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
RIVALS = ("numpy", "numpy-stateless", "pedalboard", "standard", "lstm", "nam-nano")
KNOBS = {"TubeSaturator": ("drive_db",), "Bitcrusher": ("bit_depth",)}
LARGEST_BLOCK, LEAST_RUNS, MOST_SEEDS = 65536, 1, 20
LOCK = ".lock"


def study(
    reference: Any,
    rivals: Sequence[Any] = RIVALS,
    *,
    out: str | Path,
    knobs: Ranges | Iterable[str] | None = None,
    values: Mapping[str, Any] | None = None,
    engines: Sequence[str] = ("all",),
    minutes: float = 2.0,
    seeds: int = 1,
    runs: int = 5,
    block_sizes: Sequence[int] = BLOCK_SIZES,
    dry: str | Path | Sequence[str | Path] | None = None,
    seconds: float = 6.0,
    sample_rate: int = 48000,
    seed: int = 0,
    turn_seconds: float = TURN_SECONDS,
    capturing: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> Study:
    """Measure what rivals cost and how close they sound to a reference; the same call again goes on where a killed one was.

    Writes into `out`: study.json, costs.csv, quality.csv, seeds.csv, tones.csv, audio/, nets/ (the capture, a folder a net).

    Args:
        reference: a processor that streams, the path of a plugin, an effect.
        rivals: "numpy", "numpy-stateless", "kernels-1x" (2x, 4x, 8x), "pedalboard"; nets as `train` names them;
            "distilled-NET", "pruned-NET", "quantised-NET"; files of models; processors.
        out: folder.
        knobs: that twins have, as `capture` takes them; None: drive_db of TubeSaturator, bit_depth of Bitcrusher, else none.
        values: where the reference's knobs stand; the rest as it comes.
        engines: of every net: "ours", "torch", "torchscript", "onnxruntime", "onnxruntime-int8", or "all".
        minutes: of training, each net from each seed. Several trainings run side by side, one on each core.
        seeds: how often each net is trained, from `seed`, `seed` + 1, …: what is luck in its closeness. The first one's is
            what is timed, and what smaller ones are made of.
        runs: how often each timing and each start is repeated.
        block_sizes: samples a block, two sizes at least.
        dry: recordings, or folders of them; None: the built-in excitation.
        seconds: of each passage that the quality is measured on.
        sample_rate: in Hz.
        seed: of everything that is drawn.
        turn_seconds: that each rival may take in one run at one block size.
        capturing, training: further arguments of `capture` and `train`.
        command: kept in the result.
        progress: called with (stage, done, total, note).

    Raises:
        InvalidValue, UnknownName: a rival, an engine or a number that is not allowed, before anything long.
        FileProblem: another process writes into `out`.
        WetdryError: what `capture` and `train` raise.
    """
    sizes = _checked(block_sizes, runs, seconds, seeds)
    wanted, chosen = wishes_of(rivals), engines_of(engines)
    processor = turned(Target(as_processor(reference), sample_rate).processor, values or {})
    name = name_of(processor)
    reason = offline_reason(processor)
    if reason:
        raise InvalidValue(f"{name} cannot be the reference of a study, which plays in blocks: {reason}")
    captured = _named(KNOBS.get(name, ()) if knobs is None else knobs)
    rows = rows_of(processor, captured)
    out, here = Path(out), {key: knob.value for key, knob in processor.parameters.items()}
    busy = FileProblem(f"another comparison is writing into {out}: wait for it, or pass another --out")
    with only_writer(out / LOCK, busy):
        twins = Twins(out / "nets", processor, captured, seed, minutes,
                      {"sample_rate": sample_rate, "dry": dry, **(capturing or {})}, training or {}, progress,
                      seeds)  # fmt: skip
        twins.train([wish.net for wish in wanted if wish.made == "twin" and wish.net])
        taking_part = _field(processor, name, wanted, chosen, twins, sample_rate)
        settings = settings_of(rows, here, seed)
        parts = stretches(dry, sample_rate, seed, seconds, len(settings), capturing or {})
        swept, unit, sweep = sweep_of(rows, here)
        stand = Stand(out, taking_part.rivals, here, float(sample_rate), runs, seed, turn_seconds, progress)
        whole = stand.builder(taking_part.rivals[0])
        asked = Questions(passages_of(parts, settings, here, whole, taking_part.rivals[0].late_samples), sweep, here,
                          float(sample_rate))  # fmt: skip
        entries = stand.entries(asked, sizes)
        write_wav(out / "audio" / "dry.wav", asked.passages[0].dry, sample_rate)
        found = Study(
            reference=name, values=here, knobs=tuple(row.to_dict() for row in rows), swept=swept, swept_unit=unit,
            sample_rate=float(sample_rate), minutes=minutes, runs=runs, seed=seed, block_sizes=tuple(sizes),
            recordings=tuple(dict.fromkeys(part.name for part in parts)), settings=tuple(settings), excerpt="audio/dry.wav",
            entries=tuple(entries), trained=stand.trained(_of_seeds(wanted, twins), asked), left_out={**taking_part.left_out},
            versions=versions("torch", "onnxruntime", "llvmlite"), machine=machine(), command=command,
        )  # fmt: skip
        found.save(out)
        return Study.load(out)  # as the file has it: rounded


def _of_seeds(wanted: Sequence[Wish], twins: Twins) -> dict[str, list[Rival]]:
    """Return net → what its trainings made, a rival a seed, on our engine; nothing where there is one seed."""
    nets = [wish.net for wish in wanted if wish.made == "twin" and wish.net] if twins.seeds > 1 else []
    return {net: [seeded(net, seed, path) for seed, path in twins.of_seeds(net).items()] for net in nets}


def _checked(block_sizes: Sequence[int], runs: int, seconds: float, seeds: int) -> list[int]:
    sizes = sorted(set(block_sizes))
    if len(sizes) < 2 or not all(1 <= size <= LARGEST_BLOCK for size in sizes):
        raise InvalidValue(f"block sizes {sizes}: two at least, each 1 to {LARGEST_BLOCK}, tell the call from the compute")
    if runs < LEAST_RUNS:
        raise InvalidValue(f"runs = {runs}: {LEAST_RUNS} at least is needed, 5 tell how figures spread")
    if not 1 <= seeds <= MOST_SEEDS:
        raise InvalidValue(f"seeds = {seeds} is outside 1 to {MOST_SEEDS}: 3 tell how much of a net's closeness is luck")
    if not 0.5 <= seconds <= 60:
        raise InvalidValue(f"seconds = {seconds:g} is outside 0.5 to 60")
    return sizes


def _named(knobs: Ranges | Iterable[str]) -> Ranges:
    return dict(knobs) if isinstance(knobs, Mapping) else dict.fromkeys(knobs)


def _field(
    processor: Any, name: str, wanted: Sequence[Wish], engines: Sequence[str], twins: Twins, sample_rate: float
) -> Field:
    taking_part = Field([reference_of(processor, name)])
    for wish in wanted:
        if wish.made:
            add_model(taking_part, wish.name, wish.made, twins.make(wish), engines, sample_rate)
        elif wish.processor is not None:
            add_processor(taking_part, wish, twins.knobs, sample_rate)
        else:
            add_maths(taking_part, wish, processor, name)
    late = late_samples(twins.folder) if twins.made else unreported_delay(processor, sample_rate)
    taking_part.rivals[0] = replace(taking_part.rivals[0], late_samples=late)
    return taking_part
