"""The screen's drawings, a line of text each: meters, knobs, spectra, the tuner's needle."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from rich.text import Text

SOFTEST_DB = -60.0  # the left end of a meter, the bottom of a spectrum is:
SPECTRUM_FLOOR_DB = -90.0
HOT_DB, CLIPPING_DB = -12.0, -3.0
PARTS = " ▏▎▍▌▋▊▉█"
STEPS = " ▁▂▃▄▅▆▇█"
IN_TUNE_CENTS = 3.0


def meter(peak_db: float, rms_db: float, width: int) -> Text:
    """Return a bar as long as the power, a stroke at the peak; the left end is SOFTEST_DB, the right one full scale."""
    filled = _share(rms_db) * width
    cells = [PARTS[round(8 * min(max(filled - i, 0.0), 1.0))] for i in range(width)]
    mark = min(round(_share(peak_db) * width), width - 1)
    if peak_db > SOFTEST_DB:
        cells[mark] = "┃"
    bar = Text()
    for i, cell in enumerate(cells):
        level = SOFTEST_DB * (1 - (i + 1) / width)
        bar.append(cell, "red" if level > CLIPPING_DB else "yellow" if level > HOT_DB else "green")
    return bar


def decibels(level_db: float) -> str:
    """Return a level as it is read: `-12.3`, or `-inf` for nothing at all."""
    return f"{level_db:.1f}" if level_db > -200 else "-inf"


def _share(level_db: float) -> float:
    return min(max(1 - level_db / SOFTEST_DB, 0.0), 1.0) if math.isfinite(level_db) else 0.0


def slider(position: float | None, width: int) -> Text:
    """Return a knob's travel with the knob on it; where its range is unknown, a dotted line."""
    if position is None:
        return Text("·" * width, "dim")
    at = round(position * (width - 1))
    return Text("━" * at, "cyan") + Text("●", "bold cyan") + Text("─" * (width - 1 - at), "dim")


def spectrum(levels_db: np.ndarray, width: int, height: int, style: str) -> list[Text]:
    """Return `height` lines of `width` columns: levels in dBFS, lowest band left; a column is its loudest band."""
    edges = np.linspace(0, len(levels_db), width + 1).astype(int)
    columns = [levels_db[start : max(end, start + 1)].max() for start, end in pairwise(edges)]
    high = [np.clip(1 - level / SPECTRUM_FLOOR_DB, 0, 1) * height for level in columns]
    rows = ["".join(STEPS[round(8 * min(max(top - row, 0.0), 1.0))] for top in high) for row in range(height)]
    return [Text(row, style) for row in reversed(rows)]


def scale(marks: Sequence[tuple[float, str]], width: int) -> Text:
    """Return a line with each text where its share, 0 to 1, of the width begins; what does not fit is left out."""
    line = [" "] * width
    for share, text in marks:
        at = round(share * width)
        if at + len(text) <= width and not "".join(line[max(at - 1, 0) : at + len(text)]).strip():
            line[at : at + len(text)] = text
    return Text("".join(line), "dim")


def needle(cents: float, width: int) -> Text:
    """Return the tuner's scale, -50 to 50 cents, its middle marked, with the needle on it."""
    middle = width // 2
    at = min(max(round(middle + cents / 50 * middle), 0), width - 1)
    cells = ["·"] * width
    cells[middle] = "┃"
    cells[at] = "▲"
    return Text("".join(cells), "green" if abs(cents) <= IN_TUNE_CENTS else "yellow")
