"""Gestures in a capture folder: takes during which the knobs moved. No training sees them; an evaluation plays them.

gestures.json    a row for each; the audio lies in wet/, and for each knob a mono WAV of where it stood at every sample
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .dataset import CaptureRecord, WetAudio, safe_name
from .dataset_reading import plain_text
from .errors import CaptureError
from .files import write_atomically
from .locations import Location

GESTURES_NAME = "gestures.json"
FORMAT_VERSION = 1
MOST_GESTURES = 4096


@dataclass(frozen=True)
class Gesture(WetAudio):
    """One take with moving knobs; what was played is of split "test".

    Attributes:
        values: knob → where it stands before the gesture, and throughout where it has no curve.
        kinds: knob → how it moves: "ramp", "step", "smooth" or "lfo".
        curves: knob → plain data of the curve it was to follow, in its unit (`host.automation` reads it).
        given: knob → mono WAV of where the target had it, in its unit, a choice by its index: a plugin is turned in steps.
    """

    values: Mapping[str, Any]
    kinds: Mapping[str, str]
    curves: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, str]


_KINDS: dict[str, tuple[type, ...]] = {
    "file_name": (str,), "dry_file_name": (str,), "dry_start": (int,), "frames": (int,), "values": (dict,), "kinds": (dict,),
    "curves": (dict,), "given": (dict,), "peak_dbfs": (int, float), "rms_dbfs": (int, float), "dc": (int, float),
    "clipped_samples": (int,), "silent": (bool,), "sha256": (str,), "dry_sha256": (str,),
}  # fmt: skip


def write_gestures(folder: Location, gestures: Iterable[Gesture]) -> None:
    """Write gestures.json, atomically."""
    data = {"format_version": FORMAT_VERSION, "gestures": [asdict(g) for g in gestures]}
    write_atomically(folder / GESTURES_NAME, json.dumps(data, indent=1).encode() + b"\n")


def read_gestures(path: Location, record: CaptureRecord) -> tuple[Gesture, ...]:
    """Read gestures.json; none where there is no such file. Raises CaptureError naming file, row and field."""
    if not path.is_file():
        return ()
    try:
        data = json.loads(plain_text(path))
    except (ValueError, RecursionError) as error:
        raise CaptureError(f"{path}: content: not JSON ({error})") from None
    rows = data.get("gestures") if isinstance(data, dict) and data.get("format_version") == FORMAT_VERSION else None
    if not isinstance(rows, list) or len(rows) > MOST_GESTURES:
        raise CaptureError(f"{path}: gestures: a list is needed, with format_version {FORMAT_VERSION}; capture them again")
    return tuple(_gesture(f"{path}: gestures[{i}]", row, record) for i, row in enumerate(rows))


def _gesture(where: str, row: Any, record: CaptureRecord) -> Gesture:
    def fail(field: str, reason: str) -> CaptureError:
        return CaptureError(f"{where}.{field}: {reason}; capture them again")

    if not isinstance(row, dict) or set(row) != {f.name for f in fields(Gesture)}:
        raise CaptureError(f"{where}: the fields are {', '.join(_KINDS)}")
    for name, kinds in _KINDS.items():
        if not isinstance(row[name], kinds) or (isinstance(row[name], bool) and bool not in kinds):
            raise fail(name, f"{row[name]!r:.60} is not of type {kinds[0].__name__}")
    _check_audio(row, record, fail)
    knobs = {k.name: k for k in record.knobs}
    if set(row["values"]) != set(knobs):
        raise fail("values", f"one is needed of each of {', '.join(knobs)}")
    for name, knob in knobs.items():
        try:
            knob.to_number(row["values"][name])
        except (TypeError, ValueError) as error:
            raise fail(f"values.{name}", str(error)) from None
    for field in ("kinds", "curves", "given"):
        if set(row[field]) != set(row["curves"]) or not set(row[field]) <= set(knobs):
            raise fail(field, f"names {', '.join(row[field])}, the knobs that move are {', '.join(row['curves'])}")
    if not all(isinstance(data, dict) for data in row["curves"].values()):
        raise fail("curves", "each is a mapping")
    return Gesture(**row)


def _check_audio(row: dict[str, Any], record: CaptureRecord, fail: Any) -> None:
    for name in (row["file_name"], *row["given"].values()):
        if not isinstance(name, str) or not safe_name(name):
            raise fail("given" if name != row["file_name"] else "file_name", f"{name!r:.80} leaves the folder")
    played = next((d for d in record.dry if d.file_name == row["dry_file_name"]), None)
    if played is None:
        raise fail("dry_file_name", f"{row['dry_file_name']!r:.80} is not among the dry recordings of capture.json")
    if row["dry_start"] < 0 or row["frames"] < 1 or row["dry_start"] + row["frames"] > played.frames:
        raise fail("frames", f"{row['frames']} from {row['dry_start']} do not fit in the {played.frames} of the recording")
    if not all(math.isfinite(row[name]) for name in ("peak_dbfs", "rms_dbfs", "dc")):
        raise fail("peak_dbfs", "not a finite number")
