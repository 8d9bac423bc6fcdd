"""Recipes of pedalboard's own plugins, which are made of their settings: those are numbers, switches and choices by name."""

import enum
import math
from pathlib import Path
from typing import Any

from ..models.errors import InvalidType, InvalidValue, PluginError, UnknownName
from . import _pedalboard
from .arguments import PLAIN
from .native_knobs import native_settings


def describe_native(plugin: Any) -> dict[str, Any]:
    """Return its name and its settings as plain data. Raises InvalidType where plain data cannot say one."""
    values: dict[str, Any] = {}
    for name in native_settings(plugin):
        value = getattr(plugin, name)
        if isinstance(value, enum.Enum) or hasattr(type(value), "__members__"):
            value = {"choice": value.name}
        elif not isinstance(value, PLAIN):
            raise InvalidType(f"{type(plugin).__name__}.{name} = {value!r:.40} cannot be written as a recipe")
        values[name] = value
    path = getattr(plugin, "impulse_response_filename", None)
    if type(plugin).__name__ == "Convolution":
        if not path:
            raise InvalidType("a Convolution over an array cannot be written as a recipe; give it a file")
        values["impulse_response_filename"] = str(Path(path).resolve())
    return {"name": type(plugin).__name__, "values": values}


def build_native(recipe: dict[str, Any]) -> Any:
    """Return the plugin of a recipe. Raises UnknownName, PluginError, and what `turn_native` raises."""
    name, values = recipe["name"], dict(recipe["values"])
    kind: Any = _pedalboard.native_class(name)
    file = [values.pop("impulse_response_filename")] if "impulse_response_filename" in values else []
    try:
        plugin = kind(*file)
    except (TypeError, ValueError, RuntimeError, ImportError) as error:
        why = "is made with more than knobs" if isinstance(error, TypeError) else str(error).strip().splitlines()[0]
        raise PluginError(f"pedalboard.{name} {why}") from None
    for key, value in values.items():
        turn_native(plugin, key, value["choice"] if isinstance(value, dict) else value)
    return plugin


def turn_native(plugin: Any, name: str, value: Any) -> None:
    """Turn a setting of a native plugin, a switch by its name.

    Raises:
        UnknownName: no such setting, no such choice. InvalidValue: a value that it does not take.
    """
    if name not in (known := native_settings(plugin)):
        raise UnknownName(f"setting of {type(plugin).__name__}", name, known)
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidValue(f"{name} = {value} is not finite")
    members = getattr(type(getattr(plugin, name)), "__members__", None)
    if members is not None and value not in members:
        raise UnknownName(f"choice of {name}", str(value), members)
    try:
        setattr(plugin, name, value if members is None else members[value])
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidValue(f"{name} = {value!r:.60}: {str(error).strip().splitlines()[0]}") from None
