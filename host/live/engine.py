"""The live engine: a resident compiled call between two rings, and what Python tells it and reads off it."""

import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ...effects.effect import Effect
from .changes import Changes
from .core import desk as d
from .core.callback import portaudio_callback
from .core.compiled import wake
from .core.resident import reside
from .exchange import Passage
from .knobs import KnobIds, publish
from .memory import Memory
from .scenes import Scene

EXCHANGE_SECONDS = 0.01  # that a worker in Python has, unless told otherwise; in whole blocks, two at least


class Engine:
    """Plays a processor between a device's callback and a resident compiled call.

    `callback` and `desk` go to the device (see `device`); `start` begins the resident call on a thread of its own. The sound
    lags by a block, the processors' latencies, and what workers in Python are given.

    Args:
        processor: an effect, a Chain, a Graph: anything that streams. Runs of our effects are compiled; for everything else a
            Python thread works behind an exchange (`workers` says how many).
        sample_rate: in Hz, whole.
        block: samples the resident call plays at a time, 16 to 4096.
        channels: in the chain.
        inputs, outputs: channels the device has; `input_map` says for each channel of the chain which of the device's it comes
            from (-1: silence), `output_map` for each of the device's outputs which of the chain's it plays.
        device_block: samples the device asks for at once, `block` unless given; another costs delay (0: it varies).
        worker_seconds: the delay that each worker in Python is given.
        apart: effects of ours that a worker plays although they could be compiled in: nets too large for the deadline.
        failed: called with a line where a worker failed; what it played is passed by then.

    Raises:
        InvalidValue: a block, rate or map that cannot be.
    """

    def __init__(
        self,
        processor: Any,
        sample_rate: int = 48000,
        block: int = 64,
        channels: int = 1,
        inputs: int = 1,
        outputs: int = 2,
        device_block: int | None = None,
        input_map: Sequence[int] | None = None,
        output_map: Sequence[int] | None = None,
        worker_seconds: float = EXCHANGE_SECONDS,
        apart: Collection[Any] = (),
        failed: Callable[[str], None] = print,
    ) -> None:
        memory = Memory(int(sample_rate), block, channels, inputs, outputs, device_block, input_map, output_map)
        self.sample_rate, self.block, self.channels = int(sample_rate), block, channels
        self.inputs, self.outputs, self.apart, self.said = inputs, outputs, tuple(apart), failed
        self._memory, self.desk, self.meters = memory, memory.desk, memory.meters
        self.input, self.output, self.sound, self.recorded = memory.input, memory.output, memory.sound, memory.recorded
        self.scope, self.stamps = memory.scope, memory.stamps
        self.gap_counts, self.busy_counts, self.turn_counts = memory.gap_counts, memory.busy_counts, memory.turn_counts
        self.knobs, self._sending, self._stamping, self._moves_read = KnobIds(), threading.RLock(), threading.local(), 0
        self._thread: threading.Thread | None = None
        self.changes = Changes(self, processor, max(2, -(-round(worker_seconds * sample_rate) // block)) * block)

    # what plays

    @property
    def scene(self) -> Scene:
        """What plays, or comes next."""
        return self.changes.scene

    @property
    def exchanges(self) -> list[Passage]:
        """What Python plays of it."""
        return self.scene.exchanges

    @property
    def passed_by(self) -> list[Passage]:
        """What failed, and the sound goes past."""
        return self.changes.passed_by

    def play(self, processor: Any) -> None:
        """Change over to another processor, or to what this one has become: crossfaded; what is the same in both goes on.

        What failed is tried again. Where the device is silent, the change comes once it calls again.
        """
        self.changes.play(processor)

    def together(self) -> AbstractContextManager[None]:
        """Return a context in which all that rebuilds effects is changed over to at once, at its end."""
        return self.changes.together()

    # knobs

    def turned(self, effect: Effect, name: str, number: float) -> None:
        """Send a knob's move (the effects call it): heard in the next block, or a block after `stamp`, smoothed."""
        if not self.begun:
            return  # it begins where the knobs stand
        with self._sending:
            sent = int(self.desk[d.EVENTS_SENT])
            if sent - self.desk[d.EVENTS_TAKEN] >= d.MOST_EVENTS:
                return  # the resident call hangs or has ended: where the knob stands is in the effect
            self._memory.events[sent % d.MOST_EVENTS] = (
                getattr(self._stamping, "now", 0.0),
                self.knobs.sent(effect, name, number),
                number,
            )
            publish(self.desk_address, d.EVENTS_SENT, sent + 1)

    def rebuilt(self, effect: Effect) -> None:
        """Change over to what an effect has become (the effects call it)."""
        self.changes.rebuilt()

    def at(self, seconds: float) -> "_Stamped":
        """Return a context in which knobs are turned as of a moment of `time.monotonic`, one block later to the sample."""
        return _Stamped(self._stamping, seconds)

    def moves(self) -> list[tuple[int, Effect, str, float]]:
        """Return what has moved since last asked: sample of the sound, effect, knob, where to (see `Parameter.to_number`)."""
        with self._sending:
            all_taken = self.desk[d.EVENTS_TAKEN] == self.desk[d.EVENTS_SENT] and not self.desk[d.PENDING]
            noted = int(self.desk[d.MOVES_NOTED])
            first = max(self._moves_read, noted - d.MOST_MOVES)
            self._moves_read = noted
            rows = [self._memory.moves[i % d.MOST_MOVES].tolist() for i in range(first, noted)]
            moves = [(int(sample), *self.knobs.move(int(knob), number)) for sample, knob, number in rows]
            if all_taken:
                self.knobs.forget()
        return moves

    # running

    @property
    def block_latency_samples(self) -> int:
        """Samples by which the sound lags because it is played in blocks: the engine's, and the device's."""
        return self._memory.delay

    @property
    def latency_samples(self) -> int:
        """Samples by which what leaves lags what came, between the device's two sides."""
        return self._memory.delay + self.scene.latency_samples

    @property
    def begun(self) -> bool:
        """Whether it has been started."""
        return self._thread is not None

    @property
    def running(self) -> bool:
        """Whether the resident call runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def callback(self) -> int:
        """Address of the device's callback, a `PaStreamCallback`; its user data is `desk_address`."""
        return portaudio_callback()

    @property
    def desk_address(self) -> int:
        """Where the desk lies."""
        return self.desk.ctypes.data

    def start(self, prepare: Callable[[], None] = lambda: None) -> None:
        """Begin the resident call on a thread, on which `prepare` is called first; the knobs stand where they stand now."""
        arguments = self._memory.for_the_resident_call(self.knobs.targets)
        self.desk[d.STOP] = 1
        reside(*arguments)  # compiled now, or fetched from disk, and not at the first block
        publish(self.desk_address, d.STOP, 0)
        self.scene.stand(self.knobs)

        def work() -> None:
            prepare()
            reside(*arguments)

        self._thread = threading.Thread(target=work, name="wetdry live", daemon=True)
        self._thread.start()
        self.changes.start()

    def stop(self) -> None:
        """End the resident call and the workers; the device must have stopped calling."""
        self.changes.watchdog.stop()
        self.desk[d.STOP] = 1
        if self._thread:
            wake(self._memory.semaphore.address)
            self._thread.join()
        self.changes.end()


class _Stamped:
    def __init__(self, stamps: threading.local, seconds: float) -> None:
        self._stamping, self._now = stamps, seconds * 1e9

    def __enter__(self) -> None:
        self._stamping.now = self._now

    def __exit__(self, *_: object) -> None:
        self._stamping.now = 0.0
