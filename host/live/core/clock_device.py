"""A device without a sound card: compiled, calls the callback at the pace of the rate, or as fast as the engine plays."""

import threading

import numpy as np

from ..engine import Engine
from . import desk as d
from .callback import device_call
from .compiled import carray, compiled, load, nanoseconds, pointer, sleep
from .ring import HEAD, ring_at

FREEWHEEL_NAP = 20_000  # ns


@compiled
def _run(desk_address, heard, played, block, pace, progress, pair):
    """Call the callback for each block of `heard` (frames, inputs) into `played` (frames, outputs).

    `pace`: ns a block; 0: whenever the engine has played what it was given. `progress[0]`: blocks done; `progress[1]`: stop;
    `progress[2]`: calls that came later than the next was due.
    """
    desk = carray(pointer(desk_address), d.FIELDS, np.int64)
    begin, count = nanoseconds(pair), len(heard) // block
    for k in range(count):
        if pace:
            due = begin + k * pace
            left = due - nanoseconds(pair)
            while left > 0:
                sleep(pair, left)
                left = due - nanoseconds(pair)
            progress[2] += left < -pace
        else:
            arrived = ring_at(desk[d.INPUT_RING])[HEAD] // desk[d.BLOCK]
            while load(desk, d.BLOCKS) < arrived and not load(progress, 1):
                sleep(pair, FREEWHEEL_NAP)
        if load(progress, 1):
            break
        device_call(desk, heard[k * block : (k + 1) * block], played[k * block : (k + 1) * block], 0)
        progress[0] += 1


class ClockDevice:
    """Plays a signal through an engine as a sound card would.

    Args:
        engine: started or not.
        heard: float32 (samples, inputs): what comes in; its length is how long it runs, in whole blocks of the device.
        block: samples a call, the engine's own unless given.
        pace: 1.0 in real time, 2.0 twice as fast; 0.0: as fast as the engine plays, no block ever late.

    Attributes:
        played: float32 (samples, outputs): what came out.
    """

    def __init__(self, engine: Engine, heard: np.ndarray, block: int | None = None, pace: float = 1.0) -> None:
        self._engine, self._block = engine, block or engine.block
        self._heard = np.ascontiguousarray(heard, np.float32)
        self.played = np.zeros((len(heard), engine.outputs), np.float32)
        self._pace = round(1e9 * self._block / engine.sample_rate / pace) if pace else 0
        self._progress, self._pair = np.zeros(3, np.int64), np.zeros(2, np.int64)
        self._thread = threading.Thread(target=self._work, name="wetdry clock", daemon=True)

    def _work(self) -> None:
        _run(self._engine.desk_address, self._heard, self.played, self._block, self._pace, self._progress, self._pair)

    def start(self) -> None:
        """Begin to call, on a thread."""
        self._thread.start()

    def wait(self) -> None:
        """Return when all has been played."""
        self._thread.join()

    def stop(self) -> None:
        """Stop calling."""
        self._progress[1] = 1
        self._thread.join()

    @property
    def calls(self) -> int:
        """Calls done."""
        return int(self._progress[0])

    @property
    def late_calls(self) -> int:
        """Calls made later than the next one was due: the machine's own lateness."""
        return int(self._progress[2])
