"""A rig into its file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models.errors import InvalidValue
from ...models.files import write_atomically
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
    board = rig.board if isinstance(rig.board, Chain | Graph) else Chain([] if rig.board is None else [rig.board])
    said = {"name": rig.name, "about": rig.about, "sample_rate": rig.sample_rate}
    data = {"wetdry": VERSION, **{name: value for name, value in said.items() if value}}
    return data | writer.entry(board) | ({"presets": rig.presets} if rig.presets else {})
