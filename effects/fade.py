"""Fade: the sound of a program that has been replaced, faded out under the one that replaced it."""

from collections.abc import Iterator, Sequence

import numpy as np

from .kernels.program import Program

FADE_SECONDS = 0.02


class Fade:
    """Plays a replaced program on for some samples, its knobs at rest, at a falling linear weight.

    Attributes:
        left: samples still to fade.
    """

    def __init__(self, program: Program, samples: int) -> None:
        self._program, self._samples, self.left = program, samples, samples

    def blend(self, wet: np.ndarray, dry: np.ndarray) -> None:
        """Mix what the old program makes of `dry`, which is lost, into `wet`, float32 (channels, at most `left`)."""
        self._program.process(dry)
        done = self._samples - self.left + np.arange(1, wet.shape[1] + 1)
        weight = (done / (self._samples + 1)).astype(np.float32)
        wet += (1 - weight) * (dry - wet)
        self.left -= wet.shape[1]


def joined(now: Sequence[int], before: Sequence[int], same: Sequence[bool]) -> Iterator[tuple[range, range]]:
    """Yield (places now, places before) of the groups that stayed the same, for groups of these sizes in series."""
    mine = theirs = 0
    for new, old, kept in zip(now, before, same, strict=True):
        if kept:
            yield range(mine, mine + new), range(theirs, theirs + old)
        mine, theirs = mine + new, theirs + old
