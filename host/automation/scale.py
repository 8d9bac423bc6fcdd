"""Along a knob's own scale: the way between two of its values, and the value at a position."""

from collections.abc import Callable

import numpy as np

from ...models.parameter import Parameter

GRID = 64


def on_grid(start: int, samples: int, compute: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return `compute(sample numbers)`, float64 (samples,), worked out in whole tiles of a grid that no split moves.

    A vector unit may round a sine in the middle of an array otherwise than one at its end.
    """
    first = start // GRID * GRID
    last = -(-(start + samples) // GRID) * GRID
    return compute(np.arange(first, last))[start - first : start - first + samples]


def travel(parameter: Parameter, before: np.ndarray, after: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the numbers a share 0..1 of the way from `before` to `after`, even along the knob's scale; all (samples,)."""
    if parameter.scale == "log":
        numbers = before * np.exp(share * np.log(after / before))
    elif parameter.scale == "points":
        numbers = _at_raw(parameter, travel_straight(_raw(parameter, before), _raw(parameter, after), share))
    else:
        numbers = travel_straight(before, after, share)
    return np.clip(numbers, np.minimum(before, after), np.maximum(before, after))


def travel_straight(before: np.ndarray, after: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the numbers a share of the way in a straight line."""
    return before + share * (after - before)


def between(parameter: Parameter, low: float, high: float, share: np.ndarray) -> np.ndarray:
    """Return the numbers a share 0..1 (samples,) of the way from `low` to `high`; a switch passes its choices in steps."""
    if parameter.choices:
        steps = abs(high - low) + 1
        return low + np.sign(high - low) * np.minimum(np.floor(share * steps), steps - 1)
    return travel(parameter, np.full(len(share), low), np.full(len(share), high), share)


def _raw(parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
    return np.interp(numbers, parameter.points, np.linspace(0, 1, len(parameter.points)))


def _at_raw(parameter: Parameter, raw: np.ndarray) -> np.ndarray:
    return np.interp(raw, np.linspace(0, 1, len(parameter.points)), parameter.points)
