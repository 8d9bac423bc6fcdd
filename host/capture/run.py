"""capture: from a target and its knobs to a capture folder, resumable at any moment."""

import hashlib
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...models.dataset import CaptureFolder, CaptureRecord, DryRecording, Take, read_mono
from ...models.dataset_gestures import write_gestures
from ...models.dataset_writing import write_record, write_takes
from ...models.errors import InvalidType, InvalidValue
from ...models.files import sha256_of, wav_bytes, write_wav
from ...models.locations import Location, location_of
from ...models.parameter import Parameter
from .._distributed import distributed
from ..measure import difference
from ..place import Place
from ..recipe import describe
from .checks import warnings_of
from .dry import Source, dry_file_name, sources_of
from .gestures import check_gestures, plan_gestures
from .placed import Arrived, arrive
from .plan import PlannedTake, given_settings, plan_takes, sample_settings
from .progress import finished_gesture, finished_take, keep_plan, locked, sweep
from .rendering import crew_for, render
from .target import Ranges, as_processor, identity_of, rows_of
from .versions import versions

Progress = Callable[[str, float, float, str], None]
SHORT_DRY_SECONDS = 180.0


def capture(
    target: Any,
    knobs: Ranges | Iterable[str],
    out: str | Location,
    *,
    place: int | str | None = None,
    dry: str | Path | Sequence[str | Path] | None = None,
    settings: int | Sequence[Mapping[str, Any]] = 64,
    validation_settings: int | Sequence[Mapping[str, Any]] = 8,
    seconds_per_take: float = 30.0,
    seed: int = 0,
    workers: int | None = None,
    scheduler: Any = None,
    unseen: int | Sequence[str] = 2,
    validation: int | Sequence[str] = 1,
    sample_rate: int = 48000,
    excitation_seconds: float = 240.0,
    gestures: int = 0,
    receptive_field_seconds: float = 0.0427,
    take_timeout: float = 300.0,
    progress: Progress | None = None,
) -> CaptureFolder:
    """Render dry/wet pairs of a target over its knobs into a folder.

    Run again after a kill, with the same arguments, it completes the folder; the result is the same to the byte.

    Args:
        target: path of a .vst3, a Plugin, one of our effects, a native pedalboard plugin, a Chain, a Mix or a Graph.
        knobs: names, or name → (minimum, maximum); a native plugin needs the ranges. A third, "linear" or "log", says along
            which scale settings are drawn and the net is told of them; unless given it is the target's own.
        out: the folder, made where missing, or a URL that fsspec knows (s3://, gs://, ftp://, …): one capture writes there.
        place: index in a Chain or Mix, or name of a node of a Graph: the processor there is the target, and what arrives
            there of the recordings its dry side. `knobs` are then its own. None: `target` as a whole.
        dry: audio files and folders of any rate and channel count; None: the built-in excitation.
        settings: how many knob settings to train on (corners and scrambled Sobol points), or the settings themselves.
        validation_settings: the same for validation, kept apart.
        seconds_per_take: of dry audio a setting gets; takes walk evenly around the training recordings.
        seed: of settings, splits and excitation.
        workers: processes of this machine; None: one a core.
        scheduler: address of a dask scheduler (tcp://host:8786), a dask cluster or client: its workers render, one process a
            thread of theirs, and write into `out`, which they must see. Workers may come and go; those that are lost cost
            the takes they were at. None: this machine renders.
        unseen: recordings no training and no validation sees, for evaluation: how many, or their file names.
        validation: recordings for validation: how many, or their file names.
        sample_rate: in Hz.
        excitation_seconds: length of the built-in training signal.
        gestures: takes of 6 s over the unseen recordings during which all knobs move (ramps, steps, smooth curves, swings,
            from 2 s a move to 20 ms): no training sees them, `evaluate` judges a twin on them. A finished capture gets
            them, or more of them, when it is run again.
        receptive_field_seconds: how far back the net to be trained hears (the default net's); a longer tail gives a warning.
        take_timeout: seconds one take may take.
        progress: called as progress(stage, done, total, note).

    Raises:
        CaptureError: the folder holds another capture (the differences are named), the target keeps failing, or there is no
            scheduler, no worker, or one that has another plugin or version.
        FileProblem: a file that cannot be read, or a folder that cannot be written (full disk, no permission).
        UnknownName, InvalidValue, InvalidType: a knob, a range or a number that is not allowed.
        PluginError, MissingExtra: the plugin cannot be loaded, or pedalboard or dask.distributed is missing.
    """
    _check_numbers(seconds_per_take, sample_rate, workers, seed)
    if scheduler is not None and workers is not None:
        raise InvalidValue(f"workers = {workers} are of this machine; those of a scheduler all take part: leave workers out")
    distributed()  # before anything is rendered
    tell: Progress = progress or (lambda *_: None)
    where = None if place is None else Place(target, place)
    processor = as_processor(target) if where is None else where.processor
    rows = rows_of(processor, knobs)
    check_gestures(gestures, rows)
    chosen = {
        "train": _settings(rows, settings, seed, True),
        "validation": _settings(rows, validation_settings, seed + 7919, False),
    }
    sources, warnings = sources_of(dry, sample_rate, seed, unseen, validation, excitation_seconds)
    tell("dry", 0, len(sources), "reading the dry recordings")
    folder = location_of(out)
    arrived = None if where is None else arrive(where, sources, sample_rate, folder, tell)
    if arrived is not None:
        sources, warnings = arrived.sources, warnings + arrived.warnings
    recordings = [_recording(i, s, sample_rate) for i, s in enumerate(sources)]
    unheard = [(r.file_name, r.frames) for r in recordings if r.split == "test"]
    check_gestures(gestures, rows, len(unheard))
    with locked(folder):
        planned = _plan(folder, processor, rows, chosen, recordings, seconds_per_take, sample_rate, seed, arrived)
        stood = {} if arrived is None else arrived.keep(folder, recordings, sample_rate)
        for recording, source in zip(recordings, sources, strict=True):
            if sha256_of(folder / recording.file_name) != recording.sha256:
                write_wav(folder / recording.file_name, source.audio, sample_rate)
        identity = identity_of(processor)
        crew = crew_for(folder, identity, take_timeout, workers, scheduler)
        moving = plan_gestures(rows, unheard, gestures, sample_rate, seed, len(planned)) if gestures else []
        checks = render(folder, [*planned, *moving], recordings, crew, sample_rate, tell)
        sweep(folder)
        takes = [finished_take(folder, p) for p in planned]
        checks["replicate_esr"] = _replicate_esr(folder, planned, sample_rate)
        train_seconds = sum(r.frames for r in recordings if r.split == "train") / sample_rate
        if train_seconds < SHORT_DRY_SECONDS:
            more = f"{SHORT_DRY_SECONDS:.0f} s or more is better"
            warnings.append(f"only {train_seconds:.0f} s of dry audio to train on; {more}")
        warnings += warnings_of(checks, checks["replicate_esr"], receptive_field_seconds) + _flags(takes)
        latency = checks.pop("latency")
        latency["measured"] = latency["reported"] + latency.pop("left")
        write_takes(folder, rows, takes)
        if moving:
            write_gestures(folder, [finished_gesture(folder, p) for p in moving])
        write_record(folder, CaptureRecord(
            target=describe(processor), identity=identity, sample_rate=sample_rate, knobs=rows, seed=seed,
            dry=tuple(recordings), versions=_versions(), latency=latency, checks=checks, warnings=tuple(warnings), place=stood,
        ))  # fmt: skip
    return CaptureFolder.open(folder)


def _check_numbers(seconds: float, sample_rate: float, workers: int | None, seed: int) -> None:
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InvalidType(f"seed is a whole number from 0, got {seed!r}")
    if not 1.0 <= seconds <= 3600:
        raise InvalidValue(f"seconds_per_take = {seconds:g} is outside 1 to 3600")
    if not 8000 <= sample_rate <= 768_000:
        raise InvalidValue(f"sample_rate = {sample_rate} Hz is outside 8000 to 768000")
    if workers is not None and not 1 <= workers <= 256:
        raise InvalidValue(f"workers = {workers} is outside 1 to 256")


def _settings(
    rows: Sequence[Parameter], wanted: int | Sequence[Mapping[str, Any]], seed: int, corners: bool
) -> list[dict[str, Any]]:
    if not isinstance(wanted, int):
        return given_settings(rows, wanted)
    if wanted < 1:
        raise InvalidValue(f"{wanted} knob settings: at least 1 is needed")
    return sample_settings(rows, wanted, seed, corners)


def _recording(index: int, source: Source, sample_rate: float) -> DryRecording:
    sha256 = hashlib.sha256(wav_bytes(source.audio, sample_rate)).hexdigest()
    return DryRecording(dry_file_name(index, source.name), source.name, sha256, len(source.audio), source.split)


def _plan(
    folder: Location, processor: Any, rows: Sequence[Parameter], chosen: dict[str, list[dict[str, Any]]],
    recordings: list[DryRecording], seconds: float, sample_rate: float, seed: int, arrived: Arrived | None,
) -> list[PlannedTake]:  # fmt: skip
    """Return the takes; the folder's plan has to be the same one, or there has to be none."""
    pools = {split: [(r.file_name, r.frames) for r in recordings if r.split == split] for split in ("train", "validation")}
    planned = plan_takes(rows, chosen, pools, seconds, sample_rate)
    request = {
        "target": describe(processor),
        "knobs": [k.to_dict() for k in rows],
        "settings": chosen["train"],
        "validation_settings": chosen["validation"],
        "dry": [asdict(r) for r in recordings],
        "seconds_per_take": seconds,
        "sample_rate": sample_rate,
        "seed": seed,
        **({} if arrived is None else {"place": arrived.request()}),
    }
    keep_plan(folder, request)
    return planned


def _replicate_esr(folder: Location, planned: list[PlannedTake], sample_rate: float) -> float:
    found = [0.0]
    for p in planned:
        if p.replicate_of is not None:
            first, again = (read_mono(folder / planned[n].file_name, sample_rate) for n in (p.replicate_of, p.number))
            found.append(difference(first, again))
    return max(found)


def _flags(takes: list[Take]) -> list[str]:
    cases = {
        "exceed full scale (kept as they are, in float)": [t.number for t in takes if t.clipped_samples],
        "are silent": [t.number for t in takes if t.silent],
        "have an offset above 1 % of full scale": [t.number for t in takes if abs(t.dc) > 0.01],
    }
    return [f"{len(n)} of {len(takes)} takes {what}: {', '.join(map(str, n[:8]))}{', …' if len(n) > 8 else ''}"
            for what, n in cases.items() if n]  # fmt: skip


def _versions() -> dict[str, str]:
    found = {name: version for name, version in versions().items() if version}
    return {**found, "python": platform.python_version(), "platform": platform.platform()}
