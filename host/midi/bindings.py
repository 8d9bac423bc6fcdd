"""Bindings: how far and along which curve a control turns a knob."""

from dataclasses import MISSING, dataclass, fields
from math import log
from typing import Any

from ...models.errors import InvalidType, InvalidValue, near_misses
from ...models.parameter import Parameter
from ..native_knobs import range_is_unknown
from .sources import checked_channel

CURVES = ("knob", "linear", "log", "exp")
LEAST_OF_LOG = 1e-9  # a ratio from less than that is all numbers and no knob
AUDIO_TAPER = 16.0  # "exp" stands at (sqrt(16) - 1) / 15, a fifth of the way, when the control is half way up


@dataclass(frozen=True)
class Binding:
    """What a control does to one knob.

    Attributes:
        to: the knob, as `parameters` names it.
        low, high: where the knob stands at the control's two ends, in the knob's unit (or two of its choices); None for
            the knob's own range. High may lie below low.
        curve: what lies between: "knob" goes evenly along the knob's own scale; "linear" evenly in its unit; "log" in equal
            ratios (both ends above 0); "exp" slowly at first, as an audio-taper pot.
        invert: the control's upper end is `low`.
        toggle: each press (the control rises above its middle) goes to the other end, and releases do nothing.
        pickup: the knob stays where it is until the control has reached its place (soft takeover).
        channel: 1 to 16, or None for any.

    Raises:
        InvalidType, InvalidValue: a field is wrong by itself; `Travel` raises them for what the knob does not allow.
    """

    to: str
    low: Any = None
    high: Any = None
    curve: str = "knob"
    invert: bool = False
    toggle: bool = False
    pickup: bool = False
    channel: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.to, str) or not self.to:
            raise InvalidType(f"a binding goes to a knob by its name, got {self.to!r:.60}")
        if not isinstance(self.curve, str) or self.curve not in CURVES:
            raise InvalidValue(
                f"binding to {self.to}: no curve named {self.curve!r:.60}; {near_misses(str(self.curve)[:40], CURVES)}"
            )
        for name in ("invert", "toggle", "pickup"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidType(f"binding to {self.to}: {name} is true or false, got {getattr(self, name)!r:.60}")
        if self.toggle and self.pickup:
            raise InvalidValue(f"binding to {self.to}: a toggle starts from where the knob is; leave pickup out")
        checked_channel(self.channel)

    def to_data(self) -> dict[str, Any]:
        """Return plain data: `to`, and the fields that differ from their defaults."""
        shown = {f.name: getattr(self, f.name) for f in fields(self)}
        return {f.name: shown[f.name] for f in fields(self) if f.default is MISSING or shown[f.name] != f.default}


class Travel:
    """The way of one knob while its control goes from 0 to 1, in numbers as `Parameter.to_number` gives them."""

    def __init__(self, binding: Binding, knob: Parameter) -> None:
        """Raises InvalidType or InvalidValue where the knob does not allow what the binding asks."""
        if not knob.automatable:
            raise InvalidValue(f"{binding.to} rebuilds the effect and cannot be turned by MIDI; set it between two blocks")
        if range_is_unknown(knob) and (binding.low is None or binding.high is None):
            raise InvalidValue(f"{binding.to} does not say its range: bind it with low= and high=")
        self.knob = knob
        ends = (knob.minimum if binding.low is None else knob.to_number(binding.low),
                knob.maximum if binding.high is None else knob.to_number(binding.high))  # fmt: skip
        self.low, self.high = ends[::-1] if binding.invert else ends
        self.curve = "steps" if knob.choices else knob.scale if binding.curve == "knob" else binding.curve
        if knob.choices and binding.curve in ("log", "exp"):
            raise InvalidValue(f"{binding.to} is a switch and has no curve {binding.curve!r}; leave curve out")
        if self.curve == "log" and min(ends) < LEAST_OF_LOG:
            got = f"got {ends[0]:g} and {ends[1]:g}"
            raise InvalidValue(f"{binding.to}: curve 'log' needs low and high above 0 ({LEAST_OF_LOG:g} or more), {got}")

    def number_at(self, position: float) -> float:
        """Return the knob's number at the control's position, 0 to 1."""
        low, high = self.low, self.high
        if self.curve == "steps":
            count = abs(high - low) + 1
            step = min(int(position * count), count - 1)
            return low + step if high >= low else low - step
        if self.curve == "log":
            number = low * (high / low) ** position
        elif self.curve == "points":
            start, end = self.knob.to_raw(low), self.knob.to_raw(high)
            number = self.knob.from_raw(min(max(start + position * (end - start), 0.0), 1.0))
        elif self.curve == "exp":
            number = low + (high - low) * (AUDIO_TAPER**position - 1) / (AUDIO_TAPER - 1)
        else:
            number = low + (high - low) * position
        return min(max(number, min(low, high)), max(low, high))

    def position_of(self, number: float) -> float:
        """Return where the control, 0 to 1, has the knob at `number`; the nearer end for a number outside its travel."""
        low, high = self.low, self.high
        number = min(max(number, min(low, high)), max(low, high))
        if number in (low, high):
            return 0.0 if number == low else 1.0
        if self.curve == "steps":
            return (abs(number - low) + 0.5) / (abs(high - low) + 1)
        if self.curve == "log":
            return log(number / low) / log(high / low)
        if self.curve == "points":
            start, end = self.knob.to_raw(low), self.knob.to_raw(high)
            return (self.knob.to_raw(number) - start) / (end - start)
        share = (number - low) / (high - low)
        return log(1 + share * (AUDIO_TAPER - 1)) / log(AUDIO_TAPER) if self.curve == "exp" else share

    def other_end(self, number: float) -> float:
        """Return the end of the travel that is farther from `number`."""
        return self.low if self.position_of(number) >= 0.5 else self.high
