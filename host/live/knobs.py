"""Knobs of a session: each knob of an effect of ours has a number, under which the resident call knows it."""

import threading
from collections.abc import Iterable

import numpy as np

from ...effects.effect import Effect
from ...models.errors import InvalidValue
from .core.compiled import carray, compiled, pointer, store
from .core.desk import FIELDS, MOST_KNOBS


@compiled
def publish(desk_address, field, value):
    """Write a field of the desk so that what was written before it is seen with it, on every processor."""
    store(carray(pointer(desk_address), FIELDS, np.int64), field, value)


class KnobIds:
    """Numbers for knobs: they stay as scenes come and go, for as long as there are others to give.

    Attributes:
        targets: float64, where each knob was last sent; the resident call's, once it has heard of a knob.
    """

    def __init__(self) -> None:
        self.targets = np.zeros(MOST_KNOBS)
        self.named: list[tuple[Effect, str] | None] = []
        self._ids: dict[tuple[int, str], int] = {}
        self._released: dict[int, None] = {}
        self._lock = threading.Lock()
        self._sent: dict[tuple[int, float], float] = {}  # what a knob's value counts as, where the kernel reads another number

    def of(self, effect: Effect, name: str) -> int:
        """Return a knob's number. Raises InvalidValue where there is no room for more."""
        key = id(effect), name
        with self._lock:
            if key in self._ids:
                self._released.pop(self._ids[key], None)
                return self._ids[key]
            number = self._free()
            self.targets[number] = effect._numbers[effect._places[name]]
            self.named[number] = effect, name  # which keeps the effect, and so its id
            self._ids[key] = number
            return number

    def release(self, effects: Iterable[Effect]) -> None:
        """Let the knobs of effects that play no more give their numbers away, once there are no others."""
        gone = {id(effect) for effect in effects}
        with self._lock:
            self._released |= {number: None for (effect, _), number in self._ids.items() if effect in gone}

    def _free(self) -> int:
        if len(self.named) < MOST_KNOBS:
            self.named.append(None)
            return len(self.named) - 1
        if not self._released:
            raise InvalidValue(f"a live session plays {MOST_KNOBS} knobs at most at a time")
        number = next(iter(self._released))  # the one that was let go first
        del self._released[number]
        before = self.named[number]
        assert before
        del self._ids[id(before[0]), before[1]]
        return number

    def stand(self, effect: Effect, name: str) -> int:
        """Return the number of a knob that begins to be played, as it stands now."""
        knob = self.of(effect, name)
        self.targets[knob] = effect._numbers[effect._places[name]]
        return knob

    def sent(self, effect: Effect, name: str, number: float) -> int:
        """Return a knob's number, and note which value of the knob the kernel's number is."""
        knob = self.of(effect, name)
        value = float(effect._table[name].to_number(effect._values[name]))
        if value != number:
            self._sent[knob, number] = value
        return knob

    def move(self, knob: int, number: float) -> tuple[Effect, str, float]:
        """Return effect, knob and its value, as `Parameter.to_number` counts, for what the kernel was sent."""
        named = self.named[knob]
        assert named
        return *named, self._sent.get((knob, number), number)

    def forget(self) -> None:
        """Forget what was sent: all of it has been asked for."""
        self._sent.clear()
