"""Formats whose players start from the zero state: whether silence brings a net that starts elsewhere to the same place."""

from typing import Any

import numpy as np

from ..errors import CannotHold
from ..model import Model
from ..spec import GRU, LSTM, ModelSpec, TwoPaths
from . import self_test

AUDIBLE = 1e-5


def check_first_state(model: Model, silence: int, format_name: str) -> None:
    """Raise CannotHold where `silence` samples of it, from the zero state, leave the net elsewhere than from its own.

    A .nam keeps the state of its LSTM after a second of silence: a player that starts from zero gets there by itself.
    Knobs rest at 0.
    """
    spec = _from_zero(model.spec)
    if spec == model.spec:
        return
    quiet = np.zeros((model.spec.input_channels, silence + 1))
    own, zero = (self_test.play(s, model.weights, quiet, gains=False)[:, -1] for s in (model.spec, spec))
    left = float(np.max(np.abs(own - zero)))
    if not left <= AUDIBLE:
        raise CannotHold(
            format_name,
            "initial_state",
            f"its players start from the zero state, and {silence} samples of silence leave this net {left:.2g} away from "
            "where it starts; write .nam or ONNX, or train it from the zero state",
        )


def _from_zero(spec: ModelSpec) -> ModelSpec:
    return spec.model_copy(update={"layers": _layers(spec.layers)})


def _layers(layers: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_layer(layer) for layer in layers)


def _layer(layer: Any) -> Any:
    match layer:
        case LSTM() | GRU():
            return layer.model_copy(update={"initial_state": False})
        case TwoPaths():
            return layer.model_copy(update={"body": _layers(layer.body), "shortcut": _layers(layer.shortcut)})
    return layer
