"""How far a program without a state looks around: measured, by changing one sample and seeing which answers change."""

from collections.abc import Callable

import numpy as np

from ...models.errors import PluginError
from .facts import Play

FIRST_LENGTH, LONGEST_LENGTH = 2**12, 2**16
HEARD = 1e-6  # of the answer's peak: what changes less is rounding
LEVELS = (0.05, 0.3, 1.0)
MOVE = 8.0  # times the level: the sample that moves is the loudest then


def same_length(play: Play, channels: int, length: int, name: str) -> tuple[int, int]:
    """Return (output channels, samples its answer is shorter) for a program of any length.

    Raises:
        PluginError: the length of the answer does not follow that of the input sample by sample.
    """
    shapes: list[tuple[int, ...]] = []
    for samples in (length, length + 1):
        answer = play(np.zeros((channels, samples), np.float32))
        shapes.append((answer.shape[0], samples - answer.shape[1]))
    if shapes[0] != shapes[1] or not 0 <= shapes[0][1] < length:
        raise PluginError(f"{name} answers {length} and {length + 1} samples with {length - shapes[0][1]} and "
                          f"{length + 1 - shapes[1][1]}: pass block_size=, the samples it takes at a time")  # fmt: skip
    return shapes[0][0], shapes[0][1]


def reach_of(play: Play, channels: int, name: str) -> tuple[int, int]:
    """Return (samples before, samples after) the one it answers that a program of any length reads.

    Raises:
        PluginError: there is no end to it within 65536 samples.
    """
    length = FIRST_LENGTH
    while length <= LONGEST_LENGTH:
        found = reach_within(play, channels, length)
        if found is not None:
            return found
        length *= 4
    raise PluginError(f"{name} answers to the whole of its input at once, further back than {LONGEST_LENGTH} samples: "
                      "pass block_size= to play it in blocks, or look_behind=, the samples before one it needs")  # fmt: skip


def reach_within(play: Play, channels: int, length: int) -> tuple[int, int] | None:
    """Return (before, after) as measured on `length` samples; None where half of them is not enough to see the end."""
    behind = ahead = 0
    for seed, level in enumerate(LEVELS):
        random = np.random.default_rng(seed)
        audio = (level * random.standard_normal((channels, length))).astype(np.float32)
        at = length // 2 + int(random.integers(-3, 4))
        moved = audio.copy()
        moved[:, at] = np.float32(MOVE * level)
        first, second = play(audio), play(moved)
        change = np.abs(second - first).max(0)
        places = np.flatnonzero(change > HEARD * max(float(np.abs(first).max()), 1e-9)) + length - first.shape[1]
        if len(places):
            behind, ahead = max(behind, int(places[-1]) - at), max(ahead, at - int(places[0]))
    return None if max(behind, ahead) >= length // 2 - 8 else (behind, ahead)


def keeps_nothing(play: Callable[[np.ndarray], np.ndarray], channels: int, samples: int) -> bool:
    """Return whether a program, asked twice without a reset between, answers the same: whether it has no state."""
    audio = (0.3 * np.random.default_rng(9).standard_normal((channels, samples))).astype(np.float32)
    return np.array_equal(play(audio), play(audio))
