"""Curve: how a knob moves over time, before it is said which knob."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from ...models.parameter import Parameter
from .time import Time


class Curve(ABC):
    """Values over time, bound to no knob: one curve may move several, each along its own scale.

    A pure function of the sample number, so that any split of a stream gives the same numbers bit for bit; a curve
    that `listens` is one of the sound heard besides. Before its first value and after its last it holds.
    """

    listens: ClassVar[bool] = False

    @abstractmethod
    def check(self, parameter: Parameter) -> None:
        """Look whether a knob can follow it.

        Raises:
            InvalidValue, InvalidType: it cannot; names the knob, the value and where it stands, and the range.
        """

    @abstractmethod
    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands at samples `start` to `start + samples` of a stream.

        Args:
            parameter: the knob; `check` has been passed.
            start: first sample, counted from the stream's beginning; may be below 0.
            samples: how many.
            time: how the stream counts.

        Returns:
            float64 (samples,), as `Parameter.to_number` counts: in the knob's unit, a choice by its index.
        """

    @abstractmethod
    def to_data(self) -> dict[str, Any]:
        """Return plain data from which `curve_from` makes the same curve. Raises InvalidValue where none can say it."""

    def alone(self) -> "Curve":
        """Return what one lane plays: the curve itself, or an equal one of its own where it keeps what it heard."""
        return self


class ListeningCurve(Curve):
    """A curve of the sound heard. One lane plays one, told of a stream block by block."""

    listens: ClassVar[bool] = True

    @abstractmethod
    def alone(self) -> "ListeningCurve":
        """Return an equal curve that has heard nothing."""

    @abstractmethod
    def restart(self) -> None:
        """Forget what was heard: a stream begins."""

    @abstractmethod
    def hear(self, audio: np.ndarray, sample_rate: float) -> None:
        """Take the stream's next block, float32 (channels, samples), before it is played."""
