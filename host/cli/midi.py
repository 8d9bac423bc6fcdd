"""`wetdry midi`: ports and controllers; `wetdry midi show`; `wetdry midi learn`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...models.errors import FileProblem, MissingExtra, PortError
from ..midi import MidiMap
from ..midi.factory_maps import FactoryMap, factory_map, factory_names
from ..targets import open_target
from .common import TARGET_HELP, console
from .rig import Trusted, is_rig, open_rig

app = typer.Typer(name="midi", help="List MIDI ports and controllers; learn which control turns which knob.")

Json = Annotated[bool, typer.Option("--json", help="Print plain JSON instead.")]


@app.callback(invoke_without_command=True)
def run(context: typer.Context, as_json: Json = False) -> None:
    """List the MIDI ports of this machine, and the controllers whose numbers are known."""
    if context.invoked_subcommand is not None:
        return
    found, problem = midi_ports()
    known = [factory_map(name) for name in factory_names()]
    if as_json:
        data = {"ports": found, "problem": problem, "controllers": [asdict(one) for one in known]}
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
        return
    console.print(
        _table("ports", found, ("name", "direction", "system")) if found else Text(problem or "no MIDI ports", "yellow")
    )
    rows = [{"name": one.key, "device": one.name, "controls": str(len(one.sources)), "as it is in": one.mode} for one in known]
    console.print(_table("controllers: wetdry midi show NAME", rows, ("name", "device", "controls", "as it is in")))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A controller, as wetdry midi lists it, such as nanokontrol2.")],
    as_json: Json = False,
) -> None:
    """Show what each control of a controller sends as it is delivered, and where that is known from."""
    known = factory_map(name)
    if as_json:
        typer.echo(json.dumps(asdict(known), indent=1, ensure_ascii=False))
        return
    console.print(Text.assemble((known.name, "bold"), f": {known.mode}"))
    console.print(_controls(known))
    console.print(Text(f"source: {known.source}", "dim"))


@app.command()
def learn(
    target: Annotated[str, typer.Argument(help=f"A rig (its .yaml, or a factory rig's name), or: {TARGET_HELP}")],
    knobs: Annotated[list[str] | None, typer.Argument(help="The knobs to bind, in turn. Left out: all of them.")] = None,
    port: Annotated[str | None, typer.Option(help="The MIDI input, or a part of its name. Left out: the only one.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the map here (.yaml) instead of printing it.")] = None,
    trusted: Trusted = False,
    seconds: Annotated[
        float, typer.Option(help="Wait so long for each control; a knob that none is moved for stays free.")
    ] = 30,
) -> None:
    """Bind controls to knobs: move the control for each knob that is named. What comes out goes into a rig's file."""
    import yaml

    from ..midi.learn import Learn, learn_from_port
    from ..midi.ports import open_input

    said = Console(stderr=True, highlight=False)
    midi, parameters = MidiMap(), _knobs_of(target, trusted)
    learning = Learn(midi, parameters)
    with open_input(port) as opened:
        said.print(f"listening to {opened.name}", markup=False)
        for knob in knobs or _all_knobs(parameters):
            learning.touch(knob)
            said.print(f"{knob}: move its control", markup=False)
            try:
                source, channel = learn_from_port(learning, opened, seconds)
            except PortError:
                said.print(f"{knob}: nothing moved, left free", markup=False)
            else:
                said.print(f"{knob}: {source}, channel {channel}", markup=False)
    text = yaml.safe_dump({"midi": midi.to_data()}, sort_keys=False, allow_unicode=True, default_flow_style=None)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.expanduser().write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileProblem(f"cannot write {out}: {error.strerror or error}") from None
    said.print(f"map: {out}", markup=False)


def midi_ports() -> tuple[list[dict[str, str]], str | None]:
    """Return the ports, or why none can be had: the controllers are listed all the same."""
    from ..midi.ports import list_ports

    try:
        return [asdict(one) for one in list_ports()], None
    except (PortError, MissingExtra) as error:
        return [], str(error)


def _knobs_of(target: str, trusted: bool) -> Mapping[str, Any]:
    return (open_rig(target, trusted) if is_rig(target) else open_target(target)).parameters


def _all_knobs(parameters: Mapping[str, Any]) -> list[str]:
    from ..native_knobs import range_is_unknown

    return [name for name, bound in parameters.items() if bound.parameter.automatable and not range_is_unknown(bound.parameter)]


def _table(title: str, rows: list[dict[str, str]], columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[column]) for column in columns))
    return table


def _controls(known: FactoryMap) -> Table:
    table = Table("control", "sends")
    for name, source in known.sources.items():
        table.add_row(Text(name, "" if name in known.controls else "dim"), source)
    return table
