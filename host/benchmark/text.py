"""Comparisons and budgets as a person reads them: parts for `rich` to print."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from .budgets import BLOCK, MOST_CALL_RATIO, TCN_BLOCK, TCN_REAL_TIME, SeedBudgets
from .chains import ABOVE_BLOCK, MOST_ABOVE_US, WHOLE_SECONDS, ChainCosts
from .chains import MOST_RATIO as MOST_CHAIN_RATIO
from .comparison import Comparison
from .effects import MOST_RATIO, MOST_RATIO_BLOCK, EffectCosts
from .engines import OURS
from .isolation import IsolationCosts
from .report import kilobytes, surroundings_line, timing_table
from .silence import BAR

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


def effects_text(found: EffectCosts) -> list[Any]:
    """Return what to print of the effects' costs."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("effect", "block", "ns", "theirs", "ratio", "called\nns", "theirs", "ratio", "quiet"):
        table.add_column(heading, justify="left" if heading == "effect" else "right", no_wrap=True)
    shown: dict[str, int] = {}
    for cost in found.costs:
        before = shown[cost.name] = shown.get(cost.name, -1) + 1
        name = cost.name if not before else f"  beside {cost.native}" if cost.native and before == 1 else ""
        quiet = None if before else found.silence.get(cost.name)
        marked = (cost.ratio, cost.over), (quiet, quiet is not None and quiet > BAR)
        ratio, silence = (f"[bold]{_figure(value, 2)}[/bold]" if over else _figure(value, 2) for value, over in marked)
        loop = _figure(cost.loop_ns), _figure(cost.native_loop_ns), ratio
        called = _figure(cost.called_ns), _figure(cost.native_called_ns), _figure(cost.called_ratio, 2)
        table.add_row(name, str(cost.buffer_size), *loop, *called, silence)
    how = (
        f"ns a sample without Python between blocks, and called from Python once a block; mono, {found.rounds} rounds taking "
        f"turns over {found.seconds:g} s of noise, medians, seed {found.seed}, one thread. Bold: above {MOST_RATIO:g} in "
        f"blocks of {MOST_RATIO_BLOCK} or more beside a plugin of equal quality"
    )
    if found.silence:
        how += f"; quiet: {found.silence_seconds:g} s of silence after a loud second over noise, bold above {BAR:g}"
    return [table, f"[dim]{how}\n{surroundings_line(found.machine, found.versions)}[/dim]\n"]


def chains_text(found: ChainCosts) -> list[Any]:
    """Return what to print of the chains' costs."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("chain", "block", "beside", "µs", "in a Chain", "in a Graph", "above", "ratio"):
        table.add_column(heading, justify="left" if heading in ("chain", "beside") else "right", no_wrap=True)
    named = ""
    for cost in found.costs:
        above, ratio = f"{cost.above_us:.2f}", f"{cost.ratio:.3f}"
        if cost.over and cost.parts == "kernels":
            above = f"[bold]{above}[/bold]"
        elif cost.over:
            ratio = f"[bold]{ratio}[/bold]"
        name, named = "" if cost.name == named else cost.name, cost.name
        times = f"{cost.parts_us:.2f}", f"{cost.chain_us:.2f}", f"{cost.graph_us:.2f}"
        table.add_row(name, str(cost.buffer_size or "whole"), cost.parts, *times, above, ratio)
    how = (
        f"µs a block, called from Python; whole: a signal of {WHOLE_SECONDS:g} s in one call. kernels: each effect alone, no "
        f"Python between blocks, summed; pedalboard: its own Pedalboard of the same plugins. Mono, the best of {found.rounds} "
        f"rounds taking turns, seed {found.seed}. Bold: more than {MOST_ABOVE_US:g} µs above the kernels in blocks of "
        f"{ABOVE_BLOCK}, more than {MOST_CHAIN_RATIO:g} x pedalboard"
    )
    return [table, f"[dim]{how}\n{surroundings_line(found.machine, found.versions)}[/dim]\n"]


def isolation_text(found: IsolationCosts) -> list[Any]:
    """Return what to print of plugins in processes of their own."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("plugin", "block", "here", "apart", "added", "ratio", "load", "here p99", "apart p99"):
        table.add_column(heading, justify="left" if heading == "plugin" else "right", no_wrap=True)
    named = ""
    for cost in found.costs:
        name, named = "" if cost.name == named else cost.name, cost.name
        share = f"{cost.apart_us / cost.real_time_us:.1%}"
        times = f"{cost.here_us:.1f}", f"{cost.apart_us:.1f}", f"{cost.added_us:.1f}"
        late = f"{cost.here_p99_us:.0f}", f"{cost.apart_p99_us:.0f}"
        table.add_row(name, str(cost.buffer_size or "whole"), *times, f"{cost.ratio:.3f}", share, *late)
    knobs = ", ".join(f"{name} {us:.0f} µs" for name, us in found.knob_us.items())
    how = (
        f"µs a block, called from Python; whole: a signal of {found.seconds:g} s in one call. here: load_plugin(path); apart: "
        f"load_plugin(path, isolated=True), in a process of its own: the tenth percentile of {found.rounds} rounds "
        f"taking turns, seed {found.seed}; load: of the time a block lasts, spent apart. Reading a knob apart: {knobs}"
    )
    return [table, f"[dim]{how}\n{surroundings_line(found.machine, found.versions)}[/dim]\n"]


def _figure(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits if value < 100 else 0}f}"
