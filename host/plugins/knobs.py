"""What the knobs of a foreign plugin are: its 1001-point text probe turned into rows of `Parameter`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effects.parameters import BoundParameter
from ...models.errors import InvalidValue
from ...models.parameter import Parameter
from .fakes import why_no_knob

LAST = 1000  # the probe has LAST + 1 points


@dataclass(frozen=True)
class Knob:
    """A knob of a plugin: its row, and where each choice of a switch sits in the plugin's 0..1."""

    parameter: Parameter
    choice_positions: tuple[float, ...] = ()

    def to_raw(self, value: Any) -> float:
        """Return the plugin's raw position for a value."""
        if self.choice_positions:
            return self.choice_positions[int(self.parameter.to_number(value))]
        return self.parameter.to_raw(value)

    def positions(self, numbers: np.ndarray) -> np.ndarray:
        """Return the plugin's raw positions for numbers as `Parameter.to_number` gives them, float64."""
        if self.choice_positions:
            return np.array(self.choice_positions)[np.rint(numbers).astype(int)]
        return self.parameter.positions(numbers)

    def from_raw(self, raw: float) -> Any:
        """Return the value at the plugin's raw position, rounded to what float32 positions can carry."""
        row = self.parameter
        if self.choice_positions:
            nearest = min(range(len(self.choice_positions)), key=lambda i: abs(self.choice_positions[i] - raw))
            return row.choices[nearest]
        value = row.from_raw(min(max(raw, 0.0), 1.0))
        span = row.maximum - row.minimum if row.scale != "log" else abs(value)
        digits = 6 - math.ceil(math.log10(span)) if span > 0 else 6
        return min(max(round(value, digits), row.minimum), row.maximum)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {"parameter": self.parameter.to_dict(), "choice_positions": list(self.choice_positions)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Knob":
        """Rebuild from `to_dict`."""
        return cls(Parameter.from_dict(data["parameter"]), tuple(data["choice_positions"]))


def knobs_of(parameters: Mapping[str, Any]) -> tuple[dict[str, Knob], dict[str, str]]:
    """Return (knobs by name, why each other parameter is none) of a loaded plugin's parameters, as its host gives them."""
    knobs: dict[str, Knob] = {}
    filtered: dict[str, str] = {}
    for name, foreign in parameters.items():
        why = why_no_knob(str(foreign.name), foreign.is_automatable, len(set(foreign.valid_values)))
        if why:
            filtered[name] = why
        else:
            knobs[name] = _knob(name, foreign)
    return knobs, filtered


def _knob(name: str, foreign: Any) -> Knob:
    ranges = sorted((low, high, _plain(value)) for (low, high), value in foreign.ranges.items())
    unit = str(foreign.units or "").strip()
    default_raw = float(foreign.raw_value)
    if foreign.type is not float or (foreign.is_discrete and len(ranges) == 2 and len(set(foreign.valid_values)) == 2):
        return _switch(name, unit, ranges, default_raw)
    values = np.empty(LAST + 1)
    for low, _, value in ranges:
        values[round(low * LAST) :] = value
    return Knob(_continuous(name, unit, values, default_raw))


def _plain(value: Any) -> float | bool | str:
    """Undo pedalboard's wrappers around values."""
    if isinstance(value, str):
        return str(value)
    return float(value) if isinstance(value, float) else bool(value)


def _switch(name: str, unit: str, ranges: list[tuple[float, float, Any]], default_raw: float) -> Knob:
    choices: list[Any] = []
    positions: list[float] = []
    for low, high, value in ranges:
        if value in choices:
            continue
        step = len(choices) / max(len(ranges) - 1, 1)  # where the VST3 rule for lists puts it
        choices.append(value)
        near = low - 1 / LAST <= step <= high + 1 / LAST  # a plugin that rounds down: its range begins between two points
        positions.append(min(max(step, low), high) if near else (low + high) / 2)
    default = choices[min(range(len(choices)), key=lambda i: abs(positions[i] - default_raw))]
    return Knob(Parameter(name, unit, default=default, choices=tuple(choices)), tuple(positions))


def _continuous(name: str, unit: str, values: np.ndarray, default_raw: float) -> Parameter:
    """Fit linear, then log, then points; a knob that falls or is not finite keeps its bare position 0..1."""
    raw = np.linspace(0.0, 1.0, len(values))
    if np.isneginf(values[0]) and np.isfinite(values[1:3]).all():  # a level that is off at its very bottom
        values = np.concatenate([2 * values[1:2] - values[2:3], values[1:]])
    finite = bool(np.isfinite(values).all())
    low, high = float(values[0]), float(values[-1])
    if not finite or not low < high:
        return _with_default(Parameter(name), default_raw)
    rows = [Parameter(name, unit, low, high, low)]
    if low > 0:
        rows.append(Parameter(name, unit, low, high, low, scale="log"))
    steps = np.diff(values)
    rounding = float(np.median(steps[steps > 0])) if (steps > 0).sum() < 900 else 0.0  # of the printed text
    for row in rows:
        fit = np.array([row.from_raw(r) for r in raw])
        tolerance = 0.002 * (np.abs(values) if row.scale == "log" else high - low) + rounding
        if (np.abs(fit - values) <= tolerance).all():
            return _with_default(row, default_raw)
    for count in (41, 21, 11, 6):
        for curve in (values, _between_texts(values)):
            picked = curve[np.linspace(0, LAST, count).astype(int)]
            if (np.diff(picked) > 0).all():
                points = tuple(float(v) for v in picked)
                return _with_default(Parameter(name, unit, low, high, low, scale="points", points=points), default_raw)
    return _with_default(Parameter(name), default_raw)


def _between_texts(values: np.ndarray) -> np.ndarray:
    """Return a curve whose texts are too coarse to tell neighbours apart, drawn through where each text begins."""
    begins = np.concatenate([[0], 1 + np.flatnonzero(np.diff(values)), [LAST]])
    return np.interp(np.arange(LAST + 1), begins, values[begins])


def _with_default(row: Parameter, default_raw: float) -> Parameter:
    default = Knob(row).from_raw(default_raw)
    return Parameter(row.name, row.unit, row.minimum, row.maximum, default, scale=row.scale, points=row.points)


class PluginParameter(BoundParameter):
    """A knob of a bridged plugin; `raw_value` is the plugin's own position, `string_value` its own text."""

    def __init__(self, plugin: Any, knob: Knob) -> None:
        name = knob.parameter.name
        super().__init__(knob.parameter, plugin, lambda: plugin._get(name), lambda value: plugin._put(name, knob.to_raw(value)))
        self._plugin, self._foreign = plugin, plugin._foreign[name]

    @property
    def raw_value(self) -> float:
        """The plugin's position, 0..1."""
        return float(self._foreign.raw_value)

    @raw_value.setter
    def raw_value(self, raw: float) -> None:
        if not 0.0 <= raw <= 1.0:
            raise InvalidValue(f"{self.name}: raw position {raw!r} is outside 0 to 1")
        self._plugin._put(self.name, float(raw))

    @property
    def string_value(self) -> str:
        """The value as the plugin prints it."""
        return str(self._foreign.string_value)
