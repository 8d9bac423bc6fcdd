"""Presets of effects: YAML files beside this one, one an effect class, read as data and checked before use."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..models.errors import FileProblem, InvalidType, InvalidValue, UnknownName, WetdryError
from ..models.parameter import Parameter

FOLDER = Path(__file__).parent / "effects"
MOST_BYTES = 1 << 18


def effect_presets(class_name: str, table: Iterable[Parameter] | None = None) -> dict[str, dict[str, Any]]:
    """Return an effect's presets, name → {knob: value}, in the order of its file; none where it has no file.

    Args:
        class_name: of the effect, such as `TubeSaturator`; its file is `presets/effects/TubeSaturator.yaml`.
        table: the effect's knobs; with it every name and value is checked against them.

    Raises:
        InvalidValue, InvalidType: the file is not a mapping of names to knobs, or (with `table`) a knob does not
            exist or cannot stand there. The message names file, preset and knob.
    """
    path = FOLDER / f"{class_name}.yaml"
    return read_presets(path, table) if class_name.isidentifier() and path.is_file() else {}


def read_presets(path: Path, table: Iterable[Parameter] | None = None) -> dict[str, dict[str, Any]]:
    """Return the presets of any file of that shape; arguments and errors as `effect_presets`, FileProblem besides."""
    presets = _mapping(path.name, read_yaml(path))
    knobs = None if table is None else {knob.name: knob for knob in table}
    return {name: _values(f"{path.name}: preset {name!r}", values, knobs) for name, values in presets.items()}


def _values(where: str, values: Any, knobs: dict[str, Parameter] | None) -> dict[str, Any]:
    checked = {}
    for name, value in _mapping(where, values).items():
        if not isinstance(value, int | float | str | bool):
            raise InvalidType(f"{where}: {name}: a number, a choice or true/false is needed, got {value!r:.60}")
        if knobs is not None:
            if name not in knobs:
                raise InvalidValue(f"{where}: {UnknownName('knob', name, knobs)}")
            try:
                value = knobs[name].from_number(knobs[name].to_number(value))
            except WetdryError as error:
                raise type(error)(f"{where}: {error}") from None
        checked[name] = value
    return checked


def _mapping(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise InvalidType(f"{where}: a mapping is needed (`Name:` with `knob: value` lines below), got {value!r:.60}")
    for key in value:
        if not isinstance(key, str) or not key.strip():
            raise InvalidType(f"{where}: {key!r:.60} is no name; put it in quotes")
    return value


def read_yaml(path: Path) -> Any:
    """Return what a YAML file of ours holds, as plain data. Raises FileProblem or InvalidValue, one line, the file named."""
    import yaml

    class OnceEach(yaml.SafeLoader):
        """SafeLoader that refuses a key written twice, where YAML would silently keep the last."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value]
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice is not None:
                raise InvalidValue(f"{path.name}: line {node.start_mark.line + 1}: {twice!r} stands there twice")
            return super().construct_mapping(node, deep)

    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise InvalidValue(f"{path.name}: {len(content)} bytes; presets take up to {MOST_BYTES}")
    try:
        return yaml.load(content, OnceEach)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, WetdryError):
            raise
        raise InvalidValue(f"{path.name}: not YAML: {' '.join(str(error).split())[:200]}") from None
