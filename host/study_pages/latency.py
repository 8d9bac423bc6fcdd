"""How long a block takes, and how late the latest ones are: a row an entry."""

from typing import Any

from .. import figures
from ..figures_file import INK, MUTED
from ..study import Study
from .looks import colours_of, typical_block

ROW_INCHES = 0.22


def size(study: Study) -> tuple[float, float]:
    """Return width and height in inches."""
    return 9.0, 1.3 + ROW_INCHES * len(study.entries)


def draw(figure: Any, study: Study) -> None:
    """Draw p50 as a dot, a bar to p99, a line to p99.9 and a tick at the maximum, in blocks of the typical size."""
    axes, colours, block = figure.subplots(), colours_of(study), typical_block(study)
    for row, entry in enumerate(study.entries):
        cost, colour = entry.cost(block), colours[entry.rival]
        p50, p99, p999, latest = (each.mean for each in (cost.p50_us, cost.p99_us, cost.p999_us, cost.max_us))
        axes.plot([p50, p999], [row, row], color=colour, linewidth=1)
        axes.plot([p50, p99], [row, row], color=colour, linewidth=5, alpha=0.45, solid_capstyle="butt")
        axes.plot(p50, row, "o", color=colour, markersize=4.5)
        axes.plot(latest, row, "|", color=INK, markersize=8)
    figures._log(axes, "x")
    deadline = block / study.sample_rate * 1e6
    axes.axvline(deadline, color=MUTED, linewidth=0.9, linestyle=":")
    axes.annotate("the block is over", (deadline, 1), xycoords=("data", "axes fraction"), ha="right", va="top", rotation=90,
                  fontsize=7.5, color=MUTED)  # fmt: skip
    axes.set_yticks(range(len(study.entries)), [entry.name for entry in study.entries])
    axes.set_ylim(len(study.entries) - 0.4, -0.6)
    axes.grid(False, axis="y")
    axes.set_xlabel(f"µs a block of {block}, means of {study.runs} runs")
    axes.set_title("dot: p50; bar: to p99; line: to p99.9; tick: the latest of all")
