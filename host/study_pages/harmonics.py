"""Harmonics laid over each other: what the reference adds to a tone, and what each rival makes of that."""

from typing import Any

import numpy as np

from ..figures_file import GREY, INK
from ..study import Entry, Study
from .looks import colours_of, one_each

FLOOR_DBFS = -120.0
SIZE = (12.0, 6.4)
COUNT, SHOWN = 10, 3


def draw(figure: Any, study: Study) -> None:
    """Draw harmonics 1 to 10 at three positions of the swept knob, and the distortion over all of them."""
    entries, colours = one_each(study), colours_of(study)
    grid = figure.add_gridspec(2, SHOWN, height_ratios=(1.2, 1))
    positions = shown_positions(study)
    for column, position in enumerate(positions):
        axes = figure.add_subplot(grid[0, column])
        _levels(axes, entries, colours, position)
        axes.set_title(f"{study.swept or 'level'} {entries[0].quality.thd[position].at:.3g} {study.swept_unit}")
    figure.axes[0].set_ylabel("dBFS")
    axes = figure.add_subplot(grid[1, :])
    _distortion(axes, entries, colours, study)
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside right center")


def shown_positions(study: Study) -> list[int]:
    """Return up to three of the positions that tones were played at: the first, the middle one, the last."""
    count = len(study.entries[0].quality.thd)
    return sorted({0, count // 2, count - 1})


def heights(entry: Entry, position: int) -> np.ndarray:
    """Return the levels in dBFS of harmonics 1 to 10, those out of reach at the floor."""
    levels = [FLOOR_DBFS if level is None else level for level in entry.quality.thd[position].harmonics_dbfs[:COUNT]]
    return np.maximum(levels, FLOOR_DBFS)


def _levels(axes: Any, entries: list[Entry], colours: dict[str, str], position: int) -> None:
    reference = heights(entries[0], position)
    numbers = np.arange(1, len(reference) + 1)
    axes.bar(numbers, reference - FLOOR_DBFS, 0.75, bottom=FLOOR_DBFS, color=GREY, alpha=0.35, label=entries[0].rival)
    for place, entry in enumerate(entries[1:]):
        shift = 0.6 * (place / max(len(entries) - 2, 1) - 0.5)
        axes.plot(numbers + shift, heights(entry, position), "_", color=colours[entry.rival], markersize=7, markeredgewidth=2,
                  label=entry.rival)  # fmt: skip
    axes.set_xticks(numbers)
    axes.set_ylim(FLOOR_DBFS, 6)
    axes.set_xlabel("harmonic")
    axes.grid(False, axis="x")


def _distortion(axes: Any, entries: list[Entry], colours: dict[str, str], study: Study) -> None:
    for number, entry in enumerate(entries):
        at = [tone.at for tone in entry.quality.thd]
        thd = [max(tone.thd_percent, 1e-3) for tone in entry.quality.thd]
        wide = {"linewidth": 5, "alpha": 0.35} if number == 0 else {"linewidth": 1.2, "marker": "o", "markersize": 2.5}
        axes.plot(at, thd, color=INK if number == 0 else colours[entry.rival], label=entry.rival, **wide)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_title("total harmonic distortion, 997 Hz at -12 dBFS" if study.swept else "total harmonic distortion, 997 Hz")
    axes.set_ylabel("%")
    axes.set_xlabel(f"{study.swept} ({study.swept_unit})" if study.swept else "level of the sine, dBFS")
