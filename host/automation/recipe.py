"""Curves in recipes: as they say themselves, and arrays that no file holds by their bytes."""

import base64
from typing import Any

import numpy as np

from .curve import Curve
from .data import curve_from
from .samples import Samples


def describe_curve(curve: Curve) -> dict[str, Any]:
    """Return plain data from which `build_curve` makes the same curve."""
    if not isinstance(curve, Samples) or curve.path is not None:
        return curve.to_data()
    if curve.values.dtype.kind == "O":
        return {"values": curve.values.tolist(), "sample_rate": curve.sample_rate}
    text = base64.b64encode(curve.values.astype(np.float64).tobytes()).decode()
    return {"float64": text, "sample_rate": curve.sample_rate}


def build_curve(data: dict[str, Any]) -> Curve:
    """Return the curve that `describe_curve` told of. Raises InvalidType, InvalidValue as `curve_from`."""
    if "float64" in data:
        return Samples(np.frombuffer(base64.b64decode(data["float64"])), data["sample_rate"])
    return Samples(data["values"], data["sample_rate"]) if "values" in data else curve_from(data)
