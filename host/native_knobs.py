"""Knobs of pedalboard's own plugins, which say neither range nor unit: the unit from the name, the range unknown."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..effects.parameters import BoundParameter, Parameters
from ..models.parameter import Parameter

UNKNOWN = 1e9  # a row of -UNKNOWN to UNKNOWN: the plugin does not say its range
UNITS = {"db": "dB", "hz": "Hz", "ms": "ms", "seconds": "s", "semitones": "semitones"}

_SANE = {"db": (-200, 200), "hz": (0, 400_000), "ms": (0, 30_000), "seconds": (0, 30), "semitones": (-72, 72),
         "rate": (1_000, 768_000)}  # fmt: skip
_SANE_NUMBER = (-10_000, 10_000)


def native_settings(plugin: Any) -> list[str]:
    """Return the names of a native plugin's settable properties."""
    kind = type(plugin)
    found = (n for n in dir(kind) if not n.startswith("_") and isinstance(getattr(kind, n), property))
    return [n for n in found if getattr(kind, n).fset is not None]


def native_parameters(plugin: Any) -> dict[str, BoundParameter]:
    """Return a native plugin's numbers and switches as knobs, by name."""
    knobs: dict[str, BoundParameter] = {}
    for name in native_settings(plugin):
        value = getattr(plugin, name)
        if isinstance(value, bool):
            row = Parameter(name, choices=(False, True), default=value)
        elif isinstance(value, int | float):
            default = min(max(float(value), -UNKNOWN), UNKNOWN)
            row = Parameter(name, UNITS.get(name.rsplit("_", 1)[-1], ""), -UNKNOWN, UNKNOWN, default)
        else:
            continue
        knobs[name] = BoundParameter(row, plugin, lambda n=name: getattr(plugin, n), lambda v, n=name: setattr(plugin, n, v))
    return knobs


def range_is_unknown(row: Parameter) -> bool:
    """Tell whether a row's plugin did not say its range."""
    return row.maximum == UNKNOWN and row.minimum == -UNKNOWN


def sane_knobs(knobs: Mapping[str, BoundParameter]) -> Parameters:
    """Return knobs for values from strangers: natives take any number and give NaN for some, so what their unit is used for."""
    return Parameters("the board", {name: _sane(knob) for name, knob in knobs.items()})


def _sane(knob: BoundParameter) -> BoundParameter:
    row = knob.parameter
    if not range_is_unknown(row):
        return knob
    low, high = _SANE.get(row.name.rsplit("_", 1)[-1], _SANE_NUMBER)
    row = replace(row, minimum=low, maximum=high, default=min(max(row.default, low), high))
    return BoundParameter(row, knob.owner, lambda: min(max(knob.value, low), high), lambda value: None)
