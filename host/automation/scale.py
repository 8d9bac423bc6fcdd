"""Along a knob's own scale: the way between two of its values."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...models.parameter import Parameter

GRID = 64
AT_ONCE = 4096  # samples whose numbers on the way stay in a core's cache


def on_grid(start: int, samples: int, compute: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return `compute(sample numbers)`, float64 (samples,), worked out in whole tiles of a grid that no split moves.

    A vector unit may round a sine in the middle of an array otherwise than one at its end.
    """
    first = start // GRID * GRID
    last = -(-(start + samples) // GRID) * GRID
    pieces = [compute(np.arange(at, min(at + AT_ONCE, last))) for at in range(first, last, AT_ONCE)]
    whole = pieces[0] if len(pieces) == 1 else np.concatenate([np.zeros(0), *pieces])
    return whole[start - first : start - first + samples]


def places(parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
    """Return where numbers lie along the knob's scale: equal distances are turned in equal times."""
    if parameter.scale == "log":
        return np.log(numbers)
    if parameter.scale == "points":
        return np.interp(numbers, parameter.points, np.arange(len(parameter.points)))
    return numbers


def travel(parameter: Parameter, before: tuple[Any, Any], after: tuple[Any, Any], share: np.ndarray) -> np.ndarray:
    """Return the numbers a share 0..1 of the way along the knob's scale.

    Args:
        parameter: the knob, no switch.
        before, after: (number, its place), each one for all samples or float64 (samples,).
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
    lowest, highest = (min, max) if isinstance(before[0], float) else (np.minimum, np.maximum)
    numbers = np.minimum(np.maximum(numbers, lowest(before[0], after[0])), highest(before[0], after[0]))
    begun = share > 0
    return numbers if begun.all() else np.where(begun, numbers, before[0])


def swept(parameter: Parameter, low: object, high: object, share: np.ndarray) -> np.ndarray:
    """Return the numbers a share 0..1 (samples,) of the way from the value `low` to `high`; a switch passes its choices."""
    first, last = parameter.to_number(low), parameter.to_number(high)
    if parameter.choices:
        steps = abs(last - first) + 1
        return first + np.sign(last - first) * np.minimum(np.floor(share * steps), steps - 1)
    if parameter.scale == "linear":
        return travel(parameter, (first, first), (last, last), share)
    placed = places(parameter, np.array([first, last])).tolist()
    return travel(parameter, (first, placed[0]), (last, placed[1]), share)
