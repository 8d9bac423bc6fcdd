"""Targets: the processor that a person names, in words: a plugin, a model file, an effect, a native plugin."""

import inspect
from pathlib import Path
from typing import Any

from ..effects import REGISTRY
from ..models.errors import FileProblem, InvalidValue, UnknownName
from . import _pedalboard
from .chain import Chain
from .foreign import SUFFIXES
from .plugins import load_plugin
from .plugins.formats import is_plugin_file
from .plugins.installed import installed_names, located

TRUSTED = "trusted:"  # before a TorchScript, which is a program


def open_target(text: str, loading: dict[str, Any] | None = None, preset: str | None = None, file: Path | None = None) -> Any:
    """Return the processor a person names: plugin, model file (`trusted:` before a TorchScript), built-in effect or native
    pedalboard plugin.

    `loading` holds options for reading a model file; anything else refuses them. `preset` and `file` are a
    built-in effect's, see `open_effect`.
    """
    for option, given in (("--preset", preset), ("--file", file)):
        if given is not None and text not in REGISTRY:
            raise InvalidValue(f"{option} takes a built-in effect ({', '.join(sorted(REGISTRY))}), and {text} is none")
    if text.lower().endswith(SUFFIXES) and not loading:
        return load_plugin(text.removeprefix(TRUSTED), trusted=text.startswith(TRUSTED))
    if preset is None and file is None and Path(text).expanduser().is_file() and not is_plugin_file(Path(text)):
        from ..models.model import load
        from .evaluation.playing import player

        return player(load(Path(text).expanduser(), **(loading or {})))
    if loading:
        option = next(iter(loading)).replace("_", "-")
        raise InvalidValue(f"--{option} says how a model file is read, and {text} is none")
    if text.startswith("pedalboard."):
        return Chain([_pedalboard.native_class(text.removeprefix("pedalboard."))()])
    if text in REGISTRY:
        return open_effect(text, preset, file)
    path, plugin_name = locate_plugin(text)
    return load_plugin(path, plugin_name)


def locate_plugin(text: str) -> tuple[Path, str | None]:
    """Return the path of a plugin given by path or name, and which of its file it is. Raises FileProblem or UnknownName."""
    if _is_plugin(text):
        return located(text)
    if Path(text).suffix or len(Path(text).parts) > 1:
        raise FileProblem(f"no file at {text}: pass a VST3 or VST2, a model such as clone.safetensors, or an effect "
                          f"({', '.join(REGISTRY)})")  # fmt: skip
    error = UnknownName("effect or plugin", text, [*REGISTRY, *installed_names()])
    raise UnknownName("effect or installed plugin", text, REGISTRY) if error.near.startswith("known") else error


def _is_plugin(text: str) -> bool:
    installed = {name.lower() for name in installed_names()} if text not in REGISTRY else set()
    return is_plugin_file(Path(text)) or text.lower() in installed


def open_effect(name: str, preset: str | None = None, file: Path | None = None) -> Any:
    """Return a built-in effect by name, at a preset and playing a file (impulse response, model) where they are given.

    Raises:
        UnknownName: no such effect or preset. InvalidValue: the effect plays no file. FileProblem: there is no such file.
    """
    kind: Any = REGISTRY[name]
    if file is None:
        return kind.preset(preset) if preset is not None else kind()
    if not any(p.kind is p.POSITIONAL_OR_KEYWORD for p in inspect.signature(kind).parameters.values()):
        raise InvalidValue(f"--file: {name} plays from no file")
    path = file.expanduser()
    if not path.is_file():
        raise FileProblem(f"no file at {file}")
    return kind.preset(preset, path) if preset is not None else kind(path)


def open_capture_target(text: str) -> Any:
    """Return what to capture: the path of a plugin (its workers load it), or a processor."""
    path, plugin_name = located(text) if _is_plugin(text) else (None, None)
    return path if path and plugin_name is None else open_target(text)
