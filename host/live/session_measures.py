"""What a session measures of itself."""

import time

from .core import desk as d
from .engine import Engine
from .session_device import Device
from .statistics import Meters, Statistics, Worker, meters_of, statistics_of

LOAD_SECONDS = 1.0


class Measured:
    """The part of a session that measures."""

    engine: Engine
    device: Device
    _load = 0.0
    _load_from = 0, 0.0  # ns busy, and when that was

    @property
    def meters(self) -> Meters:
        """Levels in and out, clips, and samples that were no numbers."""
        return meters_of(self.engine)

    @property
    def statistics(self) -> Statistics:
        """Deadlines, times, load, latency and workers so far."""
        return statistics_of(self.engine, self._load, self.device.latency_ms)

    @property
    def seconds(self) -> float:
        """How long it has played, by its own samples."""
        return int(self.engine.desk[d.BLOCKS]) * self.engine.block / self.engine.sample_rate

    def _measure_load(self) -> None:
        """Take the load anew, once a second; called now and then."""
        busy, now = int(self.engine.desk[d.BUSY]), time.monotonic()
        before, since = self._load_from
        if now - since > LOAD_SECONDS:
            self._load = (busy - before) * 1e-9 / (now - since) if since else 0.0
            self._load_from = busy, now


def lock_line(worker: Worker) -> str:
    """Return what is said of a worker as a session begins."""
    return (f"{worker.name}: played by Python, {worker.latency_ms:.1f} ms behind; it takes the interpreter lock, and what else "
            "Python does can make it late")  # fmt: skip
