"""evaluate: from a twin and the capture it learned from to figures, audio and a certificate."""

from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...models.dataset import CaptureFolder
from ...models.errors import InvalidType, InvalidValue, PluginError
from ...models.locations import Location
from ...models.model import Model, load
from ..place import Place
from . import surroundings
from .bench import Bench
from .gestures import gestures_of, refuse_recorded
from .journal import Journal
from .measuring import Progress, measure, written_clips, written_moving_clips
from .plan import Plan, Surroundings, late_samples, place_of, plan_of, silence_samples
from .playing import check_cabinet, oversampling_of, player
from .recorded import RecordedBench, is_recorded, recorded_settings
from .recordings import kept_recordings
from .result import Evaluation
from .settings import draw_settings
from .workers import Workers


def evaluate(
    twin: Model | str | Path,
    capture_folder: CaptureFolder | str | Location,
    out: str | Path,
    *,
    target: Any = None,
    settings: int = 16,
    corners: bool = True,
    seed: int = 0,
    seconds: float | None = None,
    chain: Any = None,
    place: int | str | None = 0,
    cabinet: str | Path | None = None,
    gestures: int | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Evaluation:
    """Put the twin in the target's place, render both on what no training saw, and measure how close they are.

    Cells are `settings` seeded knob settings, spread evenly and drawn apart from the capture's, plus all corners,
    times the capture's "test" recordings (fresh built-in excitation where it kept none). Each is compared with the
    twin, the dry recording, the target at the nearest captured setting, and the target rendered again.

    In a `chain`, each recording is played into the chain: target and twin are fed what arrives at their place, and
    compared there; and each stands in its place, and the outputs of the whole chain are compared (`there` in each cell).

    Writes evaluation.json, evaluation.csv and audio/ into `out`, and cells.jsonl while it runs: a killed evaluation
    goes on where it was; one of another twin, seed or capture starts over.

    Args:
        twin: a model, or the file of one.
        capture_folder: the capture it was trained on, or where it lies: a folder or a URL.
        out: folder, made if missing.
        target: the processor that was captured; None rebuilds it from the capture's record. Recorded gear has none: the
            cells are then what was kept of its recordings, in place of drawn settings and corners.
        settings: how many settings to draw, 0 or more.
        corners: whether the corners are visited too.
        seed: of the settings.
        seconds: use only that much of each recording, its loudest stretch; None: all of it.
        chain: a Chain, Mix or Graph whose processor at `place` gives way to the target, then to the twin. None: the one
            that was captured with a place; where there is none, they stand alone.
        place: index in the chain or mix, or name of a node of the graph. None: they stand alone, wherever they were captured.
        cabinet: file of the impulse response that the twin was trained in front of: what was recorded through it is compared
            with the twin played through it.
        gestures: how many takes with moving knobs to judge, drawn and rendered now, at the place without the whole. None:
            those that the capture recorded.
        workers: processes to render in; 0 renders in this one.
        progress: called with ("evaluate", cells and gestures done, all of them, note).

    Raises:
        CaptureError, ModelFileError, FileProblem: what is read is missing or broken, or `out` cannot be written.
        InvalidType, InvalidValue: the twin's knobs or rate are not the capture's, or a number is out of range.
        PluginError: the target crashed, or answers with another length or samples that are not finite.
    """
    model, path = _model(twin)
    folder = capture_folder if isinstance(capture_folder, CaptureFolder) else CaptureFolder.open(capture_folder)
    out = Path(out)
    _check(model, folder, settings, seconds, workers)
    recorded = is_recorded(folder) and target is None
    if recorded and chain is not None:
        raise InvalidValue("recorded gear cannot be played in a chain; evaluate its twin alone, or pass a target")
    check_cabinet(model, cabinet, recorded)
    where = None if recorded or place is None else place_of(folder, chain, place)
    knobs = folder.record.knobs
    visited = recorded_settings(folder) if recorded else draw_settings(knobs, folder.takes, settings, seed, corners=corners)
    if not visited:
        raise InvalidValue("settings = 0 and corners = False leave nothing to evaluate")
    recordings = kept_recordings(folder, out, seed, seconds, played=where is not None)
    if recorded:
        refuse_recorded(gestures)
    moving = gestures_of(folder, recordings, gestures, seed)
    plan = None if recorded else plan_of(model, folder, target, where, recordings)
    options = {
        "seed": seed,
        "settings": settings,
        "corners": corners,
        "seconds": seconds,
        "silence_samples": silence_samples(folder),
        **({"cabinet": model.training["cabinet"]} if cabinet is not None and "cabinet" in model.training else {}),
        **({"gestures": [g.key for g in moving]} if moving else {}),
    }
    journal = Journal(out / "cells.jsonl", _key(model, folder, options, recordings, plan or {"in_process": repr(target)}))
    here = None if plan and workers else _bench_here(model, folder, plan, target, where, recordings, cabinet)
    crew = Workers(plan, max(workers, 1), here)
    try:
        cells, probes, moved, speed = measure(crew, journal, visited, len(recordings), moving, progress)
        kept = written_clips(crew, out, cells, visited, folder.record.sample_rate)
        kept += written_moving_clips(crew, out, moved, moving, folder.record.sample_rate)
    except BrokenProcessPool:
        raise PluginError(
            "a worker process died while the target rendered; what is finished is kept, run evaluate again, "
            "or with workers=0 to see the crash itself"
        ) from None
    finally:
        crew.close()
    record = folder.record
    return Evaluation(
        name=str(record.identity.get("name") or record.target.get("name") or "target"),
        identity=record.identity,
        sample_rate=record.sample_rate,
        knobs=[k.to_dict() for k in record.knobs],
        twin=surroundings.about_twin(model, path),
        options={**options, "gestures": len(moving)},
        capture=surroundings.about_capture(folder),
        settings=[s.to_dict() for s in visited],
        recordings=[r.to_dict() for r in recordings],
        cells=cells,
        probes=probes,
        speed=speed,
        clips=kept,
        versions=surroundings.versions(),
        machine=surroundings.machine(),
        warnings=_warnings(folder, cells),
        place=_said(where, folder),
        gestures=moved,
    ).save(out)


def _model(twin: Any) -> tuple[Model, Path | None]:
    if isinstance(twin, Model):
        return twin, twin.path if twin.path and twin.path.exists() else None
    if isinstance(twin, str | Path):
        return load(twin), Path(twin)
    raise InvalidType(f"twin is a Model or the path of one, got {twin!r:.80}")


def _check(model: Model, folder: CaptureFolder, settings: int, seconds: float | None, workers: int) -> None:
    names, wanted = [k.name for k in model.spec.knobs], list(folder.knob_names)
    if names != wanted:
        raise InvalidValue(
            f"the twin has the knobs {names}, the capture {wanted}; evaluate it on the capture it was trained on"
        )
    if oversampling_of(model, folder.record.sample_rate) is None:
        rates = f"{model.spec.sample_rate:g} Hz, the capture's {folder.record.sample_rate:g} Hz"
        raise InvalidValue(f"the twin's sample rate is {rates}; evaluate it on the capture it was trained on")
    for name, value, low, high in (("settings", settings, 0, 4096), ("workers", workers, 0, 256)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidType(f"{name} is a whole number, got {value!r}")
        if not low <= value <= high:
            raise InvalidValue(f"{name} = {value} is outside {low} to {high}")
    if seconds is not None and not 0.5 <= seconds < 1e5:
        raise InvalidValue(f"seconds = {seconds!r}: at least 0.5 s of each recording are needed")


def _bench_here(
    model: Model,
    folder: CaptureFolder,
    plan: Plan | None,
    target: Any,
    where: Any,
    recordings: list,
    cabinet: str | Path | None,
) -> Bench | RecordedBench:
    from ..recipe import build

    if target is None and is_recorded(folder):
        return RecordedBench(model, folder, recordings, cabinet)
    if plan is not None:
        return Bench.from_plan(plan, target)
    target = build(folder.record.target) if target is None else target
    dry, rate = [r.read() for r in recordings], folder.record.sample_rate
    place = where.build() if isinstance(where, Surroundings) else where
    return Bench(target, player(model), dry, rate, silence_samples(folder), late_samples(folder), place)


def _said(where: Place | Surroundings | None, folder: CaptureFolder) -> dict[str, Any] | None:
    """Return what the page says of the place."""
    if where is None:
        return None
    name, kind = (
        (where.name, type(where.whole).__name__) if isinstance(where, Place) else (where.place, where.whole.get("kind", ""))
    )
    return {"name": name, "of": kind.lower(), "captured_there": bool(folder.record.place)}


def _key(model: Model, folder: CaptureFolder, options: dict, recordings: list, plan: Plan | dict[str, Any]) -> dict[str, Any]:
    about = plan if isinstance(plan, dict) else {"target": plan.target}
    if isinstance(plan, Plan) and plan.surroundings:
        about = {**about, **asdict(plan.surroundings)}
    return {
        "format_version": 3,
        "twin": surroundings.weights_hash(model),
        "capture": folder.data_hash,
        "identity": folder.record.identity,
        "options": options,
        "recordings": [r.to_dict() for r in recordings],
        "recipe": about,
    }


def _warnings(folder: CaptureFolder, cells: list[dict[str, Any]]) -> list[str]:
    found = []
    floor = [c["replicate_esr"] for c in cells if c["replicate_esr"] is not None]
    if max(floor, default=0) > 1e-6:
        found.append(
            f"The target is not repeatable: played twice, it differs from itself by an ESR of up to {max(floor):.2g}. "
            "No clone can be closer than that."
        )
    if all(d.split != "test" for d in folder.record.dry):
        found.append("The capture kept no recording back: the cells play fresh built-in excitation, not music.")
    return found
