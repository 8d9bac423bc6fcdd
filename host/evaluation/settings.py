"""Which knob settings an evaluation visits: seeded ones no training saw, and every corner."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...models.dataset import Take
from ...models.parameter import Parameter
from ..capture.plan import value_at

_STREAM = 20_461  # keeps these draws apart from the capture's, whatever the seed
MOST_CORNERS = 16


@dataclass(frozen=True)
class Setting:
    """One position of every knob.

    Attributes:
        index: its number in this evaluation.
        kind: "drawn" or "corner".
        raw: knob → position 0..1.
        values: knob → value in the knob's unit.
        nearest: index (the capture's number) of the nearest captured setting.
        nearest_values: that setting's values.
        distance: largest difference of a knob's position to it, as a share of the knob's range; 0: captured.
    """

    index: int
    kind: str
    raw: dict[str, float]
    values: dict[str, Any]
    nearest: int
    nearest_values: dict[str, Any]
    distance: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def draw_settings(
    knobs: Sequence[Parameter], takes: Sequence[Take], count: int, seed: int, *, corners: bool = True
) -> list[Setting]:
    """Return `count` settings spread evenly over the knobs' positions (a Latin hypercube), then the corners.

    Args:
        knobs: the knobs that were captured; none gives one setting.
        takes: what was captured.
        count: how many to draw.
        seed: the same seed gives the same settings.
        corners: whether every knob's ends are visited too: all corners, or 16 seeded ones where there are more.
    """
    captured = {take.setting: take for take in takes}
    generator = np.random.default_rng([_STREAM, seed])
    drawn = [(generator.permutation(count) + generator.random(count)) / max(count, 1) for _ in knobs]
    positions = [("drawn", position) for position in zip(*drawn, strict=True)] if knobs else []
    if corners or not knobs:
        positions += [("corner", position) for position in _corners(len(knobs), generator)]
    return [_setting(i, kind, knobs, position, captured) for i, (kind, position) in enumerate(positions)]


def nearest_capture(raw: Mapping[str, float], captured: Mapping[int, Mapping[str, float]]) -> tuple[int, float]:
    """Return the number of the captured setting with the smallest largest knob difference, and that difference.

    Ties are broken by the sum of the differences. Without knobs, or without a capture, the distance is 0.
    """
    if not captured:
        return 0, 0.0
    names = sorted(raw)

    def distance(number: int) -> tuple[float, float]:
        gaps = [abs(captured[number][name] - raw[name]) for name in names]
        return max(gaps, default=0.0), sum(gaps)

    number = min(sorted(captured), key=distance)
    return number, distance(number)[0]


def _corners(knobs: int, generator: np.random.Generator) -> list[tuple[float, ...]]:
    if 2**knobs <= MOST_CORNERS:
        return list(itertools.product((0.0, 1.0), repeat=knobs))
    chosen = {(0.0,) * knobs, (1.0,) * knobs}
    while len(chosen) < MOST_CORNERS:
        chosen.add(tuple(float(end) for end in generator.integers(0, 2, knobs)))
    return sorted(chosen)


def _setting(
    index: int, kind: str, knobs: Sequence[Parameter], position: Sequence[float], captured: dict[int, Take]
) -> Setting:
    values = {k.name: value_at(k, float(p)) for k, p in zip(knobs, position, strict=True)}
    raw = {k.name: k.to_raw(values[k.name]) for k in knobs}
    number, distance = nearest_capture(raw, {n: take.raw for n, take in captured.items()})
    nearest = dict(captured[number].values) if captured else values
    return Setting(index, kind, raw, values, number, nearest, distance)
