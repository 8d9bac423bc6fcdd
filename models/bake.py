"""Baking: a model with some of its knobs fixed, and gone; every other knob stays live.

With all knobs fixed each FiLM is a constant scale and shift, which fold into the matrix before it; knob inputs are a
constant, which folds into the bias of the matrix behind them. With some of them live, a fixed one folds into the bias of
the conditioning net's first layer. Sums are made in double precision and rounded once, so that a baked net plays within
rounding of the one it came from.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .bake_layers import Baking, Weights, joined, split
from .errors import UnknownName
from .model import Model
from .spec import Conditioning, ModelSpec


def baked(model: Model, values: Mapping[str, Any]) -> Model:
    """Return `model` with the knobs in `values` fixed there (see `Model.baked`)."""
    knobs = {knob.name: knob for knob in model.spec.knobs}
    for name in values:
        if name not in knobs:
            raise UnknownName("knob", name, knobs)
    if not values:
        return model
    positions = tuple(knob.to_raw(values[knob.name]) if knob.name in values else None for knob in model.spec.knobs)
    live = tuple(knob for knob in model.spec.knobs if knob.name not in values)
    conditioning, given = model.spec.conditioning, dict(model.weights)
    vector = None if live or conditioning is None else _vector(conditioning, given, positions)
    baking = Baking(positions, vector)
    layers, weights = joined(baking.run(split(model.spec.layers, given, "layers."), model.spec.input_channels), "layers.")
    if conditioning is not None and live:
        weights = {**_fixed_columns(given, positions), **weights}
    spec = ModelSpec(sample_rate=model.spec.sample_rate, layers=layers, knobs=live,
                     conditioning=conditioning if live else None, input_channels=model.spec.input_channels,
                     prewarm_samples=model.spec.prewarm_samples)  # fmt: skip
    record = {**model.training.get("baked", {}), **{name: _plain(values[name]) for name in values}}
    ordered = {name: weights[name].astype(np.float32) for name in spec.weight_shapes}
    return replace(model, spec=spec, weights=ordered, training={**model.training, "baked": record}, path=None)


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else float(value)


def _vector(conditioning: Conditioning, weights: Weights, positions: tuple[float | None, ...]) -> np.ndarray:
    """Return what every FiLM reads, with all knobs at `positions`."""
    vector = 2.0 * np.array(positions, np.float64) - 1.0
    for i in range(len(conditioning.hidden)):
        vector = weights[f"conditioning.{i}.weight"] @ vector + weights[f"conditioning.{i}.bias"]
        vector = np.tanh(vector) if conditioning.activation == "tanh" else np.maximum(vector, 0.0)
    return vector


def _fixed_columns(weights: Weights, positions: tuple[float | None, ...]) -> Weights:
    """Return the conditioning net whose fixed knobs are part of its first bias."""
    found = {name: array for name, array in weights.items() if name.startswith("conditioning.")}
    fixed = {i: 2.0 * position - 1.0 for i, position in enumerate(positions) if position is not None}
    matrix, at = found["conditioning.0.weight"].astype(np.float64), list(fixed)
    found["conditioning.0.bias"] = found["conditioning.0.bias"] + matrix[:, at] @ np.array(list(fixed.values()))
    found["conditioning.0.weight"] = np.delete(matrix, at, axis=1)
    return found
