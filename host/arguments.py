"""What effects are made with besides their knobs, as plain data: models, impulse responses, an effect inside an effect."""

import base64
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..effects import Effect
from ..effects.impulse_response import ImpulseResponse
from ..effects.model_effect import ModelEffect
from ..models.errors import InvalidType
from ..models.model import Model

PLAIN = (bool, int, float, str)


def argument_names(kind: type[Effect]) -> list[str]:
    """Return the names of what an effect's constructor takes besides knobs, in order."""
    taken = inspect.signature(kind).parameters.values()
    return [p.name for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD]


def describe_arguments(effect: Effect, describe: Callable[[Any], Any]) -> dict[str, Any]:
    """Return argument → plain data; `describe` makes the recipe of an effect inside.

    Raises:
        InvalidType: one that plain data cannot say; names it.
    """
    named = dict(zip(argument_names(type(effect)), effect._arguments(), strict=False))
    return {name: _plain(effect, name, value, describe) for name, value in named.items() if value is not None}


def build_arguments(arguments: dict[str, Any], build: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the arguments that `describe_arguments` described; `build` makes an effect of its recipe."""
    return {name: _built(value, build) for name, value in arguments.items()}


def _plain(effect: Effect, name: str, value: Any, describe: Callable[[Any], Any]) -> Any:
    if isinstance(value, Effect):
        return {"recipe": describe(value)}
    if isinstance(value, ImpulseResponse):
        return _described_response(value)
    if isinstance(value, Model) or (name == "model" and isinstance(effect, ModelEffect)):
        return {"file": model_file(effect)}  # type: ignore[arg-type]
    if isinstance(value, PLAIN):
        return value
    raise InvalidType(f"{type(effect).__name__}({name}={value!r:.40}) cannot be written as a recipe")


def model_file(effect: ModelEffect) -> str:
    """Return the file of the model that an effect plays. Raises InvalidType where it has none."""
    if effect.model is None or effect.model.path is None:
        raise InvalidType("this model has no file yet: model.save(path), then load it, and describe that")
    return str(effect.model.path.resolve())


def _described_response(response: ImpulseResponse) -> dict[str, Any]:
    if response.path is not None and Path(response.path).is_file():
        return {"file": str(Path(response.path).resolve())}
    samples = np.ascontiguousarray(response.samples, "<f4")
    return {"samples": base64.b64encode(samples.tobytes()).decode(), "channels": len(samples),
            "sample_rate": response.sample_rate}  # fmt: skip


def _built(value: Any, build: Callable[[Any], Any]) -> Any:
    if not isinstance(value, dict):
        return value
    if "recipe" in value:
        return build(value["recipe"])
    if "file" in value:
        return value["file"]
    samples = np.frombuffer(base64.b64decode(value["samples"]), "<f4").reshape(value["channels"], -1)
    return ImpulseResponse(samples, value["sample_rate"])
