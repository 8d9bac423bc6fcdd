"""What gestures a capture plays: each knob's course over a few seconds, from slow turns to jerks of 20 ms."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...models.errors import InvalidValue, UnknownName
from ...models.parameter import Parameter
from ..automation.breakpoints import Breakpoints
from ..automation.curve import Curve
from ..automation.data import curve_from
from ..automation.lfo import LFO
from ..automation.time import Time
from .plan import GOLDEN, PlannedGesture, piece_at, value_at

KINDS = ("ramp", "step", "smooth", "lfo")
SHAPES = {"ramp": "linear", "step": "hold", "smooth": "smooth"}
SLOWEST_SECONDS, FASTEST_SECONDS = 2.0, 0.02
SECONDS = 6.0  # of a gesture
FARTHEST_PAUSE_SECONDS = 0.6
LEAST_WAY = 0.25  # of a knob's range, from one point to the next
MOST = 1024
_STREAM = 0x6E57


def check_gestures(count: Any, knobs: Sequence[Parameter], recordings: int | None = None) -> int:
    """Return how many gestures are wanted. Raises InvalidValue, also where nothing can move or nothing unseen is there.

    `recordings`: how many unseen ones there are; None: not known yet.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST:
        raise InvalidValue(f"gestures = {count!r} is not a whole number from 0 to {MOST}")
    if count and not _movable(knobs):
        raise InvalidValue(f"gestures = {count}: no captured knob can move while audio plays; leave gestures out")
    if count and recordings == 0:
        raise InvalidValue(f"gestures = {count} are played over unseen recordings, and none are kept: pass unseen=1 or more")
    return count


def plan_gestures(
    knobs: Sequence[Parameter],
    pool: Sequence[tuple[str, int]],
    count: int,
    sample_rate: float,
    seed: int,
    first_number: int = 0,
) -> list[PlannedGesture]:
    """Return `count` gestures over unseen recordings; the first ones are the same however many there are.

    Args:
        knobs: those that were captured. What cannot move while audio plays stands still, elsewhere in each gesture.
        pool: (file name, frames) of the recordings.
        count: how many.
        sample_rate: in Hz.
        seed: of courses.
        first_number: of the first one.
    """
    planned = []
    for index in range(count):
        file_name, start, frames = _piece(pool, index, round(SECONDS * sample_rate))
        values, kinds, curves = draw_gesture(knobs, index, frames / sample_rate, seed)
        data = {name: curve.to_data() for name, curve in curves.items()}
        planned.append(PlannedGesture(first_number + index, index, values, kinds, data, file_name, start, frames))
    return planned


def _piece(pool: Sequence[tuple[str, int]], index: int, length: int) -> tuple[str, int, int]:
    """Return (file name, start, frames) of the piece that gesture `index` plays: spread over all recordings, however many."""
    file_name, at, frames = piece_at(pool, int(index * GOLDEN % 1.0 * sum(frames for _, frames in pool)))
    return file_name, max(min(at, frames - length), 0), min(length, frames)


def draw_gesture(
    knobs: Sequence[Parameter], index: int, seconds: float, seed: int
) -> tuple[dict[str, Any], dict[str, str], dict[str, Curve]]:
    """Return (where each knob begins, how each one that moves does, and its curve) of gesture `index`.

    Paces run from 2 s for a move to 20 ms, evenly in ratio; each gesture has its own, and every knob another kind of move.
    """
    rng = np.random.default_rng([seed, _STREAM, index])
    pace = SLOWEST_SECONDS * (FASTEST_SECONDS / SLOWEST_SECONDS) ** _evenly(index)
    values, kinds, curves = {}, {}, {}
    movable = _movable(knobs)
    for knob in knobs:
        values[knob.name] = value_at(knob, float(rng.random()))
        if knob not in movable:
            continue
        kind = "step" if knob.choices else KINDS[(index + len(curves)) % len(KINDS)]
        curve = _swing(knob, pace, rng) if kind == "lfo" else _course(knob, SHAPES[kind], pace, seconds, rng)
        kinds[knob.name], curves[knob.name] = kind, curve
        number = curve.numbers(knob, 0, 1, Time(48000.0))[0]
        values[knob.name] = knob.from_number(min(max(float(number), knob.minimum), knob.maximum))
    return values, kinds, curves


def numbers_of(
    knobs: Sequence[Parameter], curves: Mapping[str, Mapping[str, Any]], frames: int, sample_rate: float
) -> dict[str, np.ndarray]:
    """Return where each moving knob is to stand, float64 (frames,), along the captured knobs' own scales and choices.

    Raises InvalidValue, InvalidType, UnknownName naming the knob where a curve from a folder is none.
    """
    rows, found = {k.name: k for k in knobs}, {}
    for name, data in curves.items():
        if name not in rows:
            raise UnknownName("knob", name, rows)
        curve = curve_from(data)
        curve.check(rows[name])
        found[name] = curve.numbers(rows[name], 0, frames, Time(float(sample_rate)))
    return found


def _movable(knobs: Sequence[Parameter]) -> list[Parameter]:
    return [knob for knob in knobs if knob.automatable and knob.minimum < knob.maximum]


def _evenly(index: int) -> float:
    """Return 0, 1, 1/2, 1/4, 3/4, 1/8, …: every part of the range as often, however many are taken."""
    if index < 2:
        return float(index)
    place, share, rest = 0.0, 0.5, index - 1
    while rest:
        place += share * (rest & 1)
        rest, share = rest >> 1, share / 2
    return place


def _course(knob: Parameter, shape: str, pace: float, seconds: float, rng: np.random.Generator) -> Curve:
    """Stand, move, stand, …: moves of about `pace` seconds, pauses long enough for what a move left behind to settle."""
    raw = float(rng.random())
    at, points = 0.0, [(0.0, value_at(knob, raw))]
    while at < seconds:
        begins = at + float(rng.uniform(0.12, FARTHEST_PAUSE_SECONDS))
        at = begins + max(pace * 2 ** float(rng.uniform(-0.5, 0.5)), FASTEST_SECONDS)
        if shape != "hold":
            points.append((round(begins, 4), points[-1][1]))
        raw = _elsewhere(knob, raw, rng)
        points.append((round(at, 4), value_at(knob, raw)))
    return Breakpoints(points, shape=shape)


def _elsewhere(knob: Parameter, raw: float, rng: np.random.Generator) -> float:
    """Return a position at least LEAST_WAY away, on a ring, so that both ends are met as often; of a switch another choice."""
    way = LEAST_WAY + (1 - 2 * LEAST_WAY) * float(rng.random())
    if knob.choices:
        count = len(knob.choices)
        return ((int(raw * count) + 1 + int(rng.integers(count - 1))) % count + 0.5) / count
    return (raw + way) % 1.0


def _swing(knob: Parameter, pace: float, rng: np.random.Generator) -> Curve:
    low = float(rng.uniform(0.0, 0.5))
    high = float(rng.uniform(low + 0.4, 1.0))
    shape = "sine" if rng.random() < 0.5 else "triangle"
    ends = knob.to_number(value_at(knob, low)), knob.to_number(value_at(knob, high))
    return LFO(rate_hz=round(1 / (2 * pace), 4), low=ends[0], high=ends[1], shape=shape, phase=round(float(rng.random()), 3))
