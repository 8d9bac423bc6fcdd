"""How long a knob may be held: DawDreamer turns knobs where its blocks begin, and nowhere else."""

from collections.abc import Iterable

import numpy as np

BLOCKS = (512, 256, 128, 64, 32)
LATEST_JUMP = 64  # samples


def longest_block(courses: Iterable[tuple[np.ndarray, float]]) -> int:
    """Return the longest block, in samples, that holds every knob closely enough; 32 where none does.

    Args:
        courses: (where a knob stands a sample, as positions 0 to 1; how far from that it may be held) each. What moves
            farther than that from one sample to the next is a jump: it may come late, by 64 samples at most.
    """
    return min((_longest(positions, error) for positions, error in courses), default=BLOCKS[0])


def held(numbers: np.ndarray, block: int) -> np.ndarray:
    """Return numbers as they are held over blocks."""
    return np.repeat(numbers[::block], block)[: len(numbers)]


def _longest(positions: np.ndarray, error: float) -> int:
    steps = np.diff(positions, prepend=positions[:1])
    jumps = np.where(np.abs(steps) > error, steps, 0.0)
    allowed = [block for block in BLOCKS if block <= LATEST_JUMP] if jumps.any() else BLOCKS
    smooth = positions - np.cumsum(jumps)
    return next((block for block in allowed if error and np.abs(smooth - held(smooth, block)).max() <= error), BLOCKS[-1])
