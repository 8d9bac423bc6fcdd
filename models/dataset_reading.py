"""Reading capture.json and metadata.csv: they may come from a stranger, so every field is checked."""

import csv
import io
import json
import math
from typing import Any

from .dataset import (
    COLUMNS_AFTER_KNOBS,
    COLUMNS_BEFORE_KNOBS,
    DRY_SPLITS,
    FORMAT_VERSION,
    NUMBER_COLUMNS,
    TAKE_SPLITS,
    CaptureRecord,
    DryRecording,
    Take,
    safe_name,
    value_column,
)
from .errors import CaptureError, WetdryError
from .locations import Location
from .parameter import Parameter

LARGEST_FILE = 256 * 2**20


def plain_text(path: Location) -> str:
    """Return the text of a file of a capture folder. Raises CaptureError: too large, not text, not there."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CaptureError(f"{path}: larger than {LARGEST_FILE} bytes")
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise CaptureError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CaptureError(f"{path}: {reason}; a capture folder holds capture.json and metadata.csv") from None


def read_record(path: Location) -> CaptureRecord:
    """Read capture.json. Raises CaptureError naming file and field."""

    def fail(field: str, reason: str) -> CaptureError:
        return CaptureError(f"{path}: {field}: {reason}")

    try:
        data = json.loads(plain_text(path))
    except (ValueError, RecursionError) as error:
        raise fail("content", f"not JSON ({error})") from None
    if not isinstance(data, dict):
        raise fail("content", "a mapping is needed")
    if data.get("format_version") != FORMAT_VERSION:
        raise fail("format_version", f"{data.get('format_version')!r:.40} is not {FORMAT_VERSION}")
    kinds: dict[str, tuple[Any, str]] = {"target": (dict, "a mapping"), "identity": (dict, "a mapping"),
             "sample_rate": ((int, float), "a number"), "channels": (int, "a number"), "knobs": (list, "a list"),
             "seed": (int, "a whole number"), "dry": (list, "a list"), "versions": (dict, "a mapping"),
             "latency": (dict, "a mapping"), "checks": (dict, "a mapping"), "warnings": (list, "a list")}  # fmt: skip
    data.setdefault("place", {})
    kinds["place"] = (dict, "a mapping")
    for name, (kind, wanted) in kinds.items():
        if not isinstance(data.get(name), kind) or isinstance(data.get(name), bool):
            raise fail(name, f"{'missing' if name not in data else repr(data[name])[:60]}; {wanted} is needed")
    if set(data) - set(kinds) - {"format_version"}:
        raise fail(sorted(set(data) - set(kinds) - {"format_version"})[0], "unknown field")
    if not 1 <= data["sample_rate"] <= 1e7:
        raise fail("sample_rate", f"{data['sample_rate']} is outside 1 to 10000000")
    if data["channels"] != 1:
        raise fail("channels", f"{data['channels']}; captures are mono")
    try:
        knobs = tuple(Parameter.from_dict(k) for k in data["knobs"])
    except (WetdryError, TypeError) as error:
        raise fail("knobs", str(error)) from None
    if len({k.name for k in knobs}) != len(knobs):
        raise fail("knobs", "two have the same name")
    dry = tuple(_recording(i, d, fail) for i, d in enumerate(data["dry"]))
    _check_place(data["place"], fail)
    values = {k: v for k, v in data.items() if k not in ("format_version", "knobs", "dry", "warnings")}
    return CaptureRecord(**values, knobs=knobs, dry=dry, warnings=tuple(map(str, data["warnings"])))


def _check_place(place: dict[str, Any], fail: Any) -> None:
    """A target captured alone has none."""
    if not place:
        return
    wanted = {"whole": dict, "name": (int, str), "played": dict}
    for name, kind in wanted.items():
        if not isinstance(place.get(name), kind):
            raise fail(f"place.{name}", f"{place.get(name)!r:.60} is not what it should be; capture it again")
    for file_name in place["played"].values():
        if not isinstance(file_name, str) or not safe_name(file_name):
            raise fail("place.played", f"{file_name!r:.80} leaves the folder")


def _recording(i: int, data: Any, fail: Any) -> DryRecording:
    kinds = {"file_name": str, "source": str, "sha256": str, "frames": int, "split": str}
    if not isinstance(data, dict) or set(data) != set(kinds):
        raise fail(f"dry[{i}]", f"the fields are {', '.join(kinds)}")
    for name, kind in kinds.items():
        if not isinstance(data[name], kind):
            raise fail(f"dry[{i}].{name}", f"{data[name]!r:.60} is not of type {kind.__name__}")
    if not safe_name(data["file_name"]):
        raise fail(f"dry[{i}].file_name", f"{data['file_name']!r:.80} leaves the folder")
    if data["split"] not in DRY_SPLITS:
        raise fail(f"dry[{i}].split", f"{data['split']!r:.40} is not one of {', '.join(DRY_SPLITS)}")
    return DryRecording(**data)


def read_takes(path: Location, record: CaptureRecord) -> tuple[Take, ...]:
    """Read metadata.csv. Raises CaptureError naming file, row and column."""
    rows = csv.DictReader(io.StringIO(plain_text(path)))
    names = [k.name for k in record.knobs]
    wanted = [*COLUMNS_BEFORE_KNOBS, *map(value_column, names), *(f"raw.{n}" for n in names), *COLUMNS_AFTER_KNOBS]
    missing = [c for c in wanted if c not in (rows.fieldnames or ())]
    if missing:
        raise CaptureError(f"{path}: column {missing[0]}: missing")
    dry = {d.file_name: d for d in record.dry}
    takes: list[Take] = []
    try:
        for number, row in enumerate(rows, start=2):
            takes.append(_take(f"{path}: row {number}", row, record.knobs, dry))
    except csv.Error as error:
        raise CaptureError(f"{path}: content: {error}") from None
    if len({t.file_name for t in takes}) != len(takes):
        raise CaptureError(f"{path}: column file_name: two rows have the same")
    return tuple(takes)


def _take(where: str, row: dict[str, Any], knobs: tuple[Parameter, ...], dry: dict[str, DryRecording]) -> Take:
    def fail(column: str, reason: str) -> CaptureError:
        return CaptureError(f"{where}: column {column}: {reason}")

    def number(column: str, kind: type = float) -> Any:
        try:
            return kind(row[column])
        except (TypeError, ValueError):
            raise fail(column, f"{row[column]!r:.40} is not a{' whole' if kind is int else ''} number") from None

    if None in row or None in row.values():
        raise CaptureError(f"{where}: has another number of cells than the head line")
    cells: dict[str, Any] = {c: number(c, kind) for c, kind in NUMBER_COLUMNS.items()}
    cells |= {c: row[c] for c in ("file_name", "dry_file_name", "split", "sha256", "dry_sha256")}
    cells["replicate_of"] = number("replicate_of", int) if row["replicate_of"] else None
    if row["silent"] not in ("True", "False"):
        raise fail("silent", f"{row['silent']!r:.40} is neither True nor False")
    cells["silent"] = row["silent"] == "True"
    if not safe_name(cells["file_name"]):
        raise fail("file_name", f"{cells['file_name']!r:.80} leaves the folder")
    if cells["dry_file_name"] not in dry:
        raise fail("dry_file_name", f"{cells['dry_file_name']!r:.80} is not among the dry recordings of capture.json")
    if cells["split"] not in TAKE_SPLITS:
        raise fail("split", f"{cells['split']!r:.40} is not one of {', '.join(TAKE_SPLITS)}")
    played = dry[cells["dry_file_name"]]
    if cells["dry_start"] < 0 or cells["frames"] < 1 or cells["dry_start"] + cells["frames"] > played.frames:
        raise fail("frames", f"{cells['frames']} from {cells['dry_start']} do not fit in the {played.frames} of the recording")
    raw = {k.name: number(f"raw.{k.name}") for k in knobs}
    for name, position in raw.items():
        if not (math.isfinite(position) and 0 <= position <= 1):
            raise fail(f"raw.{name}", f"{position} is outside 0 to 1")
    values = {k.name: _value(k, row[value_column(k.name)], fail) for k in knobs}
    return Take(**cells, values=values, raw=raw)


def _value(knob: Parameter, text: str, fail: Any) -> Any:
    for choice in knob.choices:
        if str(choice) == text:
            return choice
    try:
        if knob.choices:
            raise ValueError
        return float(text)
    except ValueError:
        allowed = f"one of {', '.join(map(str, knob.choices))}" if knob.choices else "a number"
        raise fail(value_column(knob.name), f"{text!r:.40} is not {allowed}") from None
