"""Moves: which knob went where at which sample of a session, so that an offline render repeats it."""

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...effects.parameters import Parameters
from ..automation.steps import Steps

if TYPE_CHECKING:
    from .engine import Engine

MOST_KEPT = 1 << 18  # three quarters of an hour at 100 a second


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

    Attributes:
        forgotten: moves let go because 262,144 came after them; what is left begins where they had led.
    """

    def __init__(self, engine: "Engine", parameters: Parameters) -> None:
        self._engine = engine
        self._names = {(id(bound.owner), bound.parameter.name): path for path, bound in parameters.items()}
        self._paths = list(parameters)
        self._places = {path: place for place, path in enumerate(self._paths)}
        self._begun = [bound.parameter.to_number(bound.value) for bound in parameters.values()]
        self._samples, self._knobs, self._numbers = array("q"), array("q"), array("d")
        self.forgotten = 0
        engine.moves()

    def note(self) -> None:
        """Take over what the engine has noted; a session does it by itself."""
        for sample, effect, name, number in self._engine.moves():
            path = self._names.get((id(effect), name))
            if path is not None:
                self._samples.append(sample)
                self._knobs.append(self._places[path])
                self._numbers.append(number)
        spare = len(self._samples) - MOST_KEPT
        if spare > MOST_KEPT // 4:
            for place, number in zip(self._knobs[:spare], self._numbers[:spare], strict=True):
                self._begun[place] = number
            del self._samples[:spare], self._knobs[:spare], self._numbers[:spare]
            self.forgotten += spare

    @property
    def curves(self) -> dict[str, Steps]:
        """The moves as `Automated` takes them; knobs that stayed where they were are left out."""
        self.note()
        steps: dict[str, Steps] = {}
        for sample, knob, number in self:
            if knob not in steps:
                steps[knob] = Steps(self._begun[self._places[knob]])
            steps[knob].append(sample, number)
        return steps

    def __iter__(self) -> Iterator[Moved]:
        for sample, place, number in zip(self._samples, self._knobs, self._numbers, strict=True):
            yield Moved(sample, self._paths[place], number)

    def __len__(self) -> int:
        return len(self._samples)

    def __repr__(self) -> str:
        return f"<{len(self)} moves of {len(set(self._knobs))} knobs>"
