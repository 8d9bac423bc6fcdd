"""What writers share: the refusal of knobs, and float32 numbers as short JSON that reads back the same."""

from typing import Any

import numpy as np

from ..errors import CannotHold
from ..model import Model


def refuse_knobs(model: Model, format_name: str) -> None:
    """Raise CannotHold where `model` has knobs: for formats without any."""
    knobs = [knob.name for knob in model.spec.knobs]
    if knobs:
        settings = " ".join(f"--set {name}=…" for name in knobs)
        raise CannotHold(
            format_name,
            "knobs",
            f"{', '.join(knobs)} cannot be turned in this format; bake them first: "
            f"wetdry convert … {settings}, or model.baked({{{knobs[0]!r}: …}})",
        )


def short_numbers(array: np.ndarray) -> Any:
    """Return a float32 array as nested lists of the shortest numbers that become the same float32 again."""
    if array.ndim > 1:
        return [short_numbers(row) for row in array]
    values = [float(str(value)) for value in np.asarray(array, np.float32)]
    same = np.asarray(values, np.float64).astype(np.float32)
    return values if np.array_equal(same, array) else [float(value) for value in array]
