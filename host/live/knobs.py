"""Knobs of a session: each knob of an effect of ours has a number, under which the resident call knows it."""

import threading

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
    """Numbers for knobs, given once: they stay as scenes come and go.

    Attributes:
        targets: float64, where each knob was last sent; the resident call's, once it has heard of a knob.
    """

    def __init__(self) -> None:
        self.targets = np.zeros(MOST_KNOBS)
        self.named: list[tuple[Effect, str]] = []
        self._ids: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()
        self._sent: dict[tuple[int, float], float] = {}  # what a knob's value counts as, where the kernel reads another number

    def of(self, effect: Effect, name: str) -> int:
        """Return a knob's number. Raises InvalidValue where there is no room for more."""
        key = id(effect), name
        if key in self._ids:
            return self._ids[key]
        with self._lock:
            if key in self._ids:
                return self._ids[key]
            if len(self.named) == MOST_KNOBS:
                raise InvalidValue(f"a live session knows {MOST_KNOBS} knobs at most; start another for more")
            number = len(self.named)
            self.targets[number] = effect._numbers[effect._places[name]]
            self.named.append((effect, name))  # which keeps the effect, and so its id, for as long as the session
            self._ids[key] = number
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
        return *self.named[knob], self._sent.get((knob, number), number)

    def forget(self) -> None:
        """Forget what was sent: all of it has been asked for."""
        self._sent.clear()
