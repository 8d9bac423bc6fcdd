"""A block like the one before it: what a stream mostly consists of, played without a second look."""

import math
from typing import Any

import numpy as np

from .kernels.arena import address_of, aligned
from .kernels.program import Program

MOST_SAMPLES = 1 << 14  # of all channels; copies of more would cost more than the look


class RepeatedBlock:
    """Plays blocks of one shape in an array that stays where it is: a copy in, one compiled call, a copy out.

    Args:
        call: what has to be the same in a call for its block to be played so; the block's shape comes first.
        program: plays the stream; None: no call is the same.
        rows: whether channels are rows.
    """

    def __init__(self, call: tuple[Any, ...] = (), program: Program | None = None, rows: bool = True) -> None:
        self._program, self._rows = program, rows
        self.call = call if program and 0 < math.prod(call[0]) <= MOST_SAMPLES else None
        self._block: np.ndarray | None = None

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return the next block of the stream, played: a new float32 array in C order."""
        block, program = self._block, self._program
        assert program
        if block is None:
            planar = aligned(np.float32, audio.size).reshape(program.channels, -1)
            self._address, self._samples = address_of(planar), planar.shape[1]
            self._block = block = planar[0] if audio.ndim == 1 else planar if self._rows else planar.T
        block[...] = audio
        program.process_at(self._address, self._samples)
        return block.copy()
