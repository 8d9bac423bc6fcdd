"""A rig's file, read whole: every part checked, and all that is wrong said at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...effects.parameters import Parameters
from ...models.errors import FileProblem
from ..container import knobs_of
from ..native_knobs import sane_knobs
from .lines import MOST_BYTES, read_yaml
from .moving import check_hands, read_automation, read_midi, read_tempo
from .problems import Problems
from .reading import Reader
from .schema import VERSION, RigSheet, checked


def read_rig(path: Path, trusted: bool = False) -> dict[str, Any]:
    """Return the arguments of `Rig` that a file holds. Raises FileProblem, RigFileError."""
    path = path.expanduser().absolute()
    content = _content(path)
    problems = Problems(path.name)
    data = _rig(read_yaml(content, problems), problems)
    sheet = checked(RigSheet, data, (), problems)
    if sheet and (sheet.chain is None) == (sheet.graph is None):
        problems.add(("graph",) if sheet.graph else (), "a rig has either a chain (a list) or a graph (nodes and patch)")
    reader = Reader(path.parent, trusted, problems)
    before, board = len(problems), _board(data, reader)
    if sheet is not None:
        rig = _read_rest(sheet, board, board is not None and len(problems) == before, path.parent, problems)
        problems.raise_if_any()
        return rig
    problems.raise_if_any()
    raise AssertionError


def read_heading(path: Path) -> tuple[str, str]:
    """Return a rig's name and what it is about, nothing built. Raises FileProblem, RigFileError."""
    problems = Problems(path.name)
    sheet = checked(RigSheet, _rig(read_yaml(_content(path), problems), problems), (), problems)
    problems.raise_if_any()
    assert sheet
    return sheet.name, sheet.about


def _read_rest(sheet: RigSheet, board: Any, whole: bool, folder: Path, problems: Problems) -> dict[str, Any]:
    """Return the arguments of `Rig`; `whole`: nothing of the board is missing, so its knobs can be asked."""
    tempo = read_tempo(sheet.tempo, ("tempo",), problems)
    automation = read_automation(sheet.automation, board, whole, folder, ("automation",), problems)
    midi = read_midi(sheet.midi, sheet.presets, board, whole, problems)
    check_hands(midi, automation, problems)
    if whole:
        _check_presets(sheet.presets, sane_knobs(knobs_of(board)), problems)
    return {"board": board, "name": sheet.name, "about": sheet.about, "sample_rate": sheet.sample_rate,
            "presets": sheet.presets, "tempo": tempo, "automation": automation, "midi": midi}  # fmt: skip


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise FileProblem(f"no rig at {path}: pass a .yaml file, or a factory rig's name (wetdry rig lists them)")
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None


def _rig(data: Any, problems: Problems) -> Mapping[str, Any]:
    """Return a file's data if it is a rig of a version that this wetdry reads."""
    version = data.get("wetdry") if isinstance(data, Mapping) else None
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        problems.add(("wetdry",), f"this rig is of version {version}, and this wetdry reads up to {VERSION}: "
                                  "pip install --upgrade wetdry")  # fmt: skip
    elif version is None and not len(problems):
        problems.add(("wetdry",) if isinstance(data, Mapping) else (), "this is no rig: a rig begins with the line wetdry: 1")
    problems.raise_if_any()
    return data


def _board(data: Mapping[str, Any], reader: Reader) -> Any:
    """Return what plays, whatever else is wrong with the file: all problems are said at once."""
    if isinstance(data.get("chain"), list):
        return reader.chain(data["chain"], ("chain",))
    return reader.graph(data["graph"], ("graph",)) if data.get("graph") is not None else None


def _check_presets(presets: Mapping[str, Mapping[str, Any]], knobs: Parameters, problems: Problems) -> None:
    for name, values in presets.items():
        for knob, value in values.items():
            with problems.at(("presets", name, knob)):
                knobs[knob].parameter.to_number(value)
