"""Checks of what a curve is made of."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue, WetdryError
from ...models.parameter import Parameter


def checked_number(name: str, value: Any, low: float, high: float) -> float:
    """Return a number from `low` to `high`. Raises InvalidType, InvalidValue naming it."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InvalidType(f"{name} is a number, got {value!r:.60}")
    if not low <= value <= high:  # neither does a NaN, nor an integer too long for a float
        raise InvalidValue(f"{name} = {_short(value)} is outside {low:g} to {high:g}")
    return float(value)


def checked_value(name: str, value: Any) -> Any:
    """Return what a knob may be set to: a plain number, text or a switch's true or false. Raises InvalidType, InvalidValue."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, bool | int | float | str):
        raise InvalidType(f"{name} is a number or a choice, got {value!r:.60}")
    if not isinstance(value, str) and not abs(value) < math.inf:
        raise InvalidValue(f"{name} = {value} is not finite")
    if isinstance(value, int) and abs(value) > 1 << 63:
        raise InvalidValue(f"{name} = {_short(value)} is too large")
    return value


def checked_pair(name: str, pair: Any) -> Sequence[Any]:
    """Return a pair. Raises InvalidType naming it."""
    if isinstance(pair, str | bytes) or not isinstance(pair, Sequence) or len(pair) != 2:
        raise InvalidType(f"{name} is a pair, got {pair!r:.60}")
    return pair


def check_ends(parameter: Parameter, low: Any, high: Any) -> None:
    """Look whether a knob can be set to both ends. Raises InvalidType, InvalidValue naming the end and the range."""
    for name, value in (("low", low), ("high", high)):
        try:
            parameter.to_number(value)
        except WetdryError as error:
            raise type(error)(f"{name}: {error}") from None


def _short(value: Any) -> str:
    """Return a number as a person reads it, however long an integer is."""
    return f"{value:g}" if isinstance(value, float | np.number) or abs(value) < 1 << 63 else "an integer of many digits"
