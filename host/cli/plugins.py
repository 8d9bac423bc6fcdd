"""`wetdry plugins`: what is installed; `wetdry plugins scan`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ..plugins.scanned import ScannedPlugin, scanned
from ..plugins.scanning import TIMEOUT_SECONDS
from .common import channel_pair, console, progress_bar

app = typer.Typer(name="plugins", help="List the installed plugins; scan for them.")

Folders = Annotated[
    list[Path] | None,
    typer.Option("--folder", help="Look here, and below; may be repeated. Left out: where plugins are installed, and in "
                                  "$VST3_PATH and $VST_PATH."),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print plain JSON instead.")]


@app.callback(invoke_without_command=True)
def run(context: typer.Context, folder: Folders = None, as_json: Json = False) -> None:
    """List the plugins that scans have found, the quarantined ones with the reason; every name works wherever a path does."""
    if context.invoked_subcommand is None:
        known, unknown = scanned(folder)
        _show(known, as_json)
        if unknown and not as_json:
            console.print(f"{len(unknown)} files were not scanned yet: wetdry plugins scan")


@app.command()
def scan(
    folder: Folders = None,
    timeout: Annotated[float, typer.Option(help="Seconds a plugin may take before it counts as hung.")] = TIMEOUT_SECONDS,
    refresh: Annotated[bool, typer.Option("--refresh", help="Try all of them again, the quarantined ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Find the installed VST3 and VST2 plugins and try each in a process of its own; what crashes or hangs is quarantined."""
    from ..plugins.scanning import scan as scan_plugins

    if as_json:
        found = scan_plugins(folder, timeout=timeout, refresh=refresh)
    else:
        with progress_bar() as report:
            found = scan_plugins(folder, timeout=timeout, refresh=refresh,
                                 progress=lambda done, total, name: report("scan", done, total, name))  # fmt: skip
    _show(found, as_json)


def _show(found: list[ScannedPlugin], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([one.to_dict() for one in found], indent=1))
        return
    quarantined = [one for one in found if one.quarantine]
    if len(found) > len(quarantined):
        console.print(_table([one for one in found if not one.quarantine]))
    for one in quarantined:
        console.print(Text.assemble((f"quarantined: {one.name} ({one.format})", "yellow"), f" {one.quarantine}\n  ",
                                    (str(one.path), "dim")))  # fmt: skip
    playable = sum(one.playable for one in found)
    console.print(f"{playable} effects to play, {len(found) - playable - len(quarantined)} instruments, "
                  f"{len(quarantined)} quarantined")  # fmt: skip


def _table(found: list[ScannedPlugin]) -> Table:
    table = Table(title="wetdry inspect NAME says more of one", title_justify="left")
    for heading in ("name", "maker", "format", "channels"):
        table.add_column(heading, overflow="fold")
    for heading in ("knobs", "latency"):
        table.add_column(heading, justify="right")
    for one in found:
        name = Text(one.name)
        for remark in ("an instrument" if one.instrument else "", one.note):
            name.append(f"\n{remark}" if remark else "", "dim")
        table.add_row(name, Text(one.maker), one.format, channels_text(one), str(len(one.knobs)),
                      f"{one.latency_samples or ''}", style="dim" if one.instrument else None)  # fmt: skip
    return table


def channels_text(plugin: ScannedPlugin) -> str:
    """Return "1 or 2"; "1 → 2" where as many do not come out as go in; "2 + 2 key" for a side-chain."""
    return " or ".join(channel_pair(inputs, outputs) for inputs, outputs in plugin.channels)
