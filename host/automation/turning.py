"""Turning: the knobs of what knows nothing of lanes, a plugin say, by the sub-block."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...models.parameter import Parameter
from .hanging import lanes_of
from .hung import note

if TYPE_CHECKING:
    from ...effects.lane import Lane
    from ...effects.parameters import BoundParameter

SUB_BLOCK = 32  # samples; a knob is turned at multiples of it, counted from the stream's beginning, and holds between them
MOST_SAMPLES = 1 << 15  # looked ahead at a time
Place = tuple[int, str]  # which of the processors, and its knob
Turn = tuple[int, dict[str, Any]]  # sample of a block, and the values that knobs are turned to there


class Turning:
    """Cuts a stream where a lane has moved a knob, and turns the knob there.

    Args:
        processors: that hear the same sound, whole blocks of it.
    """

    def __init__(self, processors: Sequence[Any]) -> None:
        self._processors = processors
        self._clock = 0
        self._bound: dict[Place, BoundParameter] = {}
        self._given: dict[Place, float] = {}  # the number each knob was last turned to

    def start(self) -> None:
        """Begin a stream."""
        self._clock = 0
        self._given = {}

    def whole(self, samples: int) -> bool:
        """Go on by `samples`, and tell whether they may be played at once because no lane hangs here; else take `parts`."""
        if any([lanes_of(processor) for processor in self._processors]):
            return False
        self._clock += samples
        return True

    def parts(self, samples: int, sample_rate: float) -> Iterator[slice]:
        """Yield the next samples part by part, the knobs turned to where they stand in it."""
        begun = 0  # of the part that is being put together
        for at, moves in self._moves(samples, sample_rate):
            if at > begun:
                yield slice(begun, at)
                begun = at
            for knob, number in moves.items():
                bound = self._knob(knob)
                bound.value = _value(bound.parameter, number)
        if samples > begun:
            yield slice(begun, samples)

    def turns(self, samples: int, sample_rate: float) -> list[Turn]:
        """Return how the knobs of the one processor move in the next samples, for one that turns them itself."""
        return [(at, {name: _value(self._knob((i, name)).parameter, number) for (i, name), number in moves.items()})
                for at, moves in self._moves(samples, sample_rate)]  # fmt: skip

    def _moves(self, samples: int, rate: float) -> Iterator[tuple[int, dict[Place, float]]]:
        """Yield (sample of the block, number by knob) where knobs have moved, and go on by the block."""
        for first in range(0, samples, MOST_SAMPLES):
            yield from self._looked_ahead(first, min(MOST_SAMPLES, samples - first), rate)
        self._clock += samples

    def _looked_ahead(self, first: int, samples: int, rate: float) -> Iterator[tuple[int, dict[Place, float]]]:
        start = self._clock + first
        early = start % SUB_BLOCK
        lanes = self._lanes()
        held = [lane.numbers(start - early, samples + early, rate)[::SUB_BLOCK] for lane in lanes.values()]
        for lane, numbers in zip(lanes.values(), held, strict=True):
            note(lane, start, np.repeat(numbers, SUB_BLOCK)[early : early + samples])
        before = [self._given.get(knob, np.nan) for knob in lanes]
        points = np.array(held).reshape(len(lanes), -1)
        changed = points != np.column_stack([before, points[:, :-1]])
        for point in np.flatnonzero(changed.any(axis=0)):
            moves = {knob: float(points[i, point]) for i, knob in enumerate(lanes) if changed[i, point]}
            self._given |= moves
            yield first + max(int(point) * SUB_BLOCK - early, 0), moves

    def _lanes(self) -> "dict[Place, Lane]":
        return {(i, name): lane for i, p in enumerate(self._processors) for name, lane in lanes_of(p).items()}

    def _knob(self, knob: Place) -> "BoundParameter":
        if knob not in self._bound:
            from ..container import knobs_of

            self._bound[knob] = knobs_of(self._processors[knob[0]])[knob[1]]
        return self._bound[knob]


def _value(row: Parameter, number: float) -> Any:
    return row.from_number(min(max(number, row.minimum), row.maximum))
