"""What lies in a capture folder while it is being made: the lock, the plan, a row for each finished take, leftovers.

A folder at a URL has no lock of its own, and no files half there that carry their name: a take counts once its row is there.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...models.dataset import RECORD_NAME, TAKES_NAME, Take
from ...models.dataset_gestures import Gesture
from ...models.errors import CaptureError
from ...models.files import cache_folder, sha256_of, wav_bytes
from ...models.locations import Location, RemotePath
from ..one_writer import only_writer
from ..plugins.cache import recall, write_json
from .plan import PlannedGesture, PlannedTake

PROGRESS_FOLDER = ".progress"  # the plan, the checks, and a row for each finished take


def sweep(folder: Location) -> None:
    """Remove the temporary files of processes that were killed."""
    if isinstance(folder, RemotePath):
        return
    for place in ("wet", "dry", PROGRESS_FOLDER, "."):
        for leftover in (folder / place).glob(".*.*"):
            if leftover.suffix in (".part", ".tmp"):
                leftover.unlink(missing_ok=True)


def read_plan(folder: Location) -> dict[str, Any] | None:
    """Return what is to be captured into `folder`, or None."""
    return recall(folder / PROGRESS_FOLDER / "plan.json")


def hash_of_plan(plan: dict[str, Any]) -> str:
    """Return a hash by which one plan is told from another."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def keep_plan(folder: Location, request: dict[str, Any]) -> None:
    """Keep what is to be captured. Raises CaptureError where the folder was begun with something else."""
    request = json.loads(json.dumps(request))
    before = read_plan(folder)
    if before is None:
        if (folder / RECORD_NAME).is_file() or (folder / TAKES_NAME).is_file():
            raise CaptureError(f"{folder} holds a capture without its plan: pass another folder, or delete this one")
        write_json(folder / PROGRESS_FOLDER / "plan.json", request)
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


def row_file(folder: Location, number: int) -> Location:
    """Return where a take's row goes once its audio is in place."""
    return folder / PROGRESS_FOLDER / f"take_{number:04d}.json"


def missing_takes(folder: Location, planned: list[Any]) -> list[Any]:
    """Return the takes and gestures that do not count yet: one counts when its row is there and its audio is what the row says.

    At a URL only the length of the audio is looked at, in two listings: nothing is fetched.
    """
    if not isinstance(folder, RemotePath):
        return [p for p in planned if not _is_done(folder, p)]
    rows, audio = (folder / PROGRESS_FOLDER).sizes(), (folder / "wet").sizes()
    head = len(wav_bytes(np.zeros(0, np.float32), 48000))
    whole = {p.number: head + 4 * p.frames for p in planned}
    return [p for p in planned if not rows.get(row_file(folder, p.number).name)
            or audio.get(p.file_name.rpartition("/")[2]) != whole[p.number]]  # fmt: skip


def _is_done(folder: Path, planned: Any) -> bool:
    row = recall(row_file(folder, planned.number))
    if row is None or not row.get("sha256") or row.get("told") != getattr(planned, "told", None):
        return False
    files = {planned.file_name: row["sha256"], **row.get("given_sha256", {})}
    return all(sha256_of(folder / name) == sha256 for name, sha256 in files.items())


def finished_gesture(folder: Location, p: PlannedGesture) -> Gesture:
    """Return the row of a finished gesture. Raises CaptureError where it has gone."""
    row = {key: value for key, value in _row(folder, p.number).items() if key not in ("told", "given_sha256")}
    return Gesture(p.file_name, p.dry_file_name, p.dry_start, p.frames, p.values, p.kinds, p.curves, p.given, **row)


def _row(folder: Location, number: int) -> dict[str, Any]:
    row = recall(row_file(folder, number))
    if row is None:
        raise CaptureError(f"{row_file(folder, number)} has gone: run the capture again")
    return row


def finished_take(folder: Location, p: PlannedTake) -> Take:
    """Return the row of a finished take. Raises CaptureError where it has gone."""
    row = _row(folder, p.number)
    return Take(p.file_name, p.dry_file_name, p.dry_start, p.frames, p.setting, p.split, p.values, p.raw, p.replicate_of, **row)


@contextmanager
def locked(folder: Location) -> Iterator[None]:
    """Keep a second capture out of the folder; the lock goes with the process that holds it.

    That of a folder at a URL lies in this machine's cache: a second machine's capture is the caller's care.
    """
    if isinstance(folder, RemotePath):
        for part in (".", "dry", "wet", PROGRESS_FOLDER):
            (folder if part == "." else folder / part).make_folder()
        file = cache_folder() / "locks" / hashlib.sha256(str(folder).encode()).hexdigest()[:20]
    else:
        file = folder / PROGRESS_FOLDER / "lock"
    busy = CaptureError(f"another capture is writing into {folder}: wait for it, or pass another folder")
    with only_writer(file, busy):
        yield


def last_speed(folder: Location) -> dict[str, Any] | None:
    """Return how busy the workers of the last capture into `folder` were: efficiency, wall seconds, workers, …"""
    return recall(folder / PROGRESS_FOLDER / "speed.json")
