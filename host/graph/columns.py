"""Where the boxes of a drawn graph stand: columns from left to right, few crossings. Knows nothing of drawing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .ordering import Pair

SWEEPS = 12
BOX_ROOM, CABLE_ROOM = 1.0, 0.45  # how far two boxes, or two cables that pass, stay apart


@dataclass(frozen=True)
class Columns:
    """Column and height of each node, and the heights at which a long cable crosses the columns between its ends.

    Attributes:
        column, height: by node; columns from 0, heights upwards.
        crossings: by (source, target): heights in the columns between them.
    """

    column: Mapping[str, int]
    height: Mapping[str, float]
    crossings: Mapping[Pair, Sequence[float]]


def columns_of(order: Sequence[str], pairs: Iterable[Pair], inputs: Sequence[str], outputs: Sequence[str]) -> Columns:
    """Return where nodes stand.

    Args:
        order: all names, each after those it hears.
        pairs: the cables as (source, target), those that close loops left out.
        inputs: stand beside the first node they feed. outputs: stand last.
    """
    pairs = list(dict.fromkeys(pairs))
    column = _columns(order, pairs, inputs, outputs)
    ways = {(s, t): [s, *(f"{s}>{t}:{c}" for c in range(column[s] + 1, column[t])), t] for s, t in pairs}
    steps = [step for way in ways.values() for step in pairwise(way)]
    where = dict(column) | {point: column[way[0]] + i for way in ways.values() for i, point in enumerate(way)}
    columns: list[list[str]] = [[] for _ in range(max(where.values(), default=0) + 1)]
    for point, at in where.items():
        columns[at].append(point)
    height = _heights(columns, steps, set(order))
    crossings = {pair: [height[point] for point in way[1:-1]] for pair, way in ways.items()}
    return Columns(column, {name: height[name] for name in order}, crossings)


def _columns(order: Sequence[str], pairs: Sequence[Pair], inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, int]:
    column: dict[str, int] = {}
    for name in order:
        column[name] = max((column[s] + 1 for s, t in pairs if t == name), default=0 if name in inputs else 1)
    last = max((at for name, at in column.items() if name not in outputs), default=0) + 1
    column |= dict.fromkeys(outputs, last)
    for name in inputs:
        column[name] = max(min((column[t] for s, t in pairs if s == name), default=1) - 1, 0)
    return column


def _heights(columns: list[list[str]], steps: Sequence[Pair], boxes: set[str]) -> dict[str, float]:
    """Order each column by what its points are connected to, back and forth, then let them settle."""
    near: dict[str, list[str]] = {}
    for a, b in steps:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    height: dict[str, float] = {}
    for points in columns:
        height |= _apart(points, {point: -float(i) for i, point in enumerate(points)}, boxes)
    at = {point: i for i, points in enumerate(columns) for point in points}
    for sweep in range(2 * SWEEPS):
        side = (-1, 1)[sweep % 2] if sweep < SWEEPS else 0  # at first one side pulls, then both
        for points in columns if side <= 0 else columns[::-1]:
            wish = {point: _mean([height[n] for n in near.get(point, []) if not side or at[n] == at[point] + side],
                                 height[point]) for point in points}  # fmt: skip
            if side:
                points.sort(key=lambda point, wish=wish: -wish[point])
            height |= _apart(points, wish, boxes)
    return height


def _mean(heights: list[float], otherwise: float) -> float:
    return sum(heights) / len(heights) if heights else otherwise


def _apart(points: Sequence[str], wish: Mapping[str, float], boxes: set[str]) -> dict[str, float]:
    """Return heights near those wished for, from the top down, so that no two come too close."""
    placed: dict[str, float] = {}
    above: str | None = None
    for point in points:
        placed[point] = wish[point] if above is None else min(wish[point], placed[above] - _room(above, point, boxes))
        above = point
    shift = _mean([wish[point] - placed[point] for point in points], 0.0)
    return {point: y + shift for point, y in placed.items()}


def _room(above: str, point: str, boxes: set[str]) -> float:
    return sum(BOX_ROOM if name in boxes else CABLE_ROOM for name in (above, point)) / 2
