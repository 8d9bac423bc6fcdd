"""`wetdry rig`: the factory rigs; `wetdry rig check` and `wetdry rig show`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ...presets import rig_names, rig_path
from .common import console

if TYPE_CHECKING:
    from ..rig.rig import Rig

SUFFIXES = (".yaml", ".yml")
app = typer.Typer(name="rig", help="List the factory rigs; check and show rigs.")

RigFile = Annotated[str, typer.Argument(help="A rig's .yaml, or a factory rig's name.")]
Trusted = Annotated[bool, typer.Option("--trusted", help="Load programs too: Faust, TorchScript, plugins from anywhere.")]


def is_rig(text: str) -> bool:
    """Tell whether a person names a rig: a .yaml file, or a factory rig where no file has that name."""
    return text.lower().endswith(SUFFIXES) or (text in rig_names() and not Path(text).exists())


def open_rig(text: str, trusted: bool = False) -> "Rig":
    """Return the rig a person names. Raises FileProblem, RigFileError, UnknownName."""
    from ..rig.rig import Rig

    path = Path(text).expanduser()
    named = len(path.parts) == 1 and not path.suffix and not path.exists()
    return Rig.load(rig_path(text) if named else path, trusted)


@app.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """List the factory rigs: every name works wherever a rig's file does."""
    if context.invoked_subcommand is not None:
        return
    from ..rig.opening import read_heading

    table = Table(title="wetdry render NAME dry.wav wet.wav plays one; wetdry rig show NAME says more", title_justify="left")
    table.add_column("rig")
    table.add_column("about", overflow="fold")
    for name in rig_names():
        table.add_row(name, escape(read_heading(rig_path(name))[1]))
    console.print(table)


@app.command()
def check(rig: RigFile, trusted: Trusted = False) -> None:
    """Say all that is wrong with a rig, by line and field, and what of it is not on this machine; nothing is played."""
    found = open_rig(rig, trusted)
    counts = {"knob": len(found.parameters), "curve": len(found.automation), "MIDI control": len(found.midi.bindings),
              "preset": len(found.presets)}  # fmt: skip
    said = ", ".join(f"{count} {what}{'s' if count > 1 else ''}" for what, count in counts.items() if count)
    console.print(f"{rig}: in order: {said or 'no knobs'}", markup=False)


@app.command()
def show(rig: RigFile, trusted: Trusted = False) -> None:
    """Show a rig: what it is made of, its knobs, and what moves them."""
    from ..rig.text import write_yaml
    from ..rig.writing import Writer

    found = open_rig(rig, trusted)
    console.print(f"[bold]{escape(found.name or rig)}[/bold]")
    if found.about:
        console.print(found.about, markup=False)
    console.print(write_yaml(_inside(Writer(Path(rig)).entry(found.board))), markup=False, soft_wrap=True)
    console.print(_knobs(found))
    rate = "any rate" if found.sample_rate is None else f"{found.sample_rate:g} Hz"
    facts = {"plays at": rate, "latency": f"{found.latency_samples} samples", "rings": f"{found.tail_seconds:.1f} s"}
    if found.presets:
        facts["presets"] = ", ".join(found.presets)
    for name, fact in facts.items():
        console.print(f"  [bold]{name:<10}[/bold]{escape(fact)}")


def _inside(entry: Any) -> dict[str, Any]:
    return entry if isinstance(entry, dict) else {"chain": [entry]}


def _knobs(rig: "Rig") -> Table:
    """Return the knobs, those that something moves first, with what moves them."""
    moved = {knob: [repr(curve)] for knob, curve in rig.automation.items()}
    for source, binding in rig.midi.bindings:
        ends = "" if binding.low is None and binding.high is None else f" ({binding.low} to {binding.high})"
        moved.setdefault(binding.to, []).append(f"{source}{ends}")
    table = Table()
    for heading in ("knob", "stands at", "range or choices", "moved by"):
        table.add_column(heading, overflow="fold")
    for name, knob in sorted(rig.parameters.items(), key=lambda item: item[0] not in moved):
        row = knob.parameter
        ends = ", ".join(map(str, row.choices)) if row.choices else f"{row.text(row.minimum)} to {row.text(row.maximum)}"
        table.add_row(Text(name), Text(knob.string_value), Text(_range(row, ends)), Text("\n".join(moved.get(name, []))))
    return table


def _range(row: Any, ends: str) -> str:
    from ..native_knobs import range_is_unknown

    return "the plugin does not say" if range_is_unknown(row) else ends
