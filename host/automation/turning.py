"""Turning: the knobs of what knows nothing of lanes, a plugin say, by the sub-block."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .hanging import lanes_of
from .hung import note

if TYPE_CHECKING:
    from ...effects.lane import Lane
    from ...effects.parameters import BoundParameter

SUB_BLOCK = 32  # samples; a knob is turned at multiples of it, counted from the stream's beginning, and holds between them
MOST_SAMPLES = 1 << 15  # looked ahead at a time


class Turning:
    """Cuts a stream where a lane has moved a knob, and turns the knob there.

    Args:
        processors: that hear the same sound, whole blocks of it.
    """

    def __init__(self, processors: Sequence[Any]) -> None:
        self._processors = processors
        self._clock = 0
        self._bound: dict[tuple[int, str], BoundParameter] = {}
        self._given: dict[tuple[int, str], float] = {}  # the number each knob was last turned to, by (processor, knob)

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
        for first in range(0, samples, MOST_SAMPLES):
            for at, moves in self._moves(first, min(MOST_SAMPLES, samples - first), sample_rate):
                if at > begun:
                    yield slice(begun, at)
                    begun = at
                for knob, number in moves:
                    self._turn(knob, number)
        if samples > begun:
            yield slice(begun, samples)
        self._clock += samples

    def _moves(self, first: int, samples: int, rate: float) -> Iterator[tuple[int, list[tuple[tuple[int, str], float]]]]:
        """Yield (sample of the block, (knob, number) each) where knobs have moved since they were last turned."""
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
            at = first + max(int(point) * SUB_BLOCK - early, 0)
            yield at, [(knob, float(points[i, point])) for i, knob in enumerate(lanes) if changed[i, point]]

    def _lanes(self) -> "dict[tuple[int, str], Lane]":
        return {(i, name): lane for i, p in enumerate(self._processors) for name, lane in lanes_of(p).items()}

    def _turn(self, knob: tuple[int, str], number: float) -> None:
        if knob not in self._bound:
            from ..container import knobs_of

            self._bound[knob] = knobs_of(self._processors[knob[0]])[knob[1]]
        bound = self._bound[knob]
        row = bound.parameter
        bound.value = row.from_number(min(max(number, row.minimum), row.maximum))
        self._given[knob] = number
