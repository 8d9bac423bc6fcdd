"""A study as a person reads it: parts for `rich` to print."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from ..benchmark.report import surroundings_line
from ..evaluation.summary import figure
from .figures import Spread
from .players import INT8
from .result import Entry, Study

USUAL_BLOCK = 64
GAPS = {"box": box.SIMPLE_HEAD, "pad_edge": False, "padding": (0, 1, 0, 0), "title_justify": "left"}


def study_text(study: Study) -> list[Any]:
    """Return what to print of a study."""
    block = min(study.block_sizes, key=lambda size: abs(size - USUAL_BLOCK))
    left_out = [f"[dim]{escape(name)} left out: {escape(reason)}[/dim]" for name, reason in study.left_out.items()]
    notes = [f"[dim]{escape(entry.name)}: {escape(entry.about)}[/dim]" for entry in study.entries if entry.engine == INT8]
    swept = f"over {study.swept}" if study.swept else "over the level"
    how = (
        f"{len(study.recordings)} recordings no training heard ({', '.join(study.recordings)}) at {len(study.settings)} knob "
        f"settings; THD of 997 Hz {swept}; {study.minutes:g} minutes of training each net; timings: mean and deviation of "
        f"{study.runs} run{'s' * (study.runs > 1)} in turns, called from Python, one thread; {study.sample_rate:g} Hz, "
        f"seed {study.seed}"
    )
    return [
        sound_table(study), *([seed_table(study)] if study.trained else []), size_table(study), cost_table(study, block),
        block_table(study), *left_out, *notes,
        f"[dim]{escape(how)}\n{surroundings_line(study.machine, study.versions)}[/dim]",
    ]  # fmt: skip


def sound_table(study: Study) -> Table:
    """Return how close each sounds to the reference."""
    table = _table(f"how close to {study.reference}", "ESR", "±", "MR-\nSTFT", "pred.\nMUSHRA", "THD off\npoints",
                   "worst\nalias dB", "clicks\ndB")  # fmt: skip
    for entry in study.entries:
        found = entry.quality
        clicks = "" if entry.carrying.carries else f"{entry.carrying.click_db:.0f}"
        table.add_row(entry.name, _mean(found.esr), "" if found.esr is None else figure(found.esr.deviation),
                      _mean(found.mr_stft), "–" if found.mushra is None else f"{found.mushra.mean:.0f}",
                      figure(found.thd_error_percent), f"{found.aliasing_db:.0f}", clicks)  # fmt: skip
    return table


def seed_table(study: Study) -> Table:
    """Return how close each net comes over the seeds it was trained from."""
    count = len(study.trained[0].runs)
    table = _table(f"nets over {count} seeds; what is timed is of seed {study.seed}", "ESR", "±", "least", "most",
                   "MR-\nSTFT", "±", "pred.\nMUSHRA", "±", "THD off\npoints", "±")  # fmt: skip
    for net in study.trained:
        cells = [*_both(net.esr), *([figure(net.esr.least), figure(net.esr.most)] if net.esr else ["–"] * 2)]
        table.add_row(net.rival, *cells, *_both(net.mr_stft), *_both(net.mushra), *_both(net.thd_error_percent))
    return table


def _both(spread: Spread | None) -> tuple[str, str]:
    return ("–", "") if spread is None else (figure(spread.mean), figure(spread.deviation))


def size_table(study: Study) -> Table:
    """Return what each takes up, and what a fresh process pays for it."""
    table = _table(
        "size and start", "weights", "file\nkB", "library\ns", "load\nms", "±", "first\nblock ms", "library\nMB", "rest\nMB"
    )
    for entry in study.entries:
        start = entry.start
        begun = [""] * 6
        if start:
            load = start.load_seconds
            begun = [f"{start.library_seconds.mean:.2f}", f"{1000 * load.mean:.1f}", f"{1000 * load.deviation:.1f}",
                     f"{1000 * start.first_block_seconds.mean:.1f}", _megabytes(start.library_bytes),
                     _megabytes(start.resident_bytes)]  # fmt: skip
        size = "" if entry.file_bytes is None else f"{entry.file_bytes / 1000:.1f}"
        table.add_row(entry.name, "" if entry.weights is None else str(entry.weights), size, *begun)
    return table


def cost_table(study: Study, block: int) -> Table:
    """Return what a block of one size costs, and the call apart from the compute."""
    table = _table(f"blocks of {block}, µs", "x real\ntime", "±", "mean", "p50", "p99", "p99.9", "max", "jitter", "call\nµs",
                   "ns a\nsample", "loop\nns")  # fmt: skip
    for entry in study.entries:
        cost = entry.cost(block)
        times = (cost.average_us, cost.p50_us, cost.p99_us, cost.p999_us, cost.max_us, cost.jitter_us)
        loop = "" if cost.loop_ns_per_sample is None else _short(cost.loop_ns_per_sample.mean)
        call = _short(entry.call.call_us), _short(entry.call.compute_ns)
        table.add_row(entry.name, _short(cost.real_time_factor.mean), _short(cost.real_time_factor.deviation),
                      *(_short(t.mean) for t in times), *call, loop)  # fmt: skip
    return table


def block_table(study: Study) -> Table:
    """Return times faster than real time over the block size: how each degrades as the block shrinks."""
    table = _table("x real time over samples a block", *map(str, study.block_sizes), "half is\nthe call at")
    for entry in study.entries:
        factors = (_short(entry.cost(size).real_time_factor.mean) for size in study.block_sizes)
        table.add_row(entry.name, *factors, _half(entry))
    return table


def _half(entry: Entry) -> str:
    return f"{entry.call.half_block:.0f}" if entry.call.half_block >= 1 else "<1"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, **GAPS)
    for heading in ("", *headings):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    return table


def _mean(spread: Spread | None) -> str:
    return "–" if spread is None else figure(spread.mean)


def _megabytes(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.mean / 1e6:.1f}"


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
