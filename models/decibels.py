"""Decibels."""

from typing import TypeVar

import numpy as np

Number = TypeVar("Number", float, np.ndarray)


def factor(level_db: Number) -> Number:
    """Return the linear factor of a level or gain in dB, of one or of many."""
    return 10.0 ** (level_db / 20.0)  # pyright: ignore[reportReturnType]
