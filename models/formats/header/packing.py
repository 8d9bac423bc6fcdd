"""Weights in the order in which the C++ loops read them, and numbers as C++ text."""

import numpy as np

SIDE_BY_SIDE = 4  # outputs that convolve.hpp sums at once
LINE = 16  # floats of a cache line


def number(value: float) -> str:
    """Return the shortest C++ text that is the same float32."""
    text = str(np.float32(value))
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def packed_convolution(weight: np.ndarray, groups: int) -> np.ndarray:
    """Return weight (out, in / groups, taps) as [group][4 outputs][input][tap][output], flat."""
    inside = len(weight) // groups
    parts = []
    for group in weight.reshape(groups, inside, *weight.shape[1:]):
        for first in range(0, inside, SIDE_BY_SIDE):
            parts.append(group[first : first + SIDE_BY_SIDE].transpose(1, 2, 0).ravel())
    return np.concatenate(parts)


def packed_matrix(matrix: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return (out, in) and (out,) as [bias, then each input][output], outputs filled up to whole cache lines."""
    rows = -(-len(bias) // LINE) * LINE
    full = np.zeros((1 + matrix.shape[1], rows), np.float32)
    full[0, : len(bias)], full[1:, : len(bias)] = bias, matrix.T
    return full


def wrapped(values: np.ndarray, width: int = 116) -> str:
    """Return numbers as lines of text."""
    lines, line = [], ""
    for value in values:
        text = (repr(float(value)) if values.dtype == np.float64 else number(value)) + ", "
        if len(line) + len(text) > width:
            lines.append(line.rstrip())
            line = ""
        line += text
    return "\n".join(f"    {row}" for row in [*lines, line.rstrip(", ")])
