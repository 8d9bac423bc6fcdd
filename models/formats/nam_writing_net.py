"""What the writers of .nam architectures share: the net in, the config and flat weights out, the curves."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import CannotHold
from ..spec import Activation
from .nam_net import CURVES, SETTINGS
from .writing import short_numbers

NAME = ".nam"
OTHERS = "write .onnx, .ts or .h, which hold every net"
_NAMES = {ours: theirs for theirs, ours in reversed(CURVES.items())}
OLD_CURVES = ("tanh", "fast_tanh", "relu", "sigmoid")  # those that files of version 0.5 name


@dataclass(frozen=True)
class Written:
    """An architecture's part of a .nam object.

    Attributes:
        config: its settings.
        weights: the flat list.
        new: whether it needs what version 0.5.4 has not.
    """

    config: dict[str, Any]
    weights: list[float]
    new: bool = False


def flat(arrays: list[np.ndarray]) -> list[float]:
    """Return the arrays one after the other, as numbers for JSON."""
    return short_numbers(np.concatenate([array.ravel() for array in arrays]))


def curve_object(curve: Activation, slopes: np.ndarray | None, field: str) -> Any:
    """Return an activation as .nam has it: a name, or an object with settings. Raises CannotHold for other curves."""
    if curve.name == "hardtanh" and (curve.minimum, curve.maximum) != (-1.0, 1.0):  # .nam's clips at 1
        curve = curve.model_copy(update={"name": "leaky_hardtanh", "minimum_slope": 0.0, "maximum_slope": 0.0})
    if curve.name not in _NAMES:
        raise CannotHold(NAME, field, f"{curve.name} is no curve of this format ({', '.join(CURVES)}); {OTHERS}")
    name = _NAMES[curve.name]
    if slopes is not None:
        numbers = short_numbers(slopes)
        return {"type": name, "negative_slope": numbers[0]} if len(numbers) == 1 else {"type": name, "negative_slopes": numbers}
    settings = {theirs: getattr(curve, ours) for theirs, ours in SETTINGS.get(curve.name, {}).items()}
    return {"type": name, **settings} if settings else name
