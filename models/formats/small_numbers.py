"""Weights as smaller numbers: what a file stores of them, and what comes back as float32.

    float16    half the size, within 1/2048 of each number.
    int8       a quarter: matrices as whole numbers from -127 to 127 times one scale a row (the outputs' channels), within
               1/254 of the row's largest number; vectors and short rows as float16.

Statistics and time constants keep float32: a net of long memory depends on more of their digits. So does any array that
float16 cannot hold.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from ..errors import InvalidValue
from ..model import Model

Numbers = Literal["float32", "float16", "int8"]
SCALE = ".scale"
EXACT = ("mean", "variance", "time", "frequency")  # last parts of weight names
SHORTEST_ROW = 8  # below it the scales cost more than the numbers save
LARGEST_HALF, SMALLEST_HALF = 65504.0, 2.0**-14


def check(numbers: str) -> None:
    """Raise InvalidValue for anything that is not one of the three."""
    if numbers not in get_args(Numbers):
        raise InvalidValue(f"numbers = {numbers!r} is not one of {', '.join(get_args(Numbers))}")


def rounded(model: Model, numbers: Numbers) -> Model:
    """Return the model as a file of such numbers gives it back."""
    return replace(model, weights=unpacked(packed(model.weights, numbers)))


def packed(weights: Mapping[str, np.ndarray], numbers: Numbers) -> dict[str, np.ndarray]:
    """Return the arrays to store; an int8 array has its scales, (rows,), beside it under name + ".scale"."""
    stored: dict[str, np.ndarray] = {}
    for name, array in weights.items():
        exact = numbers == "float32" or name.rpartition(".")[2] in EXACT
        if numbers == "int8" and not exact and has_long_rows(array, 0):
            stored[name], stored[name + SCALE] = whole_numbers(array, 0)
        else:
            stored[name] = array if exact or not fits_half(array) else array.astype(np.float16)
    return stored


def unpacked(stored: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return float32 arrays. Raises InvalidValue for an int8 array whose scales are missing or do not fit."""
    weights: dict[str, np.ndarray] = {}
    for name, array in stored.items():
        if name.endswith(SCALE) and stored.get(name.removesuffix(SCALE), array).dtype == np.int8:
            continue
        if array.dtype == np.int8:
            scale = stored.get(name + SCALE)
            if scale is None or scale.dtype != np.float32 or scale.shape != array.shape[:1]:
                raise InvalidValue(f"weights.{name}: int8 numbers need {array.shape[:1]} scales, float32")
            array = array * scale.reshape(-1, *[1] * (array.ndim - 1))
        weights[name] = array.astype(np.float32) if array.dtype in (np.float16, np.int8) else array
    return weights


def has_long_rows(array: np.ndarray, axis: int) -> bool:
    """Return whether one scale for each row along `axis` is worth it."""
    return array.ndim >= 2 and array.size >= SHORTEST_ROW * array.shape[axis]


def whole_numbers(array: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (int8 numbers, float32 scales along `axis`). What has been rounded so once gives the same again."""
    others = tuple(i for i in range(array.ndim) if i != axis)
    largest = np.abs(array).max(axis=others).astype(np.float32)
    scale = np.where(largest > 0, largest / np.float32(127), np.float32(1))
    shape = [-1 if i == axis else 1 for i in range(array.ndim)]
    return np.rint(array / scale.reshape(shape)).astype(np.int8), scale


def fits_half(array: np.ndarray) -> bool:
    """Return whether float16 holds the array: its largest number is in range, and not so small that digits go missing."""
    largest = float(np.abs(array).max(initial=0.0))
    return largest == 0 or SMALLEST_HALF <= largest <= LARGEST_HALF
