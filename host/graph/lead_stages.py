"""What cables and side-chains do to a stream, as stages."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..stages import ProcessorStage
from .plan import routed


class RouteStage:
    """Channels to other places: `pairs` of (from, to), silence in what is left of `channels`."""

    def __init__(self, pairs: Sequence[tuple[int, int]], channels: int) -> None:
        self._pairs, self._channels = tuple(pairs), channels

    def start(self) -> None:
        """Begin a stream."""

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Return the next block's channels where they belong."""
        if not block.shape[1]:  # what has swallowed its first samples may not have said yet how many channels it gives
            return np.zeros((self._channels, 0), np.float32)
        return routed(block, self._pairs, self._channels)


class DelayStage:
    """Later by whole samples, on purpose: as many samples out as in."""

    def __init__(self, samples: int, channels: int) -> None:
        self._samples, self._channels = samples, channels
        self.start()

    def start(self) -> None:
        """Begin a stream: silence is under way."""
        self._under_way = np.zeros((self._channels, self._samples), np.float32)

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Return what is due while the next block goes in."""
        line = np.concatenate([self._under_way, block], axis=1)
        self._under_way = line[:, block.shape[1] :]
        return np.ascontiguousarray(line[:, : block.shape[1]])


class KeyedStage(ProcessorStage):
    """A processor with a side-chain; `key` holds the block that goes there with the next one."""

    key: np.ndarray | None = None

    def _with(self, part: slice) -> dict[str, Any]:
        """Return the same part of the key."""
        return {"key": None if self.key is None else np.ascontiguousarray(self.key[:, part])}
