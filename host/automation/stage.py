"""A processor played with its lanes hung on, as a stage."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...effects.lane import Lane
from .hanging import hanging
from .lane import CurveLane

if TYPE_CHECKING:
    from ..stages import Stage

LONGEST_PART = 1 << 16  # samples heard before they are played: what listens keeps half a minute
Turned = tuple[Any, str, Lane]  # processor, name of its knob, what turns it


class AutomatedStage:
    """Stages in series, and the lanes that turn the knobs of what plays in them, while it plays.

    Args:
        lanes: (processor, knob, lane) each.
        listening: those lanes that follow what comes in.
        stages: that play.
    """

    def __init__(self, lanes: Sequence[Turned], listening: Sequence[CurveLane], stages: "Sequence[Stage]") -> None:
        self._lanes, self._listening, self._stages = list(lanes), list(listening), list(stages)

    def start(self) -> None:
        """Begin a stream, and the lanes with it."""
        for lane in self._listening:
            lane.restart()
        for stage in self._stages:
            stage.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        with hanging(self._lanes):
            played = [self._play(part, sample_rate) for part in heard_parts(block)]
        return played[0] if len(played) == 1 else np.concatenate(played, axis=1)

    def _play(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        for lane in self._listening:
            lane.hear(block, sample_rate)
        for stage in self._stages:
            block = stage.push(block, sample_rate)
        return block


def heard_parts(block: np.ndarray) -> list[np.ndarray]:
    """Return a block (channels, samples) in parts, C-contiguous, that a lane may listen to one by one; at least one."""
    samples = block.shape[1]
    if samples <= LONGEST_PART:
        return [block]
    return [np.ascontiguousarray(block[:, at : at + LONGEST_PART]) for at in range(0, samples, LONGEST_PART)]
