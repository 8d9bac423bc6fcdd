"""Exchange: what Python must play, on a worker beside the resident call, behind a constant delay.

The resident call pushes blocks into one ring and pulls from another that began filled with the delay. Where the worker
is late, the sound fades, what was missed is counted, and what comes too late is dropped, so that the delay stays.
"""

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from ...models.errors import InvalidValue
from ..stages import Stage, push_through
from .core.compiled import Semaphore, wait
from .core.ring import GAPS, MISSED, Ring

CAPACITY_SECONDS = 1.0
LONGEST_WAIT = 100_000_000  # ns
HUNG_SECONDS = 2.0
ROOM_SECONDS = 0.002  # between two looks for room


class Exchange:
    """Stages in series, played by a Python thread.

    Args:
        stages: what to play.
        sample_rate, channels, block: of the engine.
        delay: samples the worker has; the processors' own latency comes on top.
        failed: called once with (exchange, what went wrong) from the worker where a stage raises.

    Attributes:
        latency_samples: by which the sound lags because of it, own latency included.
        send, back: the rings; `semaphore`: wakes the worker.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        sample_rate: float,
        channels: int,
        block: int,
        delay: int,
        failed: Callable[["Exchange", Exception], None],
    ) -> None:
        self.stages, self._rate, self._channels, self._block, self._failed = list(stages), sample_rate, channels, block, failed
        own = self._warmed()
        self.latency_samples = delay + own
        capacity = 1 << int(np.ceil(np.log2(CAPACITY_SECONDS * sample_rate + 4 * self.latency_samples + 4 * block)))
        self.send, self.back = Ring(channels, capacity), Ring(channels, capacity, filled=self.latency_samples)
        self.semaphore = Semaphore()
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
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """End the worker; what hangs is left to hang, on a thread that does not keep the process."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=1.0)

    @property
    def name(self) -> str:
        """What plays, for people."""
        return ", ".join(type(stage).__name__.removesuffix("Stage") for stage in self.stages)

    @property
    def gaps(self) -> int:
        """How often the worker was late."""
        return int(self.back.header[GAPS])

    @property
    def missed_samples(self) -> int:
        """Samples that came too late."""
        return int(self.back.header[MISSED])

    @property
    def hangs(self) -> bool:
        """Whether it has been at one block for longer than anybody should."""
        since = self.busy_since
        return since is not None and time.monotonic() - since > HUNG_SECONDS

    def _work(self) -> None:
        pair = np.zeros(2, np.int64)
        while not self._stop.is_set():
            if self.send.waiting < self._block:
                wait(self.semaphore.address, pair, LONGEST_WAIT)
                continue
            block = np.ascontiguousarray(self.send.take(self._block).T)
            self.busy_since = time.monotonic()
            try:
                played = push_through(self.stages, block, self._rate)
            except Exception as error:  # whatever a plugin raises: the session goes on without it
                self._failed(self, error)
                return
            self.busy_since = None
            self._give(np.ascontiguousarray(played.T, np.float32))

    def _give(self, played: np.ndarray) -> None:
        """Push what has been played, all of it: after a long sleep it waits until what came too late has been dropped."""
        while len(played) and not self._stop.is_set():
            played = played[self.back.push(played[: len(self.back.frames) - self.back.waiting]) :]
            if len(played):
                self._stop.wait(ROOM_SECONDS)
