"""`wetdry inspect`."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from ...models.parameter import Parameter
from ..foreign import SUFFIXES
from ..targets import locate_plugin, open_target
from .common import channel_pair, console


def run(
    plugin: Annotated[str, typer.Argument(help="A VST3 or VST2 (a path, or the name of an installed one), or a foreign model "
                                               "(.onnx, trusted:model.ts).")],
    refresh: Annotated[bool, typer.Option("--refresh", help="Measure again, even if the answer is remembered.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds the plugin may take to load and answer.")] = 60.0,
) -> None:  # fmt: skip
    """Show a plugin's knobs with units and ranges, its channels, latency and tail, and whether it repeats itself."""
    if plugin.lower().endswith(SUFFIXES):
        _show_model(open_target(plugin))
        return
    from ..plugins.probe import inspect

    path, plugin_name = locate_plugin(plugin)
    _show_plugin(inspect(path, plugin_name, timeout=timeout, refresh=refresh))


def _show_plugin(report: Any) -> None:
    from ...models.net_choice import choose

    title = f"{report.name} {report.version} by {report.manufacturer} ({report.format})"
    console.print(_table(title, (knob.parameter for knob in report.knobs.values())))
    choice = choose(report.character.to_dict())
    tail = "more than 10 s" if report.tail_seconds is None else f"{report.tail_seconds:.3f} s to -90 dB"
    measured = "nothing came back" if report.delay is None else f"{report.delay.samples + report.delay.fraction:.2f} measured"
    same = "yes" if report.deterministic else f"no (two renders differ by an ESR of {report.repeat_esr:.2g})"
    _show_facts({
        "channels": _channels(report),
        "latency": f"{report.reported_latency_samples} samples reported, {measured}",
        "tail": tail,
        "remembers": _memory(report.character),
        "bends": _bending(report.character),
        "net": f"{choice.name}: {choice.why} (--model auto, at these knobs)",
        "deterministic": same,
        "on reset": "clears its sound" if report.reload == "clears" else "keeps its sound, so it is loaded anew",
        "load": f"{report.load_seconds:.2f} s; renders {report.real_time_factor:.0f} x faster than real time",
    })  # fmt: skip
    for name, reason in report.filtered.items():
        console.print(f"  [dim]{name}: {reason}[/dim]")


def _channels(report: Any) -> str:
    taken = " or ".join(map(str, report.channels))
    out = f" → {report.output_channels}" if report.output_channels not in (None, *report.channels) else ""
    return taken + (f" + {report.key_channels} key" if report.key_channels else "") + out


def _show_model(model: Any) -> None:
    facts = model.facts
    console.print(_table(f"{model.name} ({model.kind})", (bound.parameter for bound in model.parameters.values())))
    rates = " or ".join(f"{rate:g} Hz" for rate in facts.sample_rates) or "any"
    blocks = " or ".join(map(str, facts.block_sizes)) or "any number"
    _show_facts({
        "channels": channel_pair(facts.input_channels, facts.output_channels),
        "sample rate": rates,
        "block": f"{blocks} samples" + (f", each with {facts.look_behind} before it" if facts.look_behind else ""),
        "latency": f"{model.latency_samples} samples in a host at 48 kHz that sends any block, {facts.lag} of them its own",
        "tail": f"{model.tail_seconds:.3f} s",
    })  # fmt: skip


def _table(title: str, rows: Iterable[Parameter]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("knob", "range or choices", "default", "scale"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        values = ", ".join(map(str, row.choices)) if row.choices else f"{row.text(row.minimum)} to {row.text(row.maximum)}"
        table.add_row(row.name, values, row.text(row.default), "switch" if row.choices else row.scale)
    return table


def _show_facts(facts: Mapping[str, str]) -> None:
    for name, fact in facts.items():
        console.print(f"  [bold]{name:<14}[/bold]{fact}")


def _memory(character: Any) -> str:
    return (f"{1000 * character.response_seconds:.1f} ms in its response, {1000 * character.recovery_seconds:.0f} ms after a "
            f"loud tone")  # fmt: skip


def _bending(character: Any) -> str:
    curve = "nothing" if character.order == 1 else f"up to harmonic {character.order}, {character.distortion_db:.0f} dB in all"
    return f"{curve}; {character.gain_change_db:+.1f} dB from quiet to loud{'; in steps' if character.steps else ''}"
