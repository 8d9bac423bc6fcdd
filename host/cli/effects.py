"""`wetdry effects`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..targets import open_effect
from .common import console, set_knobs

PRESET_HELP = "A preset of the effect, such as 'Warm Bass'; --set turns knobs on top of it."

FILE_HELP = "What the effect plays from: the impulse response of CabinetIR, the model of NeuralAmp."


def run(
    name: Annotated[str | None, typer.Argument(help="An effect, such as TubeSaturator. Left out: all are listed.")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it: transfer curve, harmonics, frequency response, aliasing. .png, .svg or .pdf.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help=PRESET_HELP)] = None,
    file: Annotated[Path | None, typer.Option(help=FILE_HELP)] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="A knob, as name=value; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print plain JSON instead.")] = False,
) -> None:
    """List the built-in effects with knobs, units and presets; show and draw one."""
    from ...effects import REGISTRY
    from ...models.errors import InvalidValue
    from ..effect_pages import facts_of
    from ..figures_file import check_suffix

    if name is None:
        if plot or preset or file or setting:
            raise InvalidValue("--plot, --preset, --file and --set need the name of an effect: wetdry effects TubeSaturator")
        found = [facts_of(REGISTRY[each]()) for each in sorted(REGISTRY)]
        if as_json:
            typer.echo(json.dumps([facts.to_dict() for facts in found], indent=1))
        else:
            console.print(_listed(found))
        return
    if plot:
        check_suffix(plot)
    elif preset or setting:
        raise InvalidValue("--preset and --set say what --plot draws: add --plot FILE.png")
    effect = open_effect(name, preset, file)
    set_knobs(effect, setting or [])
    facts = facts_of(effect)
    if as_json:
        typer.echo(json.dumps(facts.to_dict(), indent=1))
    elif not plot:
        console.print(_shown(facts))
    if plot:
        from ..effect_pages.plot import write_effect_plot

        write_effect_plot(effect, plot, f"{name}{f' {file.name}' if file else ''}{f' “{preset}”' if preset else ''}")
        console.print(f"plot: {plot}", markup=False)


def _listed(found: list[Any]) -> Table:
    table = Table(show_lines=True, title="wetdry effects NAME says more, --plot draws it", title_justify="left")
    table.add_column("effect", ratio=5)
    table.add_column("knob · range or choices · default", ratio=6)
    for facts in found:
        about = Text.assemble((facts.name, "bold"), f"\n{facts.summary}\n", (_timing(facts), "dim"))
        if facts.presets:
            about.append(f"\npresets: {', '.join(facts.presets)}", "italic")
        knobs = Table.grid(padding=(0, 2))
        for knob in facts.knobs:
            knobs.add_row(Text(knob.name, "bold"), Text(knob.values), Text(knob.default, "dim"))
        table.add_row(about, knobs)
    return table


def _shown(facts: Any) -> Group:
    table = Table()
    for heading in ("knob", "range or choices", "default", "scale", "what it does"):
        table.add_column(heading, overflow="fold")
    for knob in facts.knobs:
        table.add_row(*(Text(text) for text in (knob.name, knob.values, knob.default, knob.scale, knob.meaning)))
    arguments, presets = Table.grid(padding=(0, 2)), Table.grid(padding=(0, 2))
    for argument, meaning in facts.arguments.items():
        arguments.add_row(Text(argument, "bold"), Text(meaning))
    for preset, values in facts.presets.items():
        presets.add_row(Text(preset, "italic"), Text(values, "dim"))
    parts: list[Any] = [Text.assemble((facts.name, "bold"), f": {facts.summary}")]
    parts += [Padding(Text(paragraph), (1, 0, 0, 2)) for paragraph in facts.description]
    if facts.arguments:
        parts += [Padding(Text("made with, in Python", "bold"), (1, 0, 0, 2)), Padding(arguments, (0, 0, 0, 4))]
    if facts.knobs:
        parts.append(Padding(table, (1, 0, 0, 2)))
    parts.append(Padding(Text(_timing(facts), "bold"), (1, 0, 0, 2)))
    if facts.presets:
        parts += [Padding(Text("presets", "bold"), (1, 0, 0, 2)), Padding(presets, (0, 0, 0, 4))]
    if facts.source:
        parts.append(Padding(Text(f"source: {facts.source}", "dim"), (1, 0, 0, 2)))
    return Group(*parts)


def _timing(facts: Any) -> str:
    latency = f"latency {facts.latency_samples} sample{'s' * (facts.latency_samples != 1)}"
    return f"{latency}, tail {facts.tail_seconds:.3g} s" if facts.tail_seconds else f"{latency}, no tail"
