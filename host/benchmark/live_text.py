"""Deadlines as a person reads them: parts for `rich` to print."""

from typing import Any

from rich import box
from rich.markup import escape
from rich.table import Table

from .live import Deadlines
from .report import surroundings_line


def deadlines_text(found: Deadlines) -> list[Any]:
    """Return what to print of a machine's deadlines."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("block", "lasts", "thread", "blocks", "missed", "of a\nmillion", "p50", "p99", "p99.9", "worst"):
        table.add_column(heading, justify="left" if heading == "thread" else "right", no_wrap=True)
    clocked = any(cell.late_calls is not None for cell in found.cells)
    if clocked:
        table.add_column("clock\nlate", justify="right")
    for cell in found.cells:
        missed = f"[bold]{cell.missed}[/bold]" if cell.missed else "0"
        times = (f"{ms:.2f}" for ms in (cell.p50_ms, cell.p99_ms, cell.p999_ms, cell.worst_ms))
        table.add_row(str(cell.block), f"{cell.block_ms:.2f}", "busy" if cell.busy else "", str(cell.blocks), missed,
                      f"{cell.missed_per_million:.0f}", *times, *([str(cell.late_calls)] if clocked else []))  # fmt: skip
    how = (
        f"{found.name} at {found.sample_rate} Hz through {found.device}, {found.seconds:g} s each, seed {found.seed}. Times in "
        "ms, from a block's arrival until it was ready; busy: a Python thread computed all the while; missed: blocks that the "
        "device had to do without"
    )
    how += "; clock late: calls that the clock made later than the next was due, the machine's own lateness" * clocked
    notices = [f"[yellow]{escape(line)}[/yellow]" for line in found.notices]
    return [table, *notices, f"[dim]{escape(how)}\n{surroundings_line(found.machine, found.versions)}[/dim]\n"]
