"""Breakpoints: a knob's course drawn as points, as in a DAW's automation lane."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue, WetdryError
from ...models.parameter import Parameter
from .checks import checked_number, checked_value
from .curve import Curve
from .scale import on_grid, places, travel
from .time import Time, checked_unit

SHAPES = ("linear", "hold", "smooth")
LATEST = 1e12
HOW = "a point is (time, value) or (time, value, shape), shape one of linear, hold, smooth"


@dataclass(frozen=True)
class Point:
    """A place the knob comes to.

    Attributes:
        at: when, in the unit of its breakpoints.
        value: in the knob's unit, or a choice.
        shape: how it comes there from the point before: "linear" evenly along its own scale, "smooth" along half a
            cosine, "hold" in a jump.
    """

    at: float
    value: Any
    shape: str


@dataclass(frozen=True, eq=False)
class _Laid:
    """The points for one knob in one time: their samples, numbers, places on its scale, and the ways to them."""

    parameter: Parameter
    time: Time
    at: np.ndarray
    numbers: np.ndarray
    places: np.ndarray
    moving: np.ndarray
    smooth: np.ndarray
    moves: bool

    def _bounds(self, start: int, samples: int) -> tuple[int, int]:
        """Return the last point at or before the first and before the last of the samples; -1: there is none."""
        first, last = np.searchsorted(self.at, (start, start + samples - 1), side="right") - 1
        return int(first), int(last)

    def _points(self, first: int, last: int, start: int, samples: int) -> np.ndarray:
        """Return the last point at or before each sample, int64 (samples,)."""
        edges = np.concatenate([[start], self.at[first + 1 : last + 1], [start + samples]])
        return np.repeat(np.arange(first, last + 1), np.diff(edges))

    def held(self, start: int, samples: int) -> np.ndarray:
        """Return the numbers where the knob only jumps, float64 (samples,)."""
        first, last = self._bounds(start, samples)
        if first == last or not samples:
            return np.full(samples, self.numbers[max(first, 0)])
        return self.numbers[np.maximum(self._points(first, last, start, samples), 0)]

    def at_samples(self, wanted: np.ndarray) -> np.ndarray:
        """Return the numbers at successive samples, float64 (samples,)."""
        start, samples = int(wanted[0]), len(wanted)
        first, last = self._bounds(start, samples)
        if first == last:
            return self._on_one_way(first, wanted)
        points = self._points(first, last, start, samples)
        before, after = np.maximum(points, 0), np.minimum(points + 1, len(self.at) - 1)
        under_way = self.moving[after] & (after > before)
        length = np.where(under_way, self.at[after] - self.at[before], 1)
        share = np.where(under_way, (wanted - self.at[before]) / length, 0.0)
        share = np.where(self.smooth[after], _smoothed(share), share) if self.smooth[after].any() else share
        return travel(
            self.parameter, (self.numbers[before], self.places[before]), (self.numbers[after], self.places[after]), share
        )

    def _on_one_way(self, before: int, wanted: np.ndarray) -> np.ndarray:
        """Return the numbers at samples that all lie behind one point: the same as of many, sooner."""
        after = before + 1
        if before < 0 or after == len(self.at) or not self.moving[after]:
            return np.full(len(wanted), self.numbers[max(before, 0)])
        share = (wanted - self.at[before]) / (self.at[after] - self.at[before])
        share = _smoothed(share) if self.smooth[after] else share
        ends = [(self.numbers.item(at), self.places.item(at)) for at in (before, after)]
        return travel(self.parameter, ends[0], ends[1], share)


class Breakpoints(Curve):
    """Points that a knob comes to, each in a line, a half cosine or a jump; each falls on the nearest sample.

    A line is even along the knob's own scale: a log knob passes equal ratios in equal times. Of points that fall on
    one sample the last counts from there on. A switch jumps at its points, whatever their shape.

    Args:
        points: (time, value) or (time, value, shape); times from 0, not falling; values in the knob's unit, or choices.
        unit: of the times: "seconds", "beats" or "samples".
        shape: of the points that do not say theirs: "linear", "hold" or "smooth".

    Raises:
        InvalidType, InvalidValue: a point is none; names it.

    Example:
        >>> Breakpoints([(0, 6), (2.5, 24), (4, 12, "smooth")])
        Breakpoints([(0.0, 6), (2.5, 24), (4.0, 12, 'smooth')])
    """

    __slots__ = ("_laid", "points", "shape", "unit")

    def __init__(self, points: Sequence[Sequence[Any]], unit: str = "seconds", shape: str = "linear") -> None:
        if isinstance(points, str | bytes) or not isinstance(points, Sequence | np.ndarray):
            raise InvalidType(f"breakpoints are a list of points, got {points!r:.60}; {HOW}")
        if not len(points):
            raise InvalidValue(f"breakpoints need a point; {HOW}")
        self.unit, self.shape = checked_unit(unit), _checked_shape("shape", shape)
        self.points = tuple(_point(index, given, shape) for index, given in enumerate(points))
        for index, (before, after) in enumerate(zip(self.points, self.points[1:], strict=False), start=1):
            if after.at < before.at:
                raise InvalidValue(f"point {index} at {after.at:g} comes before point {index - 1} at {before.at:g} ({unit})")
        self._laid: _Laid | None = None

    def check(self, parameter: Parameter) -> None:
        """Look whether every point's value can be set; see `Curve.check`."""
        for index, point in enumerate(self.points):
            try:
                parameter.to_number(point.value)
            except WetdryError as error:
                raise type(error)(f"point {index} at {point.at:g} {self.unit}: {error}") from None

    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands; see `Curve.numbers`."""
        laid = self._lay(parameter, time)
        return on_grid(start, samples, laid.at_samples) if samples and laid.moves else laid.held(start, samples)

    def _lay(self, parameter: Parameter, time: Time) -> _Laid:
        laid = self._laid
        if laid is None or laid.parameter is not parameter or laid.time is not time:
            at = time.samples_of(np.array([point.at for point in self.points]), self.unit)
            numbers = np.array([parameter.to_number(point.value) for point in self.points])
            jumps = np.array([bool(parameter.choices) or point.shape == "hold" for point in self.points])
            moving = ~jumps & (numbers != np.concatenate([numbers[:1], numbers[:-1]]))
            smooth = np.array([point.shape == "smooth" for point in self.points])
            self._laid = laid = _Laid(
                parameter, time, at, numbers, places(parameter, numbers), moving, smooth, bool(moving.any())
            )
        return laid

    def _given(self) -> list[tuple]:
        return [(p.at, p.value) if p.shape == self.shape else (p.at, p.value, p.shape) for p in self.points]

    def to_data(self) -> dict[str, Any]:
        """Return `{points: [[time, value, shape], …], unit: …, shape: …}`, what is usual left out."""
        data: dict[str, Any] = {"points": [list(point) for point in self._given()]}
        return data | {name: said for name, said, usual in self._said() if said != usual}

    def _said(self) -> tuple[tuple[str, str, str], ...]:
        return ("unit", self.unit, "seconds"), ("shape", self.shape, "linear")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Breakpoints) and (self.points, self.unit) == (other.points, other.unit)

    def __hash__(self) -> int:
        return hash((self.unit, tuple((point.at, point.shape) for point in self.points)))

    def __repr__(self) -> str:
        more = "".join(f", {name}={said!r}" for name, said, usual in self._said() if said != usual)
        return f"Breakpoints({self._given()!r}{more})"

    def __reduce__(self) -> tuple:
        return Breakpoints, (self._given(), self.unit, self.shape)


def _smoothed(share: np.ndarray) -> np.ndarray:
    """Return half a cosine from 0 to 1."""
    return 0.5 - 0.5 * np.cos(np.pi * share)


def _point(index: int, given: Any, shape: str) -> Point:
    if isinstance(given, str | bytes) or not isinstance(given, Sequence | np.ndarray) or len(given) not in (2, 3):
        raise InvalidType(f"point {index} is {given!r:.60}; {HOW}")
    at = checked_number(f"point {index}: its time", given[0], 0.0, LATEST)
    value = checked_value(f"point {index}: its value", given[1])
    return Point(at, value, _checked_shape(f"point {index}", given[2]) if len(given) == 3 else shape)


def _checked_shape(where: str, shape: Any) -> str:
    if not isinstance(shape, str) or shape not in SHAPES:
        raise InvalidValue(f"{where}: {shape!r:.60} is not one of {', '.join(SHAPES)}")
    return shape
