"""Recipes: any processor as plain JSON data that rebuilds it, in another process or another year."""

import enum
from pathlib import Path
from typing import Any

from ..effects import REGISTRY, Effect, NeuralEffect
from ..models.errors import InvalidType, InvalidValue
from ..models.model import load
from . import _pedalboard
from .chain import Chain
from .container import Container
from .foreign import ForeignModel
from .mix import Mix
from .native_knobs import native_settings
from .plugins import Plugin, load_plugin

PLAIN = (bool, int, float, str)


def describe(processor: Any) -> dict[str, Any]:
    """Return plain data from which `build` makes an equal processor, knobs included, sound excluded.

    Raises:
        InvalidType: the processor holds something that plain data cannot say; names it.
    """
    if processor is None:
        return {"kind": "wire"}
    if isinstance(processor, Mix):
        return {"kind": "mix", "processors": [describe(p) for p in processor], "gains_db": list(processor.gains_db)}
    if isinstance(processor, Container):
        return {"kind": "chain", "processors": [describe(p) for p in processor]}
    if isinstance(processor, NeuralEffect) and processor.model is not None:
        if processor.model.path is None:
            raise InvalidType("this model has no file yet: model.save(path), then load it, and describe that")
        return {"kind": "model", "path": str(processor.model.path.resolve()), "values": _values(processor)}
    if isinstance(processor, Effect):
        name = type(processor).__name__
        if REGISTRY.get(name) is not type(processor):
            raise InvalidType(f"{name} is not registered: decorate it with @wetdry.effects.REGISTRY.register")
        return {"kind": "effect", "name": name, "values": _values(processor)}
    if isinstance(processor, Plugin):
        return {"kind": "vst3", "path": str(Path(processor.path).resolve()), "plugin_name": processor.plugin_name,
                "raw": processor.raw_values}  # fmt: skip
    if isinstance(processor, ForeignModel):
        return {"kind": "foreign", "path": str(processor.path.resolve()), "arguments": processor.arguments(),
                "raw": processor.raw_values}  # fmt: skip
    if _pedalboard.is_native(processor):
        return {"kind": "native", "name": type(processor).__name__, "values": _native_values(processor)}
    raise InvalidType(f"{processor!r:.80} cannot be written as a recipe")


def build(recipe: dict[str, Any]) -> Any:
    """Return the processor a recipe describes. A recipe that says a TorchScript is trusted is as trusted as who wrote it.

    Raises:
        InvalidValue: an unknown kind; UnknownName, ModelFileError, PluginError: a part that is not there.
    """
    kind = recipe.get("kind")
    if kind == "wire":
        return None
    if kind == "chain":
        return Chain([build(p) for p in recipe["processors"]])
    if kind == "mix":
        return Mix([build(p) for p in recipe["processors"]], recipe["gains_db"])
    if kind == "model":
        return NeuralEffect(load(recipe["path"]), **recipe["values"])
    if kind == "effect":
        return REGISTRY[recipe["name"]](**recipe["values"])
    if kind == "vst3":
        plugin = load_plugin(recipe["path"], recipe["plugin_name"])
        plugin.raw_values = recipe["raw"]
        return plugin
    if kind == "foreign":
        model = load_plugin(recipe["path"], **recipe["arguments"])
        model.raw_values = recipe["raw"]
        return model
    if kind == "native":
        return _build_native(recipe["name"], recipe["values"])
    raise InvalidValue(f"recipe kind {kind!r} is not one of chain, effect, foreign, mix, model, native, vst3, wire")


def _values(effect: Effect) -> dict[str, Any]:
    return {name: bound.value for name, bound in effect.parameters.items()}


def _native_values(plugin: Any) -> dict[str, Any]:
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
    return values


def _build_native(name: str, values: dict[str, Any]) -> Any:
    kind: Any = _pedalboard.native_class(name)
    if name == "Convolution":
        plugin = kind(values["impulse_response_filename"])
        values = {k: v for k, v in values.items() if k != "impulse_response_filename"}
    else:
        plugin = kind()
    for key, value in values.items():
        if isinstance(value, dict):
            value = type(getattr(plugin, key)).__members__[value["choice"]]
        setattr(plugin, key, value)
    return plugin
