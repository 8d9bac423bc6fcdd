"""Exchange: what Python must play, on a worker beside the resident call, behind a constant delay.

The resident call pushes blocks into one ring and pulls from another that began filled with the delay. Where the worker
is late, the sound fades, what was missed is counted, and what comes too late is dropped, so that the delay stays.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..series import serial_stages
from ..stages import push_through
from .core import scene as s
from .core.compiled import Semaphore, wait
from .core.ring import GAPS, MISSED, Ring

CAPACITY_SECONDS = 1.0
LONGEST_WAIT = 100_000_000  # ns
HUNG_SECONDS = 2.0
ROOM_SECONDS = 0.002  # between two looks for room


class Passage:
    """What lies between two rings: the sound of `send` comes back by `back`, `latency_samples` later.

    Attributes:
        key: which processors, so that the same ones go on where the scene changes.
        name: of what plays, for people.
        page: the resident call's (see `scene`).
    """

    wakes: Any = None  # the worker's semaphore; none where nobody works

    def __init__(self, key: tuple[int, ...], name: str, channels: int, block: int) -> None:
        self.key, self.name = key, name
        self._rooms = [np.zeros((block, channels), np.float32) for _ in range(2)]
        self.page = np.zeros(s.PAGE_FIELDS, np.int64)
        self.page[s.SENT_AT], self.page[s.CAME_AT] = (room.ctypes.data for room in self._rooms)
        self.send: Ring
        self.back: Ring
        self.latency_samples = 0

    def start(self) -> None:
        """Begin to work; once."""

    def close(self) -> None:
        """End."""

    @property
    def gaps(self) -> int:
        """How often what is to come back was late."""
        return int(self.back.header[GAPS])

    @property
    def missed_samples(self) -> int:
        """Samples that came too late."""
        return int(self.back.header[MISSED])


class Wire(Passage):
    """A delay, in place of an exchange that failed: the sound goes past it, and lags as it did."""

    def __init__(self, failed: "Exchange", channels: int, block: int) -> None:
        super().__init__(failed.key, failed.name, channels, block)
        self.failed, self.latency_samples = failed, failed.latency_samples
        self.send = self.back = Ring(channels, len(failed.back.frames), filled=self.latency_samples)


class Exchange(Passage):
    """Processors in series, played by a Python thread.

    Args:
        processors: what to play.
        key, name: see `Passage`.
        sample_rate, channels, block: of the engine.
        delay: samples the worker has; the processors' own latency comes on top.
        failed: called from the worker where a processor raises, after which it works no more.

    Attributes:
        latency_samples: by which the sound lags because of it, own latency included.
        error: what was raised.
        patience_seconds: at one block, after which it counts as hung.
    """

    def __init__(
        self,
        processors: Sequence[Any],
        key: tuple[int, ...],
        name: str,
        sample_rate: float,
        channels: int,
        block: int,
        delay: int,
        failed: Callable[[], None],
    ) -> None:
        super().__init__(key, name, channels, block)
        self.stages, self._rate, self._channels, self._block = serial_stages(processors), sample_rate, channels, block
        self._failed = failed
        self.patience_seconds = HUNG_SECONDS
        own = self._warmed()
        self.latency_samples = delay + own
        capacity = 1 << int(np.ceil(np.log2(CAPACITY_SECONDS * sample_rate + 4 * self.latency_samples + 4 * block)))
        self.send, self.back = Ring(channels, capacity), Ring(channels, capacity, filled=self.latency_samples)
        self.wakes: Semaphore = Semaphore()
        self.error: Exception | None = None
        self.busy_since: float | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="wetdry exchange", daemon=True)

    def _warmed(self) -> int:
        """Play a second of silence, so that what is made at first use is made; return by how much the stages lag."""
        for stage in self.stages:
            stage.start()
        sent = came = 0
        while sent < self._rate:
            silence = np.zeros((self._channels, self._block), np.float32)
            played = push_through(self.stages, silence, self._rate)
            if played.shape[1] and len(played) != self._channels:
                raise InvalidValue(
                    f"{self._channels} channel(s) go in and {len(played)} come out of a part of the chain: "
                    "what plays live keeps its channels: play it with channels=2, or without the part"
                )
            came += played.shape[1]
            sent += self._block
        for stage in self.stages:
            stage.start()
        return sent - came

    def start(self) -> None:
        """Begin to work; once."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """End the worker; what hangs is left to hang, on a thread that does not keep the process."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    @property
    def hangs(self) -> bool:
        """Whether it has been at one block for longer than anybody should."""
        since = self.busy_since
        return since is not None and time.monotonic() - since > self.patience_seconds

    def _work(self) -> None:
        pair = np.zeros(2, np.int64)
        while not self._stop.is_set():
            if self.send.waiting < self._block:
                wait(self.wakes.address, pair, LONGEST_WAIT)
                continue
            block = np.ascontiguousarray(self.send.take(self._block).T)
            self.busy_since = time.monotonic()
            try:
                played = push_through(self.stages, block, self._rate)
            except Exception as error:  # whatever a plugin raises: the session goes on without it
                self.error, self.busy_since = error, None
                self._failed()
                return
            self.busy_since = None
            self._give(np.ascontiguousarray(played.T, np.float32))

    def _give(self, played: np.ndarray) -> None:
        """Push what has been played, all of it: after a long sleep it waits until what came too late has been dropped."""
        while len(played) and not self._stop.is_set():
            played = played[self.back.push(played[: len(self.back.frames) - self.back.waiting]) :]
            if len(played):
                self._stop.wait(ROOM_SECONDS)
