"""A block like the one before it, handed to the only stage there is without a second look: what a stream mostly consists of.

`(*call, again)`: whoever is called with the same `call` as before plays the block by `again(audio)`, which returns a new
array in the layout of `audio`, or None where the block has to take the usual way after all. One flat tuple, since to
compare its parts one by one takes a sixth less time than to build such a tuple for each block.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..effects.player import Player
from ..effects.repeated_block import MOST_SAMPLES, RepeatedBlock

Call = tuple[tuple[int, ...], np.dtype[Any], float, int]  # shape, dtype, sample rate, buffer size
Again = Callable[[np.ndarray], np.ndarray | None]
Repeated = tuple[tuple[int, ...] | None, np.dtype[Any], float, int, Again]

FLOAT = np.dtype(np.float32)
SMALL = np.full(MOST_SAMPLES, 1e-8, np.float32)  # the largest float32 samples, times this, still have a finite sum


def _usual_way(audio: np.ndarray) -> None:
    return None


NEVER: Repeated = (None, FLOAT, 0.0, 0, _usual_way)


def all_finite(audio: np.ndarray) -> bool:
    """Tell whether a float32 array holds no NaN and no infinity; of a short one in a third of the time isfinite takes."""
    line = audio.ravel()
    parts = (line[at : at + MOST_SAMPLES] for at in range(0, line.size, MOST_SAMPLES))
    return all(math.isfinite(SMALL[: part.size].dot(part)) for part in parts)


def repeated_native(call: Call, board: Any, largest: int) -> Repeated:
    """Return how a run of native plugins plays on: their board locks itself, and takes and returns channels as rows.

    Args:
        call: what the board has just been given.
        board: None: there is none that fits.
        largest: samples, to which it cuts blocks.
    """
    shape, dtype, sample_rate, _ = call
    size = math.prod(shape)
    if board is None or dtype != FLOAT or not 0 < size <= MOST_SAMPLES:
        return NEVER
    rate, play, sum_of, finite = float(sample_rate), board.process, SMALL[:size].dot, math.isfinite

    def again(audio: np.ndarray) -> np.ndarray | None:  # what is not finite counts as 0, the usual way
        return play(audio, rate, largest, False) if finite(sum_of(audio)) else None

    def again_in_rows(audio: np.ndarray) -> np.ndarray | None:
        return play(audio, rate, largest, False) if finite(sum_of(audio.ravel())) else None

    return *call, again if len(shape) == 1 else again_in_rows


def repeated_compiled(call: Call, player: Player, rows: bool, lock: Any) -> Repeated:
    """Return how a run of our effects plays on: in one compiled call, as long as no knob moves."""
    program = player.settled()
    block = RepeatedBlock(call, program, rows)
    if block.call is None:
        return NEVER

    def again(audio: np.ndarray) -> np.ndarray | None:
        with lock:
            return block.play(audio) if player.settled() is program else None

    return *call, again
