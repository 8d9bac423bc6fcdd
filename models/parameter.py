"""One knob: the table row that effects, models, plugins, captures and the MIDI map share."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from .errors import InvalidType, InvalidValue

SCALES = ("linear", "log", "points")


@dataclass(frozen=True)
class Parameter:
    """A knob of an effect, a model or a foreign plugin.

    Attributes:
        name: snake_case, unit as suffix (`drive_db`); a foreign plugin's names are kept as its host spells them.
        unit: as printed after a value (`dB`, `Hz`); empty for a plain number.
        minimum, maximum: allowed range in `unit`, both ends included. With `choices`: 0 and len - 1.
        default: value after construction, in `unit`; one of `choices` where there are any.
        scale: how the raw position 0..1 maps to a value: "linear", "log" (equal ratios), or "points"
            (piecewise linear through `points`, evenly spaced in raw, rising).
        choices: the values of a switch, in raw order; empty for a continuous knob.
        smoothing_ms: time constant of the one-pole that follows a move; 0 jumps.
        automatable: whether it may move while audio plays; a knob that may not (oversampling) rebuilds its effect.
    """

    name: str
    unit: str = ""
    minimum: float = 0.0
    maximum: float = 1.0
    default: Any = 0.0
    scale: str = "linear"
    choices: tuple[Any, ...] = ()
    points: tuple[float, ...] = ()
    smoothing_ms: float = 10.0
    automatable: bool = True

    def __post_init__(self) -> None:
        if self.choices:
            object.__setattr__(self, "minimum", 0.0)
            object.__setattr__(self, "maximum", float(len(self.choices) - 1))
            object.__setattr__(self, "smoothing_ms", 0.0)
        problem = self._problem()
        if problem:
            raise InvalidValue(f"parameter {self.name!r}: {problem}")
        self.to_number(self.default)

    def _problem(self) -> str | None:
        if not self.name or not isinstance(self.name, str):
            return "the name is empty"
        if self.scale not in SCALES:
            return f"scale {self.scale!r} is not one of {', '.join(SCALES)}"
        if not (math.isfinite(self.minimum) and math.isfinite(self.maximum)):
            return f"range {self.minimum} to {self.maximum} is not finite"
        if self.minimum > self.maximum or (self.minimum == self.maximum and len(self.choices) != 1):
            return f"minimum {self.minimum:g} is not below maximum {self.maximum:g}"
        if self.scale == "log" and self.minimum <= 0:
            return f"a log scale needs a minimum above 0, got {self.minimum:g}"
        if self.scale == "points":
            rising = all(a < b for a, b in zip(self.points, self.points[1:], strict=False))
            if len(self.points) < 2 or not rising or (self.points[0], self.points[-1]) != (self.minimum, self.maximum):
                return "points must rise from minimum to maximum"
        if not 0 <= self.smoothing_ms <= 10_000:
            return f"smoothing {self.smoothing_ms:g} ms is outside 0 to 10000"
        return None

    def to_number(self, value: Any) -> float:
        """Return the value as the float a kernel sees: the value itself, or the index of a choice.

        Raises:
            InvalidType: not a number (or not a choice's type).
            InvalidValue: outside the range, not finite, or not one of the choices.
        """
        if self.choices:
            for index, choice in enumerate(self.choices):
                if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                    return float(index)
            allowed = ", ".join(map(repr, self.choices))
            raise InvalidValue(f"{self.name} = {value!r} is not one of {allowed}")
        if isinstance(value, bool | str | bytes) or value is None:
            raise InvalidType(f"{self.name} takes a number, got {value!r}")
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise InvalidType(f"{self.name} takes a number, got {value!r}") from None
        if not self.minimum <= number <= self.maximum:
            raise InvalidValue(
                f"{self.name} = {number:g} is out of range [{self.text(self.minimum)}, {self.text(self.maximum)}]"
            )
        return number

    def from_number(self, number: float) -> Any:
        """Return what a user reads: the float, or the choice at that index."""
        return self.choices[round(number)] if self.choices else float(number)

    def to_raw(self, value: Any) -> float:
        """Return the knob's position, 0..1, for a value in its unit."""
        number = self.to_number(value)
        if self.scale == "log":
            return math.log(number / self.minimum) / math.log(self.maximum / self.minimum)
        if self.scale == "points":
            last = len(self.points) - 1
            i = max(k for k in range(last) if self.points[k] <= number)
            return (i + (number - self.points[i]) / (self.points[i + 1] - self.points[i])) / last
        span = self.maximum - self.minimum
        return (number - self.minimum) / span if span else 0.0

    def positions(self, numbers: np.ndarray) -> np.ndarray:
        """Return the knob's positions, 0..1, for numbers as `to_number` gives them: `to_raw` of many, float64."""
        if self.scale == "log":
            return np.log(numbers / self.minimum) / math.log(self.maximum / self.minimum)
        if self.scale == "points":
            return np.interp(numbers, self.points, np.arange(len(self.points))) / (len(self.points) - 1)
        span = self.maximum - self.minimum
        return (numbers - self.minimum) / span if span else np.zeros_like(numbers)

    def from_raw(self, raw: float) -> Any:
        """Return the value at the knob position `raw`, 0..1 (a switch takes the nearest choice)."""
        if not 0.0 <= raw <= 1.0:
            raise InvalidValue(f"{self.name}: raw position {raw!r} is outside 0 to 1")
        if self.choices:
            return self.choices[min(int(raw * len(self.choices)), len(self.choices) - 1)]
        if self.scale == "log":
            number = self.minimum * (self.maximum / self.minimum) ** raw
        elif self.scale == "points":
            position = raw * (len(self.points) - 1)
            i = min(int(position), len(self.points) - 2)
            number = self.points[i] + (position - i) * (self.points[i + 1] - self.points[i])
        else:
            number = self.minimum + raw * (self.maximum - self.minimum)
        return min(max(number, self.minimum), self.maximum)

    def text(self, value: Any) -> str:
        """Return the value with its unit, as a person writes it: `-12.5 dB`."""
        shown = f"{value:.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        return f"{shown} {self.unit}".strip()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data: the fields that differ from their defaults, and the name."""
        plain = {f.name: f.default for f in fields(self)}
        data = {key: value for key, value in asdict(self).items()
                if key == "name" or value != plain[key] or isinstance(value, bool) != isinstance(plain[key], bool)}  # fmt: skip
        return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Parameter":
        """Rebuild from `to_dict`; raises InvalidValue or InvalidType naming what is wrong."""
        known = {f.name for f in fields(cls)}
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            raise InvalidType(f"a knob is a mapping with a name, got {data!r:.80}")
        if set(data) - known:
            raise InvalidValue(f"knob {data['name']!r} has an unknown field {sorted(set(data) - known)[0]!r}")
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        numbers = ("minimum", "maximum", "smoothing_ms")
        if any(isinstance(values.get(n, 0.0), bool) or not isinstance(values.get(n, 0.0), int | float) for n in numbers):
            raise InvalidType(f"knob {data['name']!r}: {', '.join(numbers)} are numbers")
        return cls(**values)
