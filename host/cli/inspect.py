"""`wetdry inspect`."""

from typing import Annotated, Any

import typer
from rich.table import Table

from ..plugins.installed import plugin_path
from .common import console


def run(
    plugin: Annotated[str, typer.Argument(help="A .vst3: a path, or the name of an installed one.")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Measure again, even if the answer is remembered.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds the plugin may take to load and answer.")] = 60.0,
) -> None:
    """Show a plugin's knobs with units and ranges, its channels, latency and tail, and whether it repeats itself."""
    from ...models.net_choice import choose
    from ..plugins.probe import inspect

    report = inspect(plugin_path(plugin), timeout=timeout, refresh=refresh)
    table = Table(title=f"{report.name} {report.version} by {report.manufacturer} ({report.format})", title_justify="left")
    for heading in ("knob", "range or choices", "default", "scale"):
        table.add_column(heading, overflow="fold")
    for name, knob in report.knobs.items():
        row = knob.parameter
        values = ", ".join(map(str, row.choices)) if row.choices else f"{row.text(row.minimum)} to {row.text(row.maximum)}"
        table.add_row(name, values, row.text(row.default), "switch" if row.choices else row.scale)
    console.print(table)
    choice = choose(report.character.to_dict())
    tail = "more than 10 s" if report.tail_seconds is None else f"{report.tail_seconds:.3f} s to -90 dB"
    measured = "nothing came back" if report.delay is None else f"{report.delay.samples + report.delay.fraction:.2f} measured"
    same = "yes" if report.deterministic else f"no (two renders differ by an ESR of {report.repeat_esr:.2g})"
    facts = {
        "channels": " or ".join(map(str, report.channels)),
        "latency": f"{report.reported_latency_samples} samples reported, {measured}",
        "tail": tail,
        "remembers": _memory(report.character),
        "bends": _bending(report.character),
        "net": f"{choice.name}: {choice.why} (--model auto, at these knobs)",
        "deterministic": same,
        "on reset": "clears its sound" if report.reload == "clears" else "keeps its sound, so it is loaded anew",
        "load": f"{report.load_seconds:.2f} s; renders {report.real_time_factor:.0f} x faster than real time",
    }
    for name, fact in facts.items():
        console.print(f"  [bold]{name:<14}[/bold]{fact}")
    for name, reason in report.filtered.items():
        console.print(f"  [dim]{name}: {reason}[/dim]")


def _memory(character: Any) -> str:
    return (f"{1000 * character.response_seconds:.1f} ms in its response, {1000 * character.recovery_seconds:.0f} ms after a "
            f"loud tone")  # fmt: skip


def _bending(character: Any) -> str:
    curve = "nothing" if character.order == 1 else f"up to harmonic {character.order}, {character.distortion_db:.0f} dB in all"
    return f"{curve}; {character.gain_change_db:+.1f} dB from quiet to loud{'; in steps' if character.steps else ''}"
