"""Rendering what a capture lacks: the checks of its target, then the takes, by a crew of workers."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ...models.dataset import DryRecording
from ...models.locations import Location, RemotePath
from ..plugins.cache import recall, write_json
from .checks import lead_samples
from .progress import PROGRESS_FOLDER, hash_of_plan, missing_takes, read_plan, sweep
from .versions import versions

Progress = Callable[[str, float, float, str], None]
SAME_EVERYWHERE = ("wetdry", "pedalboard", "dawdreamer")
SAME_TARGET = ("name", "version", "sha256")  # of a plugin here and on another machine


def crew_for(
    folder: Location, identity: dict[str, Any], take_timeout: float, workers: int | None, scheduler: Any
) -> Callable[[int], Any]:
    """Return what makes the crew for so many takes: of this machine, or of a scheduler's workers (see `capture`)."""
    here = versions()
    start = {
        "folder": folder.url if isinstance(folder, RemotePath) else str(folder.resolve()),
        "plan": hash_of_plan(read_plan(folder) or {}),
        "versions": {name: here[name] for name in SAME_EVERYWHERE if here[name]},
        "identity": {key: identity[key] for key in SAME_TARGET if scheduler is not None and identity.get(key)},
    }
    return partial(_crew, start, take_timeout, workers or _cores(), scheduler)


def _crew(start: dict[str, Any], take_timeout: float, workers: int, scheduler: Any, takes: int) -> Any:
    from .crew import Crew

    return Crew(start, take_timeout, max(min(workers, takes), 1), scheduler)


def _cores() -> int:
    """Return the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def render(
    folder: Location, planned: list[Any], recordings: list[DryRecording], crew_of: Callable[[int], Any],
    sample_rate: float, tell: Progress,
) -> dict[str, Any]:  # fmt: skip
    """Check the target and render what is missing of takes and gestures, by `crew_of(takes)`; return the checks."""
    sweep(folder)
    missing = missing_takes(folder, planned)
    checks_file = folder / PROGRESS_FOLDER / "checks.json"
    checks = recall(checks_file)
    done = len(planned) - len(missing)
    tell("capture", done, len(planned), "" if missing else "complete")
    if checks is not None and not missing:
        return checks
    begun = time.perf_counter()
    with crew_of(len(missing)) as crew:
        if checks is None:
            tell("capture", done, len(planned), "measuring latency, tail and repeatability")
            checks = crew.checks(_spread([p.values for p in planned if p.split == "train"]))
            write_json(checks_file, checks)
        hashes = {r.file_name: r.sha256 for r in recordings}
        shared = {"do": "take", "lead": lead_samples(checks["tail_seconds"], sample_rate), "shift": checks["latency"]["left"],
                  "fresh": not checks["clean"]}  # fmt: skip
        jobs = [{**shared, **p.to_dict(), "file_name": p.file_name, "dry_sha256": hashes[p.dry_file_name]} for p in missing]

        def finished(job: dict[str, Any]) -> None:
            nonlocal done
            done += 1
            tell("capture", done, len(planned), "")

        crew.takes(jobs, finished)
        speed = {**crew.speed(), "start_up_seconds": round(time.perf_counter() - begun - crew.wall_seconds, 3),
                 "takes": len(missing)}  # fmt: skip
        write_json(folder / PROGRESS_FOLDER / "speed.json", speed)
        tell("capture", done, len(planned),
             f"{crew.efficiency:.3f} of {crew.wall_seconds:.1f} s x {crew.workers} workers inside the target")  # fmt: skip
    return checks


def _spread(settings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return up to four settings to check at: first, second and last of the corners and Sobol points, and a middle one."""
    picked = [settings[i] for i in (0, len(settings) // 3, 2 * len(settings) // 3, len(settings) - 1)]
    return [s for i, s in enumerate(picked) if s not in picked[:i]]
