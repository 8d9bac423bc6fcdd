"""A device without a sound card: compiled, calls the callback at the pace of the rate, or as fast as the engine plays."""

import threading

import numpy as np

from ....models.errors import InvalidValue
from ..engine import Engine
from . import desk as d
from .callback import device_call
from .compiled import carray, compiled, load, nanoseconds, pointer, sleep
from .ring import HEAD, ring_at

FREEWHEEL_NAP = 20_000  # ns


@compiled
def _wait_for(desk, progress, pair):
    """Wait until the engine has played what it was given, or a stop."""
    arrived = ring_at(desk[d.INPUT_RING])[HEAD] // desk[d.BLOCK]
    while load(desk, d.BLOCKS) < arrived and not load(progress, 1):
        sleep(pair, FREEWHEEL_NAP)


@compiled
def _run(desk_address, heard, played, block, pace, progress, pair, calls):
    """Call the callback for each block of `heard` (frames, inputs) into `played` (frames, outputs), both rings.

    `pace`: ns a block; 0: whenever the engine has played what it was given. `progress[0]`: blocks done; `progress[1]`: stop;
    `progress[2]`: calls that came later than the next was due. `calls`: how many; negative: until the stop.
    """
    desk = carray(pointer(desk_address), d.FIELDS, np.int64)
    begin, count, k = nanoseconds(pair), len(heard) // block, -1
    while calls < 0 or k + 1 < calls:
        k += 1
        if pace:
            due = begin + k * pace
            left = due - nanoseconds(pair)
            while left > 0:
                sleep(pair, left)
                left = due - nanoseconds(pair)
            progress[2] += left < -pace
        else:
            _wait_for(desk, progress, pair)
        if load(progress, 1):
            break
        at = k % count * block
        device_call(desk, heard[at : at + block], played[at : at + block], 0)
        progress[0] += 1
    if not pace:
        _wait_for(desk, progress, pair)


class ClockDevice:
    """Plays a signal through an engine as a sound card would.

    Args:
        engine: started or not.
        heard: float32 (samples, inputs): what comes in, in whole blocks of the device.
        block: samples a call, the engine's own unless given.
        pace: 1.0 in real time, 2.0 twice as fast; 0.0: as fast as the engine plays, no block ever late.
        calls: how many, `heard` from the beginning again where it ends; None: as long as it is; -1: until it is stopped.

    Attributes:
        played: float32 (samples, outputs): what came out, a ring.

    Raises:
        InvalidValue: less than a block to hear.
    """

    def __init__(
        self, engine: Engine, heard: np.ndarray, block: int | None = None, pace: float = 1.0, calls: int | None = None
    ) -> None:
        self._engine, self._block = engine, block or engine.block
        self._heard = np.ascontiguousarray(heard, np.float32)
        self.played = d.room((len(heard), engine.outputs), np.float32)
        if len(heard) < self._block:
            raise InvalidValue(f"{len(heard)} samples to hear; a block of {self._block} at least")
        self._calls = len(heard) // self._block if calls is None else calls
        self._pace = round(1e9 * self._block / engine.sample_rate / pace) if pace else 0
        self._progress, self._pair = np.zeros(3, np.int64), np.zeros(2, np.int64)
        self._thread = threading.Thread(target=self._work, args=(self._calls,), name="wetdry clock", daemon=True)

    def _work(self, calls: int) -> None:
        _run(self._engine.desk_address, self._heard, self.played, self._block, self._pace, self._progress, self._pair,
             calls)  # fmt: skip

    def start(self) -> None:
        """Begin to call, on a thread."""
        self._work(0)  # compiled now, or fetched from disk
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
