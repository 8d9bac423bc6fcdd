"""Recipes: any processor as plain JSON data that rebuilds it, in another process or another year."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..effects import REGISTRY, Effect, NeuralEffect
from ..models.errors import InvalidType, InvalidValue
from ..models.model import load
from . import _pedalboard
from .arguments import build_arguments, describe_arguments, model_file
from .automation.automated import Automated
from .automation.recipe import build_curve, describe_curve
from .chain import Chain
from .container import Container
from .dawdreamer.built_in import DawDreamerProcessor
from .dawdreamer.faust import Faust
from .dawdreamer.plugin import DawDreamerPlugin
from .foreign import ForeignModel
from .graph.graph import Graph
from .mix import Mix
from .native_recipe import build_native, describe_native, turn_native
from .plugins import Plugin, load_plugin
from .plugins.formats import is_vst2
from .plugins.isolated import IsolatedPlugin


@dataclass(frozen=True)
class Kind:
    """A kind of processor that a recipe can say.

    Attributes:
        holds: whether a processor is of this kind.
        describe: its plain data, the kind left out.
        build: a processor from that.
    """

    holds: Callable[[Any], bool]
    describe: Callable[[Any], dict[str, Any]]
    build: Callable[[dict[str, Any]], Any]


def describe(processor: Any) -> dict[str, Any]:
    """Return plain data from which `build` makes an equal processor, knobs included, sound excluded.

    Raises:
        InvalidType: the processor holds something that plain data cannot say; names it.
    """
    name = kind_of(processor)
    return {"kind": name, **KINDS[name].describe(processor)}


def kind_of(processor: Any) -> str:
    """Return the name of the kind of a processor. Raises InvalidType where there is none for it."""
    for name, kind in KINDS.items():
        if kind.holds(processor):
            return name
    raise InvalidType(f"{processor!r:.80} cannot be written as a recipe")


def build(recipe: dict[str, Any]) -> Any:
    """Return the processor a recipe describes. A recipe that says a TorchScript is trusted is as trusted as who wrote it.

    Raises:
        InvalidValue: an unknown kind; UnknownName, ModelFileError, PluginError: a part that is not there.
    """
    kind = KINDS.get(recipe.get("kind", ""))
    if kind is None:
        raise InvalidValue(f"recipe kind {recipe.get('kind')!r} is not one of {', '.join(sorted(KINDS))}")
    return kind.build(recipe)


def _describe_graph(graph: Graph) -> dict[str, Any]:
    return {"nodes": {name: describe(inside) for name, inside in graph.items()}, "patch": graph.patch,
            "inputs": list(graph.inputs), "outputs": list(graph.outputs)}  # fmt: skip


def _build_graph(recipe: dict[str, Any]) -> Graph:
    nodes = {name: build(inside) for name, inside in recipe["nodes"].items()}
    graph = Graph(nodes, inputs=recipe["inputs"], outputs=recipe["outputs"])
    graph.patch = recipe["patch"]  # one that is not connected yet comes back as it was
    return graph


def _describe_model(effect: Any) -> dict[str, Any]:
    return {"path": model_file(effect), "values": _values(effect)}


def _describe_effect(effect: Effect) -> dict[str, Any]:
    name = type(effect).__name__
    if REGISTRY.get(name) is not type(effect):
        raise InvalidType(f"{name} is not registered: decorate it with @wetdry.effects.REGISTRY.register")
    arguments = describe_arguments(effect, describe)
    return {"name": name, "values": _values(effect), **({"arguments": arguments} if arguments else {})}


def _build_effect(recipe: dict[str, Any]) -> Effect:
    return REGISTRY[recipe["name"]](**build_arguments(recipe.get("arguments", {}), build), **recipe["values"])


def _describe_plugin(plugin: Any) -> dict[str, Any]:
    """Knobs by position, how it is hosted, and its state where one was loaded that the knobs may not say."""
    state = {"state": base64.b64encode(plugin.raw_state).decode()} if plugin.holds_state else {}
    return {"path": str(Path(plugin.path).resolve()), "plugin_name": plugin.plugin_name, "raw": plugin.raw_values,
            **plugin.hosted_as(), **state}  # fmt: skip


def _build_plugin(recipe: dict[str, Any]) -> Any:
    hosted_as = {name: recipe[name] for name in ("host", "isolated") if name in recipe}
    plugin: Any = load_plugin(recipe["path"], recipe["plugin_name"], **hosted_as)
    if "state" in recipe:
        plugin.raw_state = base64.b64decode(recipe["state"])
    plugin.raw_values = recipe["raw"]
    return plugin


def _is_plugin(processor: Any) -> bool:
    return isinstance(processor, Plugin | DawDreamerPlugin | IsolatedPlugin)


def _describe_faust(faust: Faust) -> dict[str, Any]:
    source = {"path": str(faust.path.resolve())} if faust.path else {"source": faust.source}
    return {**source, "values": faust.values()}


def _describe_foreign(model: ForeignModel) -> dict[str, Any]:
    return {"path": str(model.path.resolve()), "arguments": model.arguments(), "raw": model.raw_values}


def _build_foreign(recipe: dict[str, Any]) -> ForeignModel:
    model = load_plugin(recipe["path"], **recipe["arguments"])
    assert isinstance(model, ForeignModel)
    model.raw_values = recipe["raw"]
    return model


def _values(effect: Effect) -> dict[str, Any]:
    return {name: bound.value for name, bound in effect.parameters.items()}


def turn(processor: Any, name: str, value: Any) -> None:
    """Turn a knob of any processor, given in its unit; a switch of a native plugin by its name.

    Raises:
        UnknownName: no such knob, no such choice. InvalidValue, InvalidType: a value that it does not take.
    """
    if _pedalboard.is_native(processor):
        turn_native(processor, name, value)
    else:
        processor.parameters[name].value = value


KINDS: dict[str, Kind] = {  # the first that holds counts
    "wire": Kind(lambda p: p is None, lambda p: {}, lambda r: None),
    "mix": Kind(
        lambda p: isinstance(p, Mix),
        lambda p: {"processors": [describe(inside) for inside in p], "gains_db": list(p.gains_db)},
        lambda r: Mix([build(inside) for inside in r["processors"]], r["gains_db"]),
    ),
    "chain": Kind(
        lambda p: isinstance(p, Container),
        lambda p: {"processors": [describe(inside) for inside in p]},
        lambda r: Chain([build(inside) for inside in r["processors"]]),
    ),
    "automated": Kind(
        lambda p: isinstance(p, Automated),
        lambda p: {
            "processor": describe(p.processor),
            "tempo": p.tempo.to_data(),
            "hold_error": p.hold_error,
            "automation": {path: describe_curve(curve) for path, curve in p.curves.items()},
        },
        lambda r: Automated(
            build(r["processor"]),
            {path: build_curve(data) for path, data in r["automation"].items()},
            r["tempo"],
            r["hold_error"],
        ),
    ),
    "graph": Kind(lambda p: isinstance(p, Graph), _describe_graph, _build_graph),
    "model": Kind(
        lambda p: isinstance(p, NeuralEffect) and p.model is not None,
        _describe_model,
        lambda r: NeuralEffect(load(r["path"]), **r["values"]),
    ),
    "effect": Kind(
        lambda p: isinstance(p, Effect),
        _describe_effect,
        _build_effect,
    ),
    "vst2": Kind(lambda p: _is_plugin(p) and is_vst2(p.path), _describe_plugin, _build_plugin),
    "vst3": Kind(_is_plugin, _describe_plugin, _build_plugin),
    "faust": Kind(
        lambda p: isinstance(p, Faust),
        _describe_faust,
        lambda r: Faust(Path(r["path"]) if "path" in r else r["source"], **r["values"]),
    ),
    "dawdreamer": Kind(
        lambda p: isinstance(p, DawDreamerProcessor),
        lambda p: {"name": p.kind, "values": p.values()},
        lambda r: DawDreamerProcessor(r["name"], **r["values"]),
    ),
    "foreign": Kind(lambda p: isinstance(p, ForeignModel), _describe_foreign, _build_foreign),
    "native": Kind(
        _pedalboard.is_native,
        describe_native,
        build_native,
    ),
}
