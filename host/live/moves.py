"""Moves: which knob went where at which sample of a session, so that an offline render repeats it."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...effects.parameters import Parameters
from ..automation.steps import Steps
from .core.desk import room

if TYPE_CHECKING:
    from .engine import Engine

MOST_KEPT = 1 << 17  # twenty minutes at 100 a second


class Moved(NamedTuple):
    """A knob that was turned: at which sample of the sound, by its name, to which number (see `Parameter.to_number`)."""

    sample: int
    knob: str
    number: float


class Moves:
    """What the knobs of a session did since it began, or since something else is played.

    Rendered offline it sounds the same, bit for bit for our effects (but for the first 10 ms, which rise from silence):

        Automated(board, session.moves.curves)(dry, 48000)

    `dry` is what came in, from the session's first sample on. Knobs of plugins and of what plays in branches are turned
    by Python while it works; they are heard a block or two later, and are not noted.

    The last 131,072 moves are kept; what is left begins where those before had led.
    """

    def __init__(self, engine: "Engine", parameters: Parameters) -> None:
        self._engine = engine
        self._names = {(id(bound.owner), bound.parameter.name): path for path, bound in parameters.items()}
        self._paths = list(parameters)
        self._places = {path: place for place, path in enumerate(self._paths)}
        self._begun = [bound.parameter.to_number(bound.value) for bound in parameters.values()]
        self._rows = room((MOST_KEPT, 3))  # a ring: sample, knob, number
        self._noted, self._finished = 0, False
        self._lock = threading.Lock()  # the session notes on a thread of its own
        engine.moves()

    @property
    def forgotten(self) -> int:
        """Moves let go."""
        return max(self._noted - MOST_KEPT, 0)

    def note(self) -> None:
        """Take over what the engine has noted; a session does it by itself."""
        with self._lock:
            if self._finished:
                return
            for sample, effect, name, number in self._engine.moves():
                path = self._names.get((id(effect), name))
                if path is None:
                    continue
                row = self._rows[self._noted % MOST_KEPT]
                if self._noted >= MOST_KEPT:
                    self._begun[int(row[1])] = float(row[2])
                row[:] = sample, self._places[path], number
                self._noted += 1

    @property
    def curves(self) -> dict[str, Steps]:
        """The moves as `Automated` takes them; knobs that stayed where they were are left out."""
        return self.between(0)

    def finish(self) -> None:
        """Note no more: something else plays."""
        self.note()
        self._finished = True

    def between(self, begin: int, end: int | None = None) -> dict[str, Steps]:
        """Return the moves from sample `begin` up to, not with, `end`, counted from `begin`, as `Automated` takes them."""
        self.note()
        steps = {knob: Steps(number) for knob, number in zip(self._paths, self._begun, strict=True)}
        moved = set()
        for sample, knob, number in self:
            if end is None or sample < end:
                steps[knob].append(max(sample - begin, 0), number)
                moved.add(knob)
        for each in steps.values():
            if begin:
                each.forget_before(0)
        return {knob: each for knob, each in steps.items() if knob in moved}

    def __iter__(self) -> Iterator[Moved]:
        for place in range(self.forgotten, self._noted):
            sample, knob, number = self._rows[place % MOST_KEPT].tolist()
            yield Moved(int(sample), self._paths[int(knob)], number)

    def __len__(self) -> int:
        return self._noted - self.forgotten

    def __repr__(self) -> str:
        return f"<{len(self)} moves of {len({move.knob for move in self})} knobs>"
