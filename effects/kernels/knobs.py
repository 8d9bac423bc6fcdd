"""What kernels ask of a knob's smoothed values."""

import numpy as np

from .kernel import helper


@helper
def stands(values, last):
    """Return whether all of a knob's values, float32, are `last`."""
    moves, still = np.int32(0), np.float32(last)
    for i in range(values.size):
        moves |= np.int32(values[i] != still)
    return moves == 0
