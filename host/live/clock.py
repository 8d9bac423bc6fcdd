"""A session's device where there is no sound card: a clock that plays a signal again and again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .core.clock_device import ClockDevice
    from .engine import Engine

HEARD_SECONDS = 10.0
NOISE_LEVEL = 0.1  # -20 dBFS


class Clock:
    """Calls as a sound card would, at the pace of the rate or as fast as the engine plays.

    Args:
        heard: what comes in, again and again: float32 (samples, inputs) or (samples,); None: 10 s of noise at -20 dBFS.
        block: samples a call; the engine's own unless given.
        pace: 1.0 in real time, 2.0 twice as fast; 0.0: as fast as the engine plays, no block ever late.
        seconds: how long it calls; None: until it is stopped.
        inputs, outputs: channels; `inputs` counts where nothing is given to hear.

    Attributes:
        heard: float32 (samples, inputs).
        played: float32 (samples, outputs), as long as what is heard: what came out last.
    """

    name = "no sound card: a clock"
    latency_ms = (0.0, 0.0)

    def __init__(
        self,
        heard: np.ndarray | None = None,
        block: int | None = None,
        pace: float = 1.0,
        seconds: float | None = None,
        inputs: int = 1,
        outputs: int = 2,
        sample_rate: int = 48000,
    ) -> None:
        if heard is None:
            shape = round(HEARD_SECONDS * sample_rate), inputs
            heard = (NOISE_LEVEL * np.random.default_rng(0).standard_normal(shape)).astype(np.float32)
        self.heard = np.asarray(heard, np.float32).reshape(len(heard), -1)
        self.inputs, self.outputs, self.block = self.heard.shape[1], outputs, block
        self._pace, self._seconds = pace, seconds
        self._clock: ClockDevice | None = None

    def start(self, engine: "Engine", said: Callable[[str], None] = print) -> None:
        """Begin to call."""
        from .core.clock_device import ClockDevice

        calls = None if self._seconds is None else round(self._seconds * engine.sample_rate / (self.block or engine.block))
        self._clock = ClockDevice(engine, self.heard, self.block, self._pace, calls if calls is not None else -1)
        self._clock.start()

    def stop(self) -> None:
        """Stop calling."""
        if self._clock:
            self._clock.stop()

    def wait(self) -> None:
        """Return when it has called for `seconds`."""
        if self._clock:
            self._clock.wait()

    @property
    def played(self) -> np.ndarray:
        """What came out, a ring as long as what is heard."""
        return self._clock.played if self._clock else np.zeros((0, self.outputs), np.float32)

    @property
    def calls(self) -> int:
        """Calls done."""
        return self._clock.calls if self._clock else 0

    @property
    def late_calls(self) -> int:
        """Calls made later than the next one was due: the machine's own lateness."""
        return self._clock.late_calls if self._clock else 0
