"""What lies in a capture folder while it is being made: the lock, a row for each finished take, leftovers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...models.dataset import RECORD_NAME, TAKES_NAME, Take
from ...models.errors import CaptureError, FileProblem
from ...models.files import sha256_of
from ..plugins.cache import recall, write_json
from .plan import PlannedTake

PROGRESS_FOLDER = ".progress"  # the plan, the checks, and a row for each finished take


def sweep(folder: Path) -> None:
    """Remove the temporary files of processes that were killed."""
    for place in ("wet", "dry", PROGRESS_FOLDER, "."):
        for leftover in (folder / place).glob(".*.*"):
            if leftover.suffix in (".part", ".tmp"):
                leftover.unlink(missing_ok=True)


def keep_plan(folder: Path, request: dict[str, Any]) -> None:
    """Keep what is to be captured. Raises CaptureError where the folder was begun with something else."""
    request = json.loads(json.dumps(request))
    file = folder / PROGRESS_FOLDER / "plan.json"
    before = recall(file)
    if before is None:
        if (folder / RECORD_NAME).exists() or (folder / TAKES_NAME).exists():
            raise CaptureError(f"{folder} holds a capture without its plan: pass another folder, or delete this one")
        write_json(file, request)
    elif before != request:
        differing = [_difference(key, before.get(key), request[key]) for key in request if before.get(key) != request[key]]
        raise CaptureError(
            f"{folder} holds another capture, with other {'; '.join(differing)}: pass another folder, or delete this one"
        )


def _difference(key: str, before: Any, now: Any) -> str:
    if isinstance(before, int | float) and isinstance(now, int | float):
        return f"{key} ({before:g} there, {now:g} now)"
    if isinstance(before, list) and isinstance(now, list) and len(before) != len(now):
        return f"{key} ({len(before)} there, {len(now)} now)"
    return key


def row_file(folder: Path, planned: PlannedTake) -> Path:
    """Return where a take's row goes once its audio is in place."""
    return folder / PROGRESS_FOLDER / f"take_{planned.number:04d}.json"


def is_done(folder: Path, planned: PlannedTake) -> bool:
    """A take counts when its row is there and its audio is what the row says."""
    row = recall(row_file(folder, planned))
    return row is not None and bool(row.get("sha256")) and sha256_of(folder / planned.file_name) == row["sha256"]


def finished_take(folder: Path, p: PlannedTake) -> Take:
    """Return the row of a finished take. Raises CaptureError where it has gone."""
    row = recall(row_file(folder, p))
    if row is None:
        raise CaptureError(f"{row_file(folder, p)} has gone: run the capture again")
    return Take(p.file_name, p.dry_file_name, p.dry_start, p.frames, p.setting, p.split, p.values, p.raw, p.replicate_of, **row)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a second capture out of the folder; the lock goes with the process that holds it."""
    try:
        (folder / PROGRESS_FOLDER).mkdir(parents=True, exist_ok=True)
        lock = (folder / PROGRESS_FOLDER / "lock").open("a")
    except OSError as error:
        raise FileProblem(f"cannot write into {folder}: {error.strerror or error}") from None
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows: one capture a folder is the caller's care
            pass
        except OSError:
            raise CaptureError(f"another capture is writing into {folder}: wait for it, or pass another folder") from None
        yield


def last_speed(folder: Path) -> dict[str, Any] | None:
    """Return how busy the workers of the last capture into `folder` were: efficiency, wall seconds, workers, …"""
    return recall(folder / PROGRESS_FOLDER / "speed.json")
