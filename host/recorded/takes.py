"""What a person recorded: pairs of files, and where the knobs stood."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem, InvalidType, InvalidValue, WetdryError
from ...models.parameter import Parameter
from ..capture.target import Ranges

FILE_COLUMNS = ("dry", "wet")
LARGEST_LIST = 16 * 2**20


@dataclass(frozen=True)
class RecordedTake:
    """A recording of a device.

    Attributes:
        dry: the file that was played into it.
        wet: the file that came back.
        values: knob → where it stood: a number, or a word where the knob is a switch.
    """

    dry: Path
    wet: Path
    values: Mapping[str, Any] = field(default_factory=dict)


def takes_of(given: str | Path | Iterable[RecordedTake | Sequence[Any]]) -> list[RecordedTake]:
    """Return recorded takes from a CSV file, or from (dry, wet) and (dry, wet, values) as they are.

    Raises:
        FileProblem, InvalidValue, InvalidType: naming the file, the row and the column.
    """
    if isinstance(given, str | Path):
        return _read_list(Path(given).expanduser())
    takes = [t if isinstance(t, RecordedTake) else _take_of(t) for t in given]
    if not takes:
        raise InvalidValue("no takes: pass (dry file, wet file) for each, or a CSV file")
    for i, take in enumerate(takes):
        if set(take.values) != set(takes[0].values):
            names = ", ".join(takes[0].values) or "none"
            raise InvalidValue(f"take {i} has the knobs {', '.join(take.values) or 'none'}, take 0 {names}: give all to each")
    return takes


def _take_of(item: Any) -> RecordedTake:
    if not isinstance(item, tuple | list) or len(item) not in (2, 3):
        raise InvalidType(f"a take is (dry file, wet file) or (dry file, wet file, knob values), got {item!r:.80}")
    return RecordedTake(Path(item[0]).expanduser(), Path(item[1]).expanduser(), dict(item[2]) if len(item) == 3 else {})


def _read_list(path: Path) -> list[RecordedTake]:
    try:
        if path.stat().st_size > LARGEST_LIST:
            raise FileProblem(f"{path}: larger than {LARGEST_LIST} bytes: pass a CSV file of recordings")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FileProblem(f"{path} is not UTF-8 text: save it as CSV, UTF-8") from None
    head = text.partition("\n")[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in head and "," not in head else ",", skipinitialspace=True)
    columns = [c.strip() for c in rows.fieldnames or ()]
    rows.fieldnames = columns
    for wanted in FILE_COLUMNS:
        if wanted not in columns:
            found = ", ".join(columns) or "nothing"
            raise InvalidValue(f"{path}: no column {wanted!r}; the first row names dry, wet, then a column a knob, got {found}")
    if len(set(columns)) != len(columns) or "" in columns:
        raise InvalidValue(f"{path}: two columns have the same name, or one has none: name each knob once")
    takes = [_row(path, number, row) for number, row in enumerate(rows, start=2) if any(row.values())]
    if not takes:
        raise InvalidValue(f"{path}: lists no recordings: a row a take, dry and wet file first")
    return takes


def _row(path: Path, number: int, row: dict[str, Any]) -> RecordedTake:
    if None in row or None in row.values():
        raise InvalidValue(f"{path}: row {number} has another number of cells than the first row")
    cells = {name: text.strip() for name, text in row.items()}
    empty = next((name for name, text in cells.items() if not text), None)
    if empty:
        raise InvalidValue(f"{path}: row {number}: {empty} is empty")
    dry, wet = (path.parent / Path(cells.pop(name)).expanduser() for name in FILE_COLUMNS)
    return RecordedTake(dry, wet, {name: _value(text) for name, text in cells.items()})


def _value(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def knobs_of(takes: Sequence[RecordedTake], ranges: Ranges | None = None) -> tuple[Parameter, ...]:
    """Return the row of every knob: a switch where a value is a word, else as far as it was turned, or the range given.

    Raises:
        InvalidValue: a knob that never moved, or a value outside the range given; UnknownName: a range of no knob.
    """
    names = list(takes[0].values)
    unknown = [name for name in ranges or {} if name not in names]
    if unknown:
        raise InvalidValue(f"--knobs names {unknown[0]!r}, which was not recorded; recorded are {', '.join(names) or 'none'}")
    return tuple(_knob(name, [t.values[name] for t in takes], (ranges or {}).get(name)) for name in names)


def _knob(name: str, values: Sequence[Any], limits: Any) -> Parameter:
    if any(isinstance(v, str | bool) for v in values):
        choices = list(dict.fromkeys(values))
        if len(choices) < 2:
            raise InvalidValue(f"{name} is {choices[0]!r} in every take: leave the column out")
        return Parameter(name, choices=tuple(choices), default=choices[0])
    low, high, *scale = limits or (min(values), max(values))
    if low == high:
        raise InvalidValue(f"{name} is {low:g} in every take: leave the column out, or record it at other values too")
    default = sorted(values)[len(values) // 2]
    try:
        knob = Parameter(name, "", float(low), float(high), default, *scale)
        for value in values:
            knob.to_number(value)
    except WetdryError as error:
        raise InvalidValue(f"{error}: give --knobs {name}=LOW:HIGH a range that holds every take") from None
    return knob
