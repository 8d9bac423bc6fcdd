"""Writing capture.json and metadata.csv; `dataset_reading` reads them."""

import csv
import io
import json
from collections.abc import Iterable

from .dataset import (
    COLUMNS_AFTER_KNOBS,
    COLUMNS_BEFORE_KNOBS,
    RECORD_NAME,
    TAKES_NAME,
    CaptureRecord,
    Take,
    value_column,
)
from .files import write_atomically
from .locations import Location, location_of
from .parameter import Parameter


def write_record(folder: str | Location, record: CaptureRecord) -> None:
    """Write capture.json, atomically."""
    write_atomically(location_of(folder) / RECORD_NAME, json.dumps(record.to_dict(), indent=1).encode() + b"\n")


def write_takes(folder: str | Location, knobs: Iterable[Parameter], takes: Iterable[Take]) -> None:
    """Write metadata.csv with all `takes`, atomically: a reader sees the old rows or the new ones, never half."""
    names = [k.name for k in knobs]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*COLUMNS_BEFORE_KNOBS, *map(value_column, names), *(f"raw.{n}" for n in names), *COLUMNS_AFTER_KNOBS])
    for take in takes:
        after = ["" if getattr(take, column) is None else getattr(take, column) for column in COLUMNS_AFTER_KNOBS]
        knob_cells = [*(take.values[n] for n in names), *(take.raw[n] for n in names)]
        rows.writerow([*(getattr(take, column) for column in COLUMNS_BEFORE_KNOBS), *knob_cells, *after])
    write_atomically(location_of(folder) / TAKES_NAME, text.getvalue().encode())
