"""Comparisons and budgets as a person reads them: parts for `rich` to print."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from .budgets import BLOCK, MOST_CALL_RATIO, TCN_BLOCK, TCN_REAL_TIME, SeedBudgets
from .comparison import Comparison
from .engines import OURS
from .report import kilobytes, surroundings_line, timing_table

PAST = "the other engines hold what each convolution reaches back to as tensors, so that none computes a sample twice"


def comparison_text(found: Comparison) -> list[Any]:
    """Return what to print of one file."""
    loop = ", ".join(f"{ns:.1f} in blocks of {size}" for size, ns in found.compiled_ns.items())
    start, grown = found.start, found.start.resident_bytes
    memory = "" if grown is None else f", process grown by {grown / 1e6:.1f} MB"
    counts = f"{found.weights} weights, {found.multiply_adds} multiply-adds a sample, {found.sample_rate:g} Hz"
    sizes = ", ".join(f"{what} {kilobytes(size)}" for what, size in (
        ("file", found.file_bytes), ("weights", found.weight_bytes), ("state", found.state_bytes)))  # fmt: skip
    how = f"{found.rounds} rounds over {found.seconds:g} s of noise, seed {found.seed}, one thread, called from Python"
    return [
        f"[bold]{escape(found.name)}[/bold]: {counts}",
        timing_table([(name, t) for name, timings in found.timings.items() for t in timings]),
        *(f"[dim]{name} left out: {escape(reason)}[/dim]" for name, reason in found.left_out.items()),
        *([f"[dim]{PAST}[/dim]"] if set(found.timings) - {OURS} else []),
        f"without Python between blocks, ns a sample: {loop}",
        *(
            f"[bold]ours / {escape(r.name)} in blocks of {r.buffer_size}: {r.ratio:.3f}[/bold] ({r.least:.3f} to {r.most:.3f} "
            f"in {r.rounds} rounds): {r.ours_ns:.1f} and {r.theirs_ns:.1f} ns a sample"
            for r in found.ratios
        ),
        f"fresh process: load {start.load_seconds:.3f} s, first block {start.first_block_seconds:.3f} s{memory}; {sizes}",
        f"[dim]{how}; timer {found.timer_ns:.0f} ns a block\n{surroundings_line(found.machine, found.versions)}[/dim]\n",
    ]


def budgets_text(found: SeedBudgets) -> list[Any]:
    """Return what to print of the seed budgets."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("net", "weights", "ns/sample", "budget", "", "from Python"):
        table.add_column(heading, justify="left" if heading in ("net", "") else "right")
    for net in found.nets:
        verdict = "kept" if net.kept else "[bold]over[/bold]"
        figures = (f"{net.ns_per_sample:.1f}", f"{net.budget_ns:g}", verdict, f"{net.from_python_ns:.1f}")
        table.add_row(net.name, str(net.weights), *figures)
    calls, tcn = found.calls, found.tcn
    beside = "pedalboard is not installed"
    if calls.theirs_us is not None:
        beside = (
            f"pedalboard.Pedalboard([Gain()]) {calls.theirs_us:.2f} µs, ratio {calls.ratio:.2f} (budget {MOST_CALL_RATIO:g})"
        )
    return [
        table,
        f"a call from Python, blocks of {BLOCK}: Gain {calls.ours_us:.2f} µs; {escape(beside)}",
        f"FiLM TCN-300, blocks of {TCN_BLOCK}, both knobs moving: {tcn.ns_per_sample:.0f} ns a sample, "
        f"{tcn.real_time_factor:.1f} x real time (budget {TCN_REAL_TIME:g}); {tcn.peak_fraction:.0%} of the core's peak of "
        f"{tcn.peak / 1e9:.1f} G multiply-adds/s",
        f"[dim]blocks of {BLOCK}, {found.rounds} rounds taking turns, medians, seed {found.seed}, one thread\n"
        f"{surroundings_line(found.machine, found.versions)}[/dim]\n",
    ]
