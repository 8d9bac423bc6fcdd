"""Knobs of a session: each knob of an effect of ours has a number, under which the resident call knows it."""

import numpy as np

from ...effects.effect import Effect
from ...models.errors import InvalidValue
from .core.desk import MOST_KNOBS


class KnobIds:
    """Numbers for knobs, given once: they stay as scenes come and go.

    Attributes:
        targets: float64, where each knob was last sent; the resident call's, once it has heard of a knob.
    """

    def __init__(self) -> None:
        self.targets = np.zeros(MOST_KNOBS)
        self.named: list[tuple[Effect, str]] = []
        self._ids: dict[tuple[int, str], int] = {}

    def of(self, effect: Effect, name: str) -> int:
        """Return a knob's number. Raises InvalidValue where there is no room for more."""
        key = id(effect), name
        if key not in self._ids:
            if len(self.named) == MOST_KNOBS:
                raise InvalidValue(f"a live session knows {MOST_KNOBS} knobs at most; start another for more")
            self._ids[key] = len(self.named)
            self.targets[len(self.named)] = effect._numbers[effect._places[name]]
            self.named.append((effect, name))  # which keeps the effect, and so its id, for as long as the session
        return self._ids[key]
