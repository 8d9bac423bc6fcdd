"""A model taken apart for formats that hold a row of layers, and around it a skip, gains and knobs at most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np

from ..bake_layers import Weights, split
from ..errors import CannotHold
from ..model import Model
from ..spec import GRU, LSTM, Conv1d, Dense, Gain, KnobInputs, Residual


@dataclass(frozen=True)
class Placed:
    """A layer, its weights by the names they have inside it, and where it stands in the spec: `layers.0.body.2`."""

    layer: Any
    weights: Weights
    where: str

    def refused(self, format_name: str, reason_and_next_step: str) -> CannotHold:
        """Return the error to raise where a format cannot hold this layer."""
        return CannotHold(format_name, self.where, f"{self.layer.kind}: {reason_and_next_step}")

    def check_exact(self, format_name: str) -> None:
        """Raise CannotHold for a recurrent layer with NAM's fast curves."""
        if self.layer.activation == "fast":
            raise self.refused(format_name, "the file has no place for fast curves; load the model without --activation fast")


@dataclass(frozen=True)
class Row:
    """A model as gains, a row of layers, gains.

    Attributes:
        before, after: the Gains at both ends, outside the skip.
        inner: every layer between them.
        skip: whether the audio is added to what `inner` makes of it.
    """

    before: list[Placed]
    inner: list[Placed]
    after: list[Placed]
    skip: bool

    @property
    def before_db(self) -> float:
        """The gain in front, in dB."""
        return sum(part.layer.level_db for part in self.before)

    @property
    def after_db(self) -> float:
        """The gain behind, in dB."""
        return sum(part.layer.level_db for part in self.after)


def taken_apart(model: Model) -> Row:
    """Return the row of a model; a skip is one Residual around all of it, with nothing on its shortcut."""
    parts = placed(model.spec.layers, model.weights, "layers.")
    before = list(takewhile(_is_gain, parts))
    after = list(takewhile(_is_gain, reversed(parts[len(before) :])))[::-1]
    inner = parts[len(before) : len(parts) - len(after)]
    knobs, core = (inner[:1], inner[1:]) if inner and isinstance(inner[0].layer, KnobInputs) else ([], inner)
    if model.spec.input_channels == 1 and len(core) == 1 and isinstance(core[0].layer, Residual) and not core[0].layer.shortcut:
        body = placed(core[0].layer.body, core[0].weights, "body.", f"{core[0].where}.body.")
        return Row(before, [*knobs, *body], after, skip=True)
    return Row(before, inner, after, skip=False)


def placed(layers: Sequence[Any], weights: Weights, prefix: str, at: str = "") -> list[Placed]:
    """Return layers whose weights are named behind `prefix`, and which stand at `at` in the spec, where that differs."""
    parts = split(layers, weights, prefix)
    return [Placed(part.layer, part.weights, f"{at or prefix}{i}") for i, part in enumerate(parts)]


def _is_gain(part: Placed) -> bool:
    return isinstance(part.layer, Gain)


def folded(parts: Sequence[Placed], inputs: int, format_name: str) -> tuple[list[Placed], int]:
    """Return the layers of a row without Gains, for they fold into the matrices beside them, and how many knobs enter first.

    Sums are made in double precision and rounded once. Raises CannotHold where knobs enter behind the first layer.
    """
    done: list[Placed] = []
    knobs, levels = 0, np.ones(inputs)  # by which the channels that enter the next layer are still to be multiplied
    for part in parts:
        if isinstance(part.layer, Gain):
            gain = 10 ** (part.layer.level_db / 20)
            if done and isinstance(done[-1].layer, Dense | Conv1d) and (levels == 1).all():
                done[-1] = _scaled_outputs(done[-1], gain)
            else:
                levels = levels * gain
        elif isinstance(part.layer, KnobInputs):
            if done or knobs:
                raise part.refused(
                    format_name, "knobs can only enter in front of the first layer here; bake them: --set knob=value"
                )
            knobs = part.layer.knobs
            levels = np.concatenate([levels, np.ones(knobs)])
        else:
            done += [part] if (levels == 1).all() else _scaled_inputs(part, levels)
            levels = np.ones(part.layer.outputs(len(levels)))
    if (levels != 1).any():
        done.append(_diagonal(levels, parts[-1].where))
    return done, knobs


def _scaled_outputs(part: Placed, gain: float) -> Placed:
    return replace(part, weights={name: (gain * array.astype(np.float64)).astype(np.float32)
                                  for name, array in part.weights.items()})  # fmt: skip


def _scaled_inputs(part: Placed, levels: np.ndarray) -> list[Placed]:
    """Return `part` with its input channels times `levels`, in its matrix where that has one."""
    layer = part.layer
    name = {LSTM: "weight_ih", GRU: "weight_ih", Dense: "weight", Conv1d: "weight"}.get(type(layer))
    if name is None or (isinstance(layer, Conv1d) and layer.groups > 1):
        return [_diagonal(levels, part.where), part]
    matrix = part.weights[name].astype(np.float64)
    scaled = matrix * levels.reshape(1, -1, *[1] * (matrix.ndim - 2))
    return [replace(part, weights={**part.weights, name: scaled.astype(np.float32)})]


def _diagonal(levels: np.ndarray, where: str) -> Placed:
    return Placed(Dense(channels=len(levels), bias=False), {"weight": np.diag(levels).astype(np.float32)}, where)
