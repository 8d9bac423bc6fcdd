"""The plot of a comparison: cost a sample, and the time a block takes, over the block size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .. import figures
from ..figures_file import BLUE, GOLD, GREY, INK, MUTED, ORANGE, VIOLET, write_figure
from .comparison import Comparison
from .engines import OURS
from .timing import Timing

_COLOURS = {OURS: ORANGE, "onnxruntime": BLUE, "torch": VIOLET, "torchscript": GOLD}


def write_plot(comparisons: Sequence[Comparison], path: Path) -> None:
    """Write one row of two panels for each file. Raises InvalidValue for an unknown suffix, FileProblem."""

    def draw(figure: Any) -> None:
        rows = figure.subplots(len(comparisons), 2, squeeze=False)
        for (left, right), comparison in zip(rows, comparisons, strict=True):
            _cost(left, comparison)
            _latency(right, comparison)
        handles, labels = rows[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=5)

    write_figure(path, draw, 10, 0.5 + 3.4 * len(comparisons))


def _cost(axes: Any, found: Comparison) -> None:
    """Draw ns a sample over the block size: called from Python, and under a compiled loop."""
    for name, timings in found.timings.items():
        blocks = [t.buffer_size for t in timings]
        axes.plot(blocks, [t.ns_per_sample for t in timings], "o-", color=_COLOURS[name], markersize=4, label=name)
    blocks, costs = list(found.compiled_ns), list(found.compiled_ns.values())
    axes.plot(blocks, costs, "o--", color=INK, markersize=3, label="ours, compiled loop")
    for name in dict.fromkeys(r.name for r in found.ratios):
        theirs = [r for r in found.ratios if r.name == name]
        axes.plot([r.buffer_size for r in theirs], [r.theirs_ns for r in theirs], "x", color=GREY, label=name)
    axes.axhline(1e9 / found.sample_rate, color=MUTED, linewidth=0.9, linestyle=":", label="real time")
    axes.set_title(found.name)
    axes.set_ylabel("ns a sample")
    _over_blocks(axes, sorted({*blocks, *(r.buffer_size for r in found.ratios)}))


def _latency(axes: Any, found: Comparison) -> None:
    """Draw p50 as a line, p50 to p99.9 as a bar, and the maximum as a tick, over the block size."""
    for i, (name, timings) in enumerate(found.timings.items()):
        blocks, colour = [t.buffer_size * 1.07**i for t in timings], _COLOURS[name]  # side by side
        axes.plot(blocks, [t.p50_us for t in timings], "-", color=colour)
        axes.vlines(blocks, [t.p50_us for t in timings], [t.p999_us for t in timings], color=colour, linewidth=4, alpha=0.35)
        axes.plot(blocks, [t.max_us for t in timings], "_", color=colour, markersize=9)
    timings: list[Timing] = next(iter(found.timings.values()))
    blocks = [t.buffer_size for t in timings]
    axes.plot(blocks, [b / found.sample_rate * 1e6 for b in blocks], color=MUTED, linewidth=0.9, linestyle=":")
    axes.set_title("time of a block: p50, bar to p99.9, maximum", fontweight="normal")
    axes.set_ylabel("µs")
    _over_blocks(axes, blocks)


def _over_blocks(axes: Any, blocks: list[int]) -> None:
    figures._log(axes, "y")
    axes.set(xscale="log", xlabel="samples a block")
    axes.set_xticks(blocks, [str(b) for b in blocks])
    axes.set_xticks([], minor=True)
    axes.margins(x=0.08)
