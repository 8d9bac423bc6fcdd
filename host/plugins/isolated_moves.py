"""Knobs of an isolated plugin that move while it plays: told beforehand, turned in its process."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .knobs import Knob


class FarMoves:
    """What `IsolatedPlugin` is to lanes."""

    _lock: Any
    _table: dict[str, Knob]
    _positions: dict[str, float]
    _turned: dict[str, float]
    _ask: Any
    _awake: Any
    play_planar: Any

    def play_turned(
        self,
        planar: np.ndarray,
        sample_rate: float,
        turns: Sequence[tuple[int, Mapping[str, Any]]],
        key: np.ndarray | None = None,
    ) -> np.ndarray:
        """Play the next block of a stream, knobs turned at samples of it: one answer for all of them.

        Args:
            planar, sample_rate, key: as `play_planar` takes them.
            turns: (sample, value by knob) each, samples rising.
        """
        with self._lock:
            raws = [(at, {name: self._table[name].to_raw(value) for name, value in values.items()}) for at, values in turns]
            if raws:
                self._ask("turn_later", raws)
            for _, moves in raws:
                self._positions.update(moves)
                for name, raw in moves.items():
                    self._turned.pop(name, None)
                    self._turned[name] = raw
            return self.play_planar(planar, sample_rate, reset=False, key=key)

    def move(self, courses: Mapping[str, np.ndarray], block: int) -> None:
        """Have knobs move in the next whole call of a plugin that cannot stream; see `DawDreamerNode.move`."""
        with self._lock:
            self._awake()
            self._ask("move", {knob: numbers[::block].tobytes() for knob, numbers in courses.items()}, block)
