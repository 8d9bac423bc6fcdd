"""Knob moves: what has been set, what is scheduled and what lanes say, as events for the program that plays a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .kernels.program import LAST_EVENT, NO_EVENTS
from .lane import Lane

if TYPE_CHECKING:
    from .effect import Effect


class KnobMoves:
    """Tells a program of the knobs of effects in series.

    Time counts samples of the sound: an effect that hears it late, because of those before it, is told as much later.
    Where a lane turns a knob, the lane alone does.

    Attributes:
        sent: where every knob was last sent to, as kernels read it, in the effects' order.
        late: samples by which each effect hears the sound late.
        begun: samples of the sound that had been played when the program's clock stood at 0.
    """

    def __init__(self, effects: Sequence["Effect"]) -> None:
        self._effects = effects
        self.sent: list[float] = []
        self.late = [0] * len(effects)
        self.begun = 0

    @property
    def numbers(self) -> list[float]:
        """Where every knob stands."""
        return [number for effect in self._effects for number in effect._numbers]

    @property
    def laned(self) -> bool:
        """Whether a lane turns a knob at the moment."""
        return any([effect._lanes for effect in self._effects])

    @property
    def to_come(self) -> bool:
        """Whether moves are known that are not due yet."""
        return any([effect._scheduled or effect._lanes for effect in self._effects])

    def begin(self, sample_rate: float) -> None:
        """Put every knob where it stands as a stream begins: at once where its lane begins."""
        for effect, late in zip(self._effects, self.late, strict=True):
            for knob, lane in _lanes(effect):
                _follow(effect, knob, lane, self.begun - late, 1, sample_rate)
        self.sent = self.numbers

    def events(self, clock: int, samples: int, sample_rate: float) -> np.ndarray:
        """Return the moves from the program's `clock` on, as `Program.process` takes them; those are sent then."""
        if len(self.numbers) != len(self.sent):
            return NO_EVENTS  # the knobs of parts still to come
        found, offset = list[np.ndarray](), 0
        for effect, late in zip(self._effects, self.late, strict=True):
            lanes = _lanes(effect)
            found.append(self._set_now(effect, offset, clock, {knob for knob, _ in lanes}))
            found.append(_scheduled(effect, offset, clock, samples, late - self.begun))
            for knob, lane in lanes:
                moves = _follow(effect, knob, lane, clock + self.begun - late, samples, sample_rate)
                found.append(_events(moves, self.sent[offset + knob], clock, offset + knob))
            offset += len(effect._numbers)
        self.sent = self.numbers
        found = [rows for rows in found if len(rows)]
        if not found:
            return NO_EVENTS
        rows = np.concatenate([*found, [LAST_EVENT]])
        return rows if len(found) == 1 else np.ascontiguousarray(rows[np.argsort(rows[:, 0], kind="stable")])

    def _set_now(self, effect: "Effect", offset: int, clock: int, laned: set[int]) -> np.ndarray:
        """Return the events of knobs that were set since the last block."""
        sent = self.sent[offset : offset + len(effect._numbers)]
        moved = [knob for knob, (a, b) in enumerate(zip(effect._numbers, sent, strict=True)) if a != b and knob not in laned]
        return np.array([(clock, offset + knob, effect._numbers[knob]) for knob in moved])


def _lanes(effect: "Effect") -> list[tuple[int, Lane]]:
    """Return (place among the kernels' knobs, lane); a knob that went with its model has none."""
    places = effect._places
    return [(places[name], lane) for name, lane in effect._lanes.items() if name in places] if effect._lanes else []


def _follow(effect: "Effect", knob: int, lane: Lane, start: int, samples: int, sample_rate: float) -> np.ndarray:
    """Return a lane's numbers as the kernel reads them, float64 (samples,); the knob stands at the last one then."""
    parameter = effect._table[list(effect._places)[knob]]
    numbers = lane.numbers(start, samples, sample_rate)
    told = effect._kernel_numbers(parameter, numbers)
    effect._values[parameter.name] = parameter.from_number(min(max(numbers[-1], parameter.minimum), parameter.maximum))
    effect._numbers[knob] = float(told[-1])
    return told


def _events(moves: np.ndarray, sent: float, clock: int, knob: int) -> np.ndarray:
    """Return the events of one knob's numbers: where they change."""
    changes = np.empty(len(moves), bool)
    changes[0] = moves[0] != sent
    np.not_equal(moves[1:], moves[:-1], out=changes[1:])
    at = np.flatnonzero(changes)
    rows = np.empty((len(at), 3))
    rows[:, 0], rows[:, 1], rows[:, 2] = at + clock, knob, moves if len(at) == len(moves) else moves[at]
    return rows


def _scheduled(effect: "Effect", offset: int, clock: int, samples: int, late: int) -> np.ndarray:
    """Return the events of an effect's scheduled moves that are due, and take them off its list."""
    rows: list[tuple[float, int, float]] = []
    while effect._scheduled and effect._scheduled[0][0] + late < clock + samples:
        sample, knob, number, value = effect._scheduled.pop(0)
        name = list(effect._places)[knob]
        if name not in effect._lanes:
            rows.append((max(sample + late, clock), offset + knob, number))
            effect._values[name], effect._numbers[knob] = value, number
    return np.array(rows)
