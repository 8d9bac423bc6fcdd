"""`wetdry devices`: the sound cards and MIDI ports of this machine."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from ...models.errors import DeviceError, MissingExtra
from .common import console
from .midi import midi_ports

HEADINGS = {"number": "", "name": "name", "host": "through", "inputs": "inputs", "outputs": "outputs",
            "sample_rate": "usual rate", "default": "default"}  # fmt: skip


def run(as_json: Annotated[bool, typer.Option("--json", help="Print plain JSON instead.")] = False) -> None:
    """List the sound cards and MIDI ports of this machine; wetdry live takes a number, or a part of a name."""
    cards, silence = _cards()
    ports, problem = midi_ports()
    if as_json:
        data = {"audio": cards, "audio_problem": silence, "midi": ports, "midi_problem": problem}
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
        return
    console.print(_table("audio", cards, HEADINGS) if cards else Text(silence or "", "yellow"))
    headings = {name: name for name in ("name", "direction", "system")}
    console.print(_table("MIDI", ports, headings) if ports else Text(problem or "no MIDI ports", "yellow"))


def _cards() -> tuple[list[dict[str, Any]], str | None]:
    """Return the cards, or why none can be had: the MIDI ports are listed all the same."""
    from ..live.cards.sound_cards import found_cards, none_is_there

    try:
        cards = [asdict(one) for one in found_cards()]
        return cards, None if cards else none_is_there()
    except (DeviceError, MissingExtra) as error:
        return [], str(error)


def _table(title: str, rows: list[dict[str, Any]], headings: dict[str, str]) -> Table:
    table = Table(title=title, title_justify="left")
    for name, heading in headings.items():
        table.add_column(heading, overflow="fold", justify="right" if isinstance(rows[0][name], int) else "left")
    for row in rows:
        table.add_row(*(Text(str(row[name])) for name in headings))
    return table
