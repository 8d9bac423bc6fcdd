"""Quality against cost, and against the size of the file: which net is beaten in both, and where maths stands."""

from collections.abc import Sequence
from typing import Any

from .. import figures
from ..figures_file import GREY, MUTED
from ..study import Entry, Study
from .looks import LEAST_ESR, colours_of, engine_marks, esr_of, is_maths, mark_of, over_seeds, typical_block

SIZE = (11.0, 5.0)
CLOSER = 0.99  # of another's error: less of a difference is none


def front(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the points (cost, error) that no other one beats in both, from the cheapest to the closest, as indices."""
    kept: list[int] = []
    for index in sorted(range(len(points)), key=lambda i: points[i]):
        if not kept or points[index][1] < CLOSER * points[kept[-1]][1]:
            kept.append(index)
    return kept


def nanoseconds(study: Study, entry: Entry) -> float:
    """Return what a sample costs in blocks of the typical size, in ns."""
    return entry.cost(typical_block(study)).ns_per_sample.mean


def front_of(study: Study) -> list[Entry]:
    """Return the nets that no other net beats in cost and ESR, the cheapest first."""
    nets = [entry for entry in study.entries if not is_maths(entry)]
    return [nets[i] for i in front([(nanoseconds(study, entry), esr_of(entry)) for entry in nets])]


def draw(figure: Any, study: Study) -> None:
    """Draw ESR over ns a sample, and ESR over the file's bytes."""
    left, right = figure.subplots(1, 2, sharey=True)
    _against_cost(left, study)
    _against_size(right, study)
    handles, names = left.get_legend_handles_labels()
    figure.legend([*handles, *engine_marks(study.entries)], [*names, *(h.get_label() for h in engine_marks(study.entries))],
                  loc="outside lower center", ncols=7)  # fmt: skip


def _against_cost(axes: Any, study: Study) -> None:
    colours, block, named = colours_of(study), typical_block(study), set()
    for entry in study.entries:
        cost = entry.cost(block).ns_per_sample
        axes.errorbar(cost.mean, esr_of(entry), xerr=cost.deviation, yerr=_bars(study, entry), color=colours[entry.rival],
                      marker=mark_of(entry), markersize=11 if is_maths(entry) else 6, elinewidth=0.7, ecolor=GREY,
                      linestyle="", label="_" if entry.rival in named else entry.rival)  # fmt: skip
        named.add(entry.rival)
    edge = front_of(study)
    if edge:
        axes.step([nanoseconds(study, e) for e in edge], [esr_of(e) for e in edge], where="post", color=MUTED,
                  linewidth=1, zorder=0, label="no other net is cheaper and closer")  # fmt: skip
    axes.axvline(1e9 / study.sample_rate, color=MUTED, linewidth=0.9, linestyle=":")
    axes.annotate("real time", (1e9 / study.sample_rate, 1), xycoords=("data", "axes fraction"), ha="right", va="top",
                  rotation=90, fontsize=7.5, color=MUTED)  # fmt: skip
    axes.set_title("quality against cost: down and left is better")
    axes.set_xlabel(f"ns a sample, called from Python in blocks of {block}; bar: deviation over {study.runs} runs")
    over = f"\na net's bar: from least to most over {len(study.trained[0].runs)} seeds" if study.trained else ""
    axes.set_ylabel(f"ESR, mean over unseen recordings and settings{over}")
    figures._log(axes, "x")
    _error_axis(axes)


def _against_size(axes: Any, study: Study) -> None:
    colours = colours_of(study)
    for entry in study.entries:
        if entry.file_bytes:
            axes.plot(entry.file_bytes / 1000, esr_of(entry), mark_of(entry), color=colours[entry.rival], markersize=6)
    axes.set_title("quality against the size of the file")
    axes.set_xlabel("kB")
    if axes.lines:
        figures._log(axes, "x")
    _error_axis(axes)


def _error_axis(axes: Any) -> None:
    figures._log(axes, "y")
    axes.axhline(LEAST_ESR, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)), zorder=0)
    axes.annotate("no difference", (0.99, LEAST_ESR), xycoords=("axes fraction", "data"), ha="right",
                  va="bottom", fontsize=7.5, color=MUTED)  # fmt: skip


def _bars(study: Study, entry: Entry) -> Any:
    """Return how far the ESR reaches below and above: over a net's seeds, where it was trained from several, else over what
    it was measured on."""
    here, esr = esr_of(entry), over_seeds(study, entry.rival) or entry.quality.esr
    if esr is None or here <= LEAST_ESR:
        return None
    return [[max(here - max(esr.least, LEAST_ESR), 0.0)], [max(esr.most - here, 0.0)]]
