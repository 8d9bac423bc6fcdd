"""A rig into its file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models.errors import InvalidValue
from ...models.files import write_atomically
from ..automation.tempo import Tempo
from ..chain import Chain
from ..graph.graph import Graph
from .schema import VERSION
from .text import write_yaml
from .writing import Writer

if TYPE_CHECKING:
    from .rig import Rig

SUFFIXES = (".yaml", ".yml")


def write_rig(rig: "Rig", path: Path) -> None:
    """Write a rig, and the files beside it that it needs; the rig last. Raises as `Rig.save`."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidValue(f"{path}: a rig is written as .yaml")
    writer = Writer(path)
    text = write_yaml(rig_data(rig, writer))
    for name, content in writer.beside.items():
        write_atomically(path.parent / name, content)
    write_atomically(path, text.encode())


def rig_data(rig: "Rig", writer: Writer) -> dict[str, Any]:
    """Return a rig as the data of its file, what is usual left out."""
    board = rig.board if isinstance(rig.board, Chain | Graph) else Chain([rig.board])
    tempo = None if rig.tempo == Tempo() else rig.tempo.to_data()
    said = {"name": rig.name, "about": rig.about, "sample_rate": rig.sample_rate, "tempo": tempo}
    moving = {"automation": writer.automation(rig.automation, rig.sample_rate), "midi": _midi_data(rig), "presets": rig.presets}
    parts = {"wetdry": VERSION, **said, **writer.entry(board), **moving}
    return {name: value for name, value in parts.items() if value or name in ("chain", "graph")}


def _midi_data(rig: "Rig") -> dict[str, Any]:
    """Return the MIDI map, a program that is a preset by its name."""
    data = rig.midi.to_data()
    for number, values in data.get("programs", {}).items():
        named = next((name for name, preset in rig.presets.items() if preset == values), None)
        data["programs"][number] = named or values
    return data
