"""Along a knob's own scale: the way between two of its values."""

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


def places(parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
    """Return where numbers lie along the knob's scale: equal distances are turned in equal times."""
    if parameter.scale == "log":
        return np.log(numbers)
    if parameter.scale == "points":
        return np.interp(numbers, parameter.points, np.arange(len(parameter.points)))
    return numbers


def travel(
    parameter: Parameter, before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray], share: np.ndarray
) -> np.ndarray:
    """Return the numbers a share 0..1 of the way along the knob's scale.

    Args:
        parameter: the knob, no switch.
        before, after: (numbers, their places), each one for all samples or (samples,).
        share: (samples,).

    Returns:
        float64 (samples,): `before` itself at 0, never beyond either end.
    """
    place = before[1] + share * (after[1] - before[1])
    if parameter.scale == "log":
        numbers = np.exp(place)
    elif parameter.scale == "points":
        numbers = np.interp(place, np.arange(len(parameter.points)), parameter.points)
    else:
        numbers = place
    numbers = np.clip(numbers, np.minimum(before[0], after[0]), np.maximum(before[0], after[0]))
    return np.where(share == 0, before[0], numbers)


def swept(parameter: Parameter, low: object, high: object, share: np.ndarray) -> np.ndarray:
    """Return the numbers a share 0..1 (samples,) of the way from the value `low` to `high`; a switch passes its choices."""
    ends = np.array([parameter.to_number(low), parameter.to_number(high)])
    if parameter.choices:
        steps = abs(ends[1] - ends[0]) + 1
        return ends[0] + np.sign(ends[1] - ends[0]) * np.minimum(np.floor(share * steps), steps - 1)
    placed = places(parameter, ends)
    return travel(parameter, (ends[0], placed[0]), (ends[1], placed[1]), share)
