"""capture: from a target and its knobs to a capture folder, resumable at any moment."""

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from ...models.dataset import CaptureFolder, CaptureRecord, DryRecording, Take, read_mono, write_record, write_takes
from ...models.errors import InvalidType, InvalidValue
from ...models.files import sha256_of, wav_bytes, write_wav
from ...models.parameter import Parameter
from ..measure import difference
from ..place import Place
from ..plugins.cache import recall, write_json
from ..recipe import describe
from .checks import lead_samples, warnings_of
from .dry import Source, dry_file_name, sources_of
from .placed import Arrived, arrive
from .plan import PlannedTake, given_settings, plan_takes, sample_settings
from .pool import Pool
from .progress import PROGRESS_FOLDER, finished_take, is_done, keep_plan, locked, row_file, sweep
from .target import Ranges, as_processor, identity_of, rows_of

Progress = Callable[[str, float, float, str], None]
SHORT_DRY_SECONDS = 180.0


def capture(
    target: Any,
    knobs: Ranges | Iterable[str],
    out: str | Path,
    *,
    place: int | str | None = None,
    dry: str | Path | Sequence[str | Path] | None = None,
    settings: int | Sequence[Mapping[str, Any]] = 64,
    validation_settings: int | Sequence[Mapping[str, Any]] = 8,
    seconds_per_take: float = 30.0,
    seed: int = 0,
    workers: int | None = None,
    unseen: int | Sequence[str] = 2,
    validation: int | Sequence[str] = 1,
    sample_rate: int = 48000,
    excitation_seconds: float = 240.0,
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
        out: the folder; made where missing.
        place: index in a Chain or Mix, or name of a node of a Graph: the processor there is the target, and what arrives
            there of the recordings its dry side. `knobs` are then its own. None: `target` as a whole.
        dry: audio files and folders of any rate and channel count; None: the built-in excitation.
        settings: how many knob settings to train on (corners and scrambled Sobol points), or the settings themselves.
        validation_settings: the same for validation, kept apart.
        seconds_per_take: of dry audio a setting gets; takes walk evenly around the training recordings.
        seed: of settings, splits and excitation.
        workers: processes; None: one a core.
        unseen: recordings no training and no validation sees, for evaluation: how many, or their file names.
        validation: recordings for validation: how many, or their file names.
        sample_rate: in Hz.
        excitation_seconds: length of the built-in training signal.
        receptive_field_seconds: how far back the net to be trained hears (the default net's); a longer tail gives a warning.
        take_timeout: seconds one take may take.
        progress: called as progress(stage, done, total, note).

    Raises:
        CaptureError: the folder holds another capture (the differences are named), or the target keeps failing.
        FileProblem: a file that cannot be read, or a folder that cannot be written (full disk, no permission).
        UnknownName, InvalidValue, InvalidType: a knob, a range or a number that is not allowed.
        PluginError, MissingExtra: the plugin cannot be loaded, or pedalboard is missing.
    """
    _check_numbers(seconds_per_take, sample_rate, workers, seed)
    tell: Progress = progress or (lambda *_: None)
    where = None if place is None else Place(target, place)
    processor = as_processor(target) if where is None else where.processor
    rows = rows_of(processor, knobs)
    chosen = {
        "train": _settings(rows, settings, seed, True),
        "validation": _settings(rows, validation_settings, seed + 7919, False),
    }
    sources, warnings = sources_of(dry, sample_rate, seed, unseen, validation, excitation_seconds)
    tell("dry", 0, len(sources), "reading the dry recordings")
    folder = Path(out)
    arrived = None if where is None else arrive(where, sources, sample_rate, folder, tell)
    if arrived is not None:
        sources, warnings = arrived.sources, warnings + arrived.warnings
    recordings = [_recording(i, s, sample_rate) for i, s in enumerate(sources)]
    with locked(folder):
        planned = _plan(folder, processor, rows, chosen, recordings, seconds_per_take, sample_rate, seed, arrived)
        stood = {} if arrived is None else arrived.keep(folder, recordings, sample_rate)
        for recording, source in zip(recordings, sources, strict=True):
            if sha256_of(folder / recording.file_name) != recording.sha256:
                write_wav(folder / recording.file_name, source.audio, sample_rate)
        start = {"folder": str(folder.resolve()), "recipe": describe(processor), "sample_rate": sample_rate}
        checks = _render(folder, planned, recordings, start, workers or _cores(), take_timeout, tell)
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
        write_record(folder, CaptureRecord(
            target=start["recipe"], identity=identity_of(processor), sample_rate=sample_rate, knobs=rows, seed=seed,
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


def _cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    folder: Path, processor: Any, rows: Sequence[Parameter], chosen: dict[str, list[dict[str, Any]]],
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


def _render(
    folder: Path, planned: list[PlannedTake], recordings: list[DryRecording], start: dict[str, Any],
    workers: int, take_timeout: float, tell: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Check the target and render what is missing; return the checks."""
    sweep(folder)
    missing = [p for p in planned if not is_done(folder, p)]
    checks_file = folder / PROGRESS_FOLDER / "checks.json"
    checks = recall(checks_file)
    done = len(planned) - len(missing)
    tell("capture", done, len(planned), "" if missing else "complete")
    if checks is not None and not missing:
        return checks
    begun = time.perf_counter()
    with Pool(max(min(workers, len(missing)), 1), start, take_timeout) as pool:
        if checks is None:
            tell("capture", done, len(planned), "measuring latency, tail and repeatability")
            checks = pool.checks(_spread([p.values for p in planned if p.split == "train"]))
            write_json(checks_file, checks)
        lead = lead_samples(checks["tail_seconds"], start["sample_rate"])
        hashes = {r.file_name: r.sha256 for r in recordings}
        jobs = [{"do": "take", **p.to_dict(), "file_name": p.file_name, "row_file": str(row_file(folder, p).resolve()),
                 "lead": lead, "shift": checks["latency"]["left"], "fresh": not checks["clean"],
                 "dry_sha256": hashes[p.dry_file_name]} for p in missing]  # fmt: skip

        def finished(job: dict[str, Any]) -> None:
            nonlocal done
            done += 1
            tell("capture", done, len(planned), "")

        started = time.perf_counter() - begun
        pool.takes(jobs, finished)
        note = f"{pool.efficiency:.3f} of {pool.wall_seconds:.1f} s x {min(workers, len(missing))} workers inside the target"
        speed = {"efficiency": round(pool.efficiency, 4), "process_seconds": round(pool.process_seconds, 3),
                 "wall_seconds": round(pool.wall_seconds, 3), "start_up_seconds": round(started, 3),
                 "workers": min(workers, len(missing)), "takes": len(missing)}  # fmt: skip
        write_json(folder / PROGRESS_FOLDER / "speed.json", speed)
        tell("capture", done, len(planned), note)
    return checks


def _spread(settings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return up to four settings to check at: first, second and last of the corners and Sobol points, and a middle one."""
    picked = [settings[i] for i in (0, len(settings) // 3, 2 * len(settings) // 3, len(settings) - 1)]
    return [s for i, s in enumerate(picked) if s not in picked[:i]]


def _replicate_esr(folder: Path, planned: list[PlannedTake], sample_rate: float) -> float:
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
    from ... import __version__

    found = {"wetdry": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in ("numpy", "pedalboard"):
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
