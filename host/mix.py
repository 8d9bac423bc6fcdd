"""Mix: processors in parallel."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..effects.gain import Gain
from ..models.errors import InvalidValue
from .container import Container, latency_of
from .series import serial_stages
from .stages import ParallelStage, Stage


class Mix(Container):
    """Branches in parallel, each with a gain, aligned in time and summed.

    A branch is any processor; None is the dry signal. An empty Mix is silent. Latencies are compensated
    against each other, streamed or not: branches stay aligned.

    Args:
        processors: the branches.
        gains_db: one level a branch; 0 dB each where left out.

    Example:
        >>> import numpy as np
        >>> from wetdry import Mix, TubeSaturator
        >>> parallel = Mix([None, TubeSaturator(drive_db=30)], gains_db=[0, -6])
        >>> parallel.gains_db[1] = -12
        >>> parallel(np.zeros(480, "float32"), 48000).shape
        (480,)
    """

    __slots__ = ("_gains",)

    def __init__(self, processors: Iterable[Any] | None = None, gains_db: Sequence[float] | None = None) -> None:
        super().__init__(processors)
        levels = [0.0] * len(self) if gains_db is None else list(gains_db)
        if len(levels) != len(self):
            raise InvalidValue(f"gains_db has {len(levels)} levels for {len(self)} branches; give one each")
        self._gains = [Gain(gain_db=level) for level in levels]

    @property
    def gains_db(self) -> "Levels":
        """The branches' levels in dB, -120 to 48; items can be set, and glide."""
        return Levels(self._gains)

    @gains_db.setter
    def gains_db(self, levels: Sequence[float]) -> None:
        if len(levels) != len(self):
            raise InvalidValue(f"gains_db has {len(levels)} levels for {len(self)} branches; give one each")
        for gain, level in zip(self._gains, levels, strict=True):
            gain.gain_db = level

    def __setitem__(self, index: Any, value: Any) -> None:
        levels = self._gains
        super().__setitem__(index, value)
        if not isinstance(index, slice):
            self._gains = levels  # another processor in a branch plays at the branch's level

    def _change(self, processors: list[Any]) -> None:
        kept = {id(p): gain for p, gain in zip(self._processors, self._gains, strict=True) if p is not None}
        dry = [gain for p, gain in zip(self._processors, self._gains, strict=True) if p is None]
        super()._change(processors)
        self._gains = [(dry.pop(0) if dry else Gain()) if p is None else kept.get(id(p)) or Gain() for p in processors]

    @property
    def latency_samples(self) -> int:
        """The slowest branch's latency, in samples."""
        return max((latency_of(p) for p in self), default=0)

    def _build(self) -> list[Stage]:
        return [ParallelStage([serial_stages([p, gain]) for p, gain in zip(self, self._gains, strict=True)])]

    def __repr__(self) -> str:
        return f"Mix([{', '.join(map(repr, self))}], gains_db={list(self.gains_db)})"


class Levels(Sequence[float]):
    """The levels of a Mix: reads and sets the branches' gains."""

    def __init__(self, gains: list[Gain]) -> None:
        self._gains = gains

    def __len__(self) -> int:
        return len(self._gains)

    def __getitem__(self, index: Any) -> Any:
        found = self._gains[index]
        return [g.gain_db for g in found] if isinstance(index, slice) else found.gain_db

    def __setitem__(self, index: int, level: float) -> None:
        self._gains[index].gain_db = level

    def __repr__(self) -> str:
        return repr([g.gain_db for g in self._gains])
