"""Steps: a knob's course as it is being turned, a jump at a sample each."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ...models.parameter import Parameter
from .curve import Curve
from .time import Time


class Steps(Curve):
    """Jumps that are added while a stream plays; the knob holds between them.

    Args:
        number: where the knob stands before the first step, as `Parameter.to_number` counts.
        steps: (sample, number) each, samples not falling.
    """

    __slots__ = ("_at", "_numbers")

    def __init__(self, number: float, steps: Iterable[tuple[int, float]] = ()) -> None:
        self._at: list[int] = []
        self._numbers = [float(number)]  # one more than steps: the first holds before them
        for sample, step in steps:
            self.append(sample, step)

    def append(self, sample: int, number: float) -> None:
        """Jump at a sample; of several at one the last counts. Raises InvalidValue before a step that is there already."""
        if self._at and sample <= self._at[-1]:
            if sample < self._at[-1]:
                raise InvalidValue(f"a step at sample {sample} comes before the one at {self._at[-1]}; steps come in order")
            self._numbers[-1] = float(number)
            return
        self._at.append(int(sample))
        self._numbers.append(float(number))

    def forget_before(self, sample: int) -> None:
        """Drop the steps before a sample; what held there goes on holding."""
        gone = bisect_right(self._at, sample)
        del self._at[:gone], self._numbers[:gone]

    def check(self, parameter: Parameter) -> None:
        """Look whether every number can be set; see `Curve.check`."""
        for sample, number in zip([0, *self._at], self._numbers, strict=True):
            if parameter.choices and number != round(number):
                raise InvalidValue(f"sample {sample}: {parameter.name} = {number:g} counts none of its choices")
            if not parameter.minimum <= number <= parameter.maximum:
                low, high = parameter.text(parameter.minimum), parameter.text(parameter.maximum)
                raise InvalidValue(f"sample {sample}: {parameter.name} = {number:g} is out of range [{low}, {high}]")

    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands; see `Curve.numbers`."""
        first, last = bisect_right(self._at, start), bisect_right(self._at, start + samples - 1)
        if first == last:
            return np.full(samples, self._numbers[first])  # most blocks, live
        edges = [start, *self._at[first:last], start + samples]
        return np.repeat(self._numbers[first : last + 1], np.diff(edges)) if samples > 0 else np.zeros(0)

    def to_data(self) -> dict[str, Any]:
        """Return `{steps: [[sample, number], …], before: number}`."""
        return {"steps": [list(step) for step in self._given()], "before": self._numbers[0]}

    def _given(self) -> list[tuple[int, float]]:
        return list(zip(self._at, self._numbers[1:], strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Steps) and (self._at, self._numbers) == (other._at, other._numbers)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __len__(self) -> int:
        return len(self._at)

    def __repr__(self) -> str:
        return f"<{len(self)} steps from {self._numbers[0]:g}>"

    def __reduce__(self) -> tuple:
        return Steps, (self._numbers[0], self._given())
