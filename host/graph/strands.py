"""Strands and the queues between them: what a plan is played by; `streaming` makes them of one."""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..series import serial_stages
from ..stages import Stage, push_through
from .lead_stages import DelayStage, KeyedStage, RouteStage


class Queue:
    """What a cable has brought and nobody has taken yet; what it does to the sound is done on the way in.

    Attributes:
        ready: how many samples can be taken.
    """

    def __init__(self, stages: Sequence[Stage] = (), ahead: int = 0, channels: int = 0) -> None:
        self._stages, self._ahead = list(stages), (channels, ahead)
        self._waiting: deque[np.ndarray] = deque()
        self.ready = 0

    def start(self) -> None:
        """Begin a stream; what closes a loop has silence under way."""
        for stage in self._stages:
            stage.start()
        self.ready = self._ahead[1]
        self._waiting = deque([np.zeros(self._ahead, np.float32)] if self.ready else [])

    def put(self, block: np.ndarray, sample_rate: float) -> None:
        """Bring the next block, which is the queue's to change."""
        if not block.shape[1]:
            return
        if self._ahead[1]:  # what goes round would never leave the loop again
            block = np.where(np.isfinite(block), block, np.float32(0))
        block = push_through(self._stages, block, sample_rate)
        self._waiting.append(block)
        self.ready += block.shape[1]

    def take(self, samples: int) -> np.ndarray:
        """Return the next samples, C-contiguous, the taker's to change."""
        waiting = self._waiting
        self.ready -= samples
        if waiting[0].shape[1] == samples:
            return np.ascontiguousarray(waiting.popleft())
        parts: list[np.ndarray] = []
        while samples:
            part = waiting.popleft()
            if part.shape[1] > samples:
                waiting.appendleft(part[:, samples:])
                part = part[:, :samples]
            parts.append(part)
            samples -= part.shape[1]
        return np.concatenate(parts, axis=1)


class Strand:
    """Nodes of which each is heard by the next alone: what arrives is summed, and played through their stages.

    Attributes:
        first: name of the first node.
        queues, keys, arriving: what comes to the first node, to its side-chain, and both.
        stages: of the nodes, and of the cables between them.
        heard_by: the queues that get what leaves the last node.
    """

    def __init__(self, first: str = "") -> None:
        self.first = first
        self.queues: list[Queue] = []
        self.keys: list[Queue] = []
        self.items: list[Any] = []  # processors, and stages between them
        self.keyed: KeyedStage | None = None
        self.arriving: list[Queue] = []
        self.stages: list[Stage] = []
        self.heard_by: list[Queue] = []

    def finish(self) -> None:
        """Make stages of the items: runs of processors become one where they can."""
        self.arriving = [*self.queues, *self.keys]
        run: list[Any] = []
        for item in [*self.items, None]:
            if isinstance(item, RouteStage | DelayStage | KeyedStage) or item is None:
                self.stages += serial_stages(run)
                run = []
                if item is not None:
                    self.stages.append(item)
            else:
                run.append(item)

    def start(self) -> None:
        """Begin a stream."""
        for part in (*self.arriving, *self.stages):
            part.start()

    def play(self, sample_rate: float) -> bool:
        """Play all that has arrived on every cable; tell whether there was any."""
        samples = min([queue.ready for queue in self.arriving])
        if not samples:
            return False
        block = _sum(self.queues, samples)
        if self.keyed:
            self.keyed.key = _sum(self.keys, samples)
        self.hear(block, sample_rate)
        return True

    def hear(self, block: np.ndarray, sample_rate: float) -> None:
        """Play the next block, which is the strand's to change, and hand it on."""
        heard = push_through(self.stages, block, sample_rate)
        for queue in self.heard_by[1:]:
            queue.put(heard.copy(), sample_rate)
        for queue in self.heard_by[:1]:
            queue.put(heard, sample_rate)


def _sum(queues: Sequence[Queue], samples: int) -> np.ndarray:
    total = queues[0].take(samples)
    for queue in queues[1:]:
        total += queue.take(samples)
    return total
