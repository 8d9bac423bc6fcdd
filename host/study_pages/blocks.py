"""The buffer curve: what a sample costs as the block shrinks, a panel for the maths and one for each net."""

from typing import Any

import numpy as np

from .. import figures
from ..figures_file import GREY, MUTED
from ..study import Entry, Study
from .looks import ENGINE_COLOURS, colours_of, is_maths, rivals_of

COLUMNS, PANEL_INCHES = 3, (3.9, 2.9)


def panels_of(study: Study) -> dict[str, list[Entry]]:
    """Return title → entries: all maths in one panel, then every net with its engines."""
    panels = {"maths": [entry for entry in study.entries if is_maths(entry)]}
    for rival in rivals_of(study):
        nets = [entry for entry in study.entries if entry.rival == rival and not is_maths(entry)]
        if nets:
            panels[rival] = nets
    return panels


def size(study: Study) -> tuple[float, float]:
    """Return width and height in inches."""
    count = len(panels_of(study))
    columns = min(count, COLUMNS)
    return columns * PANEL_INCHES[0], 0.9 + -(-count // columns) * PANEL_INCHES[1]


def draw(figure: Any, study: Study) -> None:
    """Draw ns a sample over the block size, with the line of a fixed cost a call through it."""
    panels, colours = panels_of(study), colours_of(study)
    columns = min(len(panels), COLUMNS)
    places = figure.subplots(-(-len(panels) // columns), columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (title, entries) in zip(places, panels.items(), strict=False):
        for entry in entries:
            _curve(axes, study, entry, colours[entry.rival] if is_maths(entry) else ENGINE_COLOURS.get(entry.engine, GREY))
        axes.axhline(1e9 / study.sample_rate, color=MUTED, linewidth=0.9, linestyle=":")
        axes.set_title(title)
        axes.set_xscale("log")
        axes.set_xticks(study.block_sizes, [str(block) for block in study.block_sizes], rotation=45)
        axes.set_xticks([], minor=True)
        axes.set_xlabel("samples a block")
        axes.set_ylabel("ns a sample, median block")
        axes.legend(loc="upper right", handlelength=1.2, borderpad=0.2, fontsize=7)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    for axes in places[: len(panels)][-columns:]:
        axes.tick_params(labelbottom=True)
    figures._log(places[0], "y")
    figure.suptitle("points: median block; dashed: a cost a call and a cost a sample; dots: compiled loop; dotted: real time",
                    x=0.01, ha="left", fontsize=8.5)  # fmt: skip


def _curve(axes: Any, study: Study, entry: Entry, colour: str) -> None:
    blocks = np.array([cost.buffer_size for cost in entry.costs])
    medians = np.array([cost.p50_us.mean for cost in entry.costs]) * 1000 / blocks
    wide = np.array([cost.p50_us.deviation for cost in entry.costs]) * 1000 / blocks
    axes.plot(blocks, medians, "o-", color=colour, markersize=3.5, label=entry.rival if is_maths(entry) else entry.engine)
    axes.fill_between(blocks, np.maximum(medians - wide, medians * 0.1), medians + wide, color=colour, alpha=0.18, linewidth=0)
    axes.plot(blocks, line(entry, blocks), "--", color=colour, linewidth=0.8, alpha=0.8, label="_line")
    loops = [(cost.buffer_size, cost.loop_ns_per_sample.mean) for cost in entry.costs if cost.loop_ns_per_sample]
    if loops:
        axes.plot(*zip(*loops, strict=True), ".", color=colour, markersize=3, alpha=0.7, label="_loop")


def line(entry: Entry, blocks: np.ndarray) -> np.ndarray:
    """Return ns a sample of the entry's line: the call's cost shared by the block, and what each sample adds."""
    return entry.call.call_us * 1000 / blocks + entry.call.compute_ns
