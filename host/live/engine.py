"""The live engine: a resident compiled call between two rings, and what Python tells it and reads off it."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...effects.effect import Effect
from ...effects.fade import FADE_SECONDS
from ...models.errors import InvalidValue
from .core import desk as d
from .core.callback import LARGEST_CALL, portaudio_callback
from .core.compiled import Semaphore, wake
from .core.levels import DRY_FRAMES, SCOPE_FRAMES
from .core.resident import reside
from .core.ring import Ring
from .exchange import Exchange, Passage, Wire
from .knobs import KnobIds, publish
from .scenes import Foreign, Scene
from .watchdog import Watchdog

RING_SECONDS = 1.5
RECORDED_SECONDS = 20.0
SOUND_SECONDS = 2.0
SMALLEST_BLOCK, LARGEST_BLOCK = 16, 4096
SILENT_SECONDS = 1.0  # after which the device counts as silent
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
        failed: Callable[[str], None] = print,
    ) -> None:
        if not SMALLEST_BLOCK <= block <= LARGEST_BLOCK:
            raise InvalidValue(f"block: {block} samples; {SMALLEST_BLOCK} to {LARGEST_BLOCK} are played, 64 to 256 are usual")
        if not 1 <= channels <= d.MOST_CHANNELS or max(inputs, outputs) > d.MOST_CHANNELS:
            raise InvalidValue(f"{channels} channels, {inputs} inputs and {outputs} outputs; 1 to {d.MOST_CHANNELS} are played")
        self.sample_rate, self.block, self.channels, self.inputs, self.outputs = (
            int(sample_rate),
            block,
            channels,
            inputs,
            outputs,
        )
        self._worker_delay = max(2, -(-round(worker_seconds * sample_rate) // block)) * block
        self.said = failed
        self.knobs, self._lock, self._sending, self._stamps = KnobIds(), threading.RLock(), threading.RLock(), threading.local()
        self._passed: dict[tuple[int, ...], Wire] = {}
        self._deferred: list[Any] = []  # what is to be played once the device calls again
        self._watchdog = Watchdog(self)
        self.desk, self.meters = d.fresh(), np.zeros(d.METERS)
        self._semaphore = Semaphore()
        asked = block if device_block is None else device_block
        self._delay = asked + block - math.gcd(asked, block) if asked else 2 * block
        self._make_rooms(input_map, output_map)
        self._scenes: list[Scene] = []
        self._thread: threading.Thread | None = None
        self.scene = self._made(processor, None)
        self.desk[d.SCENE] = self.scene.address
        self._begin_scene(self.scene)

    def _make_rooms(self, input_map: Sequence[int] | None, output_map: Sequence[int] | None) -> None:
        rate, block, channels, desk = self.sample_rate, self.block, self.channels, self.desk

        def ring(channels: int, seconds: float, filled: int = 0) -> Ring:
            return Ring(channels, 1 << int(np.ceil(np.log2(seconds * rate + filled + LARGEST_CALL))), filled)

        self.input, self.output = ring(channels, RING_SECONDS), ring(channels, RING_SECONDS, filled=self._delay)
        self.sound, self.recorded = ring(channels, SOUND_SECONDS), ring(2 * channels, RECORDED_SECONDS)
        self.scope = d.room((SCOPE_FRAMES, 2), np.float32)
        self._stamped = d.room((d.STAMPS, 2), np.int64)
        self.gap_counts, self.busy_counts, self.turn_counts = (d.room(d.BINS, np.int64) for _ in range(3))
        self._scratch = [d.room(LARGEST_CALL * d.MOST_CHANNELS, np.float32) for _ in range(2)]
        self._pair = np.zeros(2, np.int64)
        self._events, self._pending = d.room((d.MOST_EVENTS, 3)), d.room((d.MOST_EVENTS, 3))
        self._moves = d.room((d.MOST_MOVES, 3))
        self._moves_read = 0
        self._blocks = np.zeros((2, channels, block), np.float32)
        self._dry = d.room((DRY_FRAMES, channels), np.float32)
        fixed = {d.BLOCK: block, d.CHANNELS: channels, d.DEVICE_INPUTS: self.inputs, d.DEVICE_OUTPUTS: self.outputs,
                 d.INPUT_RING: self.input.address, d.OUTPUT_RING: self.output.address, d.SOUND_RING: self.sound.address,
                 d.RECORD_RING: self.recorded.address, d.SCOPE_AT: self.scope.ctypes.data,
                 d.STAMPS_AT: self._stamped.ctypes.data,
                 d.GAP_COUNTS_AT: self.gap_counts.ctypes.data, d.SEMAPHORE: self._semaphore.address, d.RATE: rate,
                 d.FADE: -(-round(FADE_SECONDS * rate) // block) * block, d.PAIR_AT: self._pair.ctypes.data,
                 d.SCRATCH_IN_AT: self._scratch[0].ctypes.data, d.SCRATCH_OUT_AT: self._scratch[1].ctypes.data}  # fmt: skip
        for field, value in fixed.items():
            desk[field] = value
        input_map = list(range(channels)) if input_map is None else input_map
        output_map = [min(o, channels - 1) for o in range(self.outputs)] if output_map is None else output_map
        for which, most in ((input_map, self.inputs), (output_map, channels)):
            if any(not -1 <= place < most for place in which):
                raise InvalidValue(f"channels {list(which)}: there are {most}, counted from 0; -1 is silence")
        desk[d.INPUT_MAP : d.INPUT_MAP + d.MOST_CHANNELS] = desk[d.OUTPUT_MAP : d.OUTPUT_MAP + d.MOST_CHANNELS] = -1
        desk[d.INPUT_MAP : d.INPUT_MAP + len(input_map)] = [place if place < self.inputs else -1 for place in input_map]
        desk[d.OUTPUT_MAP : d.OUTPUT_MAP + len(output_map)] = output_map

    # what plays

    def _made(self, processor: Any, before: Scene | None, anew: bool = False) -> Scene:
        """Return a scene; `anew`: whatever is made of other processors may have become another in itself."""

        def passage(foreign: Foreign) -> Passage:
            for wire in self._passed.values():
                if wire.key == foreign.key or (wire.failed.hangs and set(wire.key) & set(foreign.key)):
                    return wire
            for playing in before.exchanges if before else ():
                if isinstance(playing, Wire):
                    continue
                if playing.key == foreign.key and not (anew and foreign.branches):
                    return playing
                if set(playing.key) & set(foreign.key):
                    playing.close()  # a plugin cannot be played by two threads: silence until it comes in again
            return Exchange(foreign.processors, foreign.key, foreign.name, float(self.sample_rate), self.channels, self.block,
                            self._worker_delay, self._watchdog.look)  # fmt: skip

        return Scene(processor, float(self.sample_rate), self.channels, self.knobs, before, passage)

    def _begin_scene(self, scene: Scene) -> None:
        self._scenes.append(scene)
        for exchange in scene.exchanges if self.running else ():
            exchange.start()
        for effect in scene.effects:
            effect.__dict__["_follower"] = self

    def play(self, processor: Any) -> None:
        """Change over to another processor, or to what this one has become: crossfaded; what is the same in both goes on.

        What failed is tried again. Where the device is silent, the change comes once it calls again.
        """
        with self._lock:
            self._passed = {key: wire for key, wire in self._passed.items() if wire.failed.hangs}
            self._play(processor, anew=True)

    def _play(self, processor: Any, anew: bool = False) -> None:
        with self._lock:
            silent, self._deferred = bool(self._deferred), []
            if not self._wait_for_change(0.0 if silent else SILENT_SECONDS):
                self._deferred = [processor]
                if not silent:
                    self.said("the sound device is silent: the change comes when it plays again")
                return
            scene = self._made(processor, self.scene, anew)
            self._begin_scene(scene)
            before, self.scene = self.scene, scene
            for effect in {id(e): e for e in before.effects if all(e is not other for other in scene.effects)}.values():
                effect.__dict__["_follower"] = None
            if self._thread is None:
                self.desk[d.SCENE] = scene.address  # nothing is heard yet that could fade
            else:
                publish(self.desk_address, d.NEXT_SCENE, scene.address)

    def _wait_for_change(self, patience_seconds: float) -> bool:
        """Wait until the scene before the one that plays has faded, and forget it; False where the device is silent."""
        pause, blocks, since = threading.Event(), -1, 0.0
        while self.running and self._changing:
            if int(self.desk[d.BLOCKS]) != blocks:
                blocks, since = int(self.desk[d.BLOCKS]), time.monotonic()
            elif time.monotonic() - since >= patience_seconds:
                return False
            pause.wait(0.002)
        if not self.running:
            self.desk[d.SCENE], self.desk[d.FADE_LEFT] = self.scene.address, 0
        for scene in self._scenes[:-1]:
            scene.close(self.scene.exchanges)
            self.knobs.release(effect for effect in scene.effects if effect not in self.scene.effects)
        self._scenes = self._scenes[-1:]
        return True

    @property
    def _changing(self) -> bool:
        return bool(self.desk[d.SCENE] != self.scene.address or self.desk[d.FADE_LEFT])

    # what fails

    def look_after(self) -> None:
        """Pass by what has failed, and do what waits for the device; the watchdog calls it."""
        with self._lock:
            for exchange in self.exchanges:
                if isinstance(exchange, Exchange) and exchange.key not in self._passed and (exchange.error or exchange.hangs):
                    self._pass_by(exchange)
            if not self._changing and self._deferred:
                self._play(self._deferred[0], anew=True)
            elif not self._changing and len(self._scenes) > 1:
                self._wait_for_change(0.0)

    def _pass_by(self, exchange: Exchange) -> None:
        self._passed[exchange.key] = Wire(exchange, self.channels, self.block)
        try:
            self._play(self._meant)
        finally:
            why = f"{type(exchange.error).__name__}: {exchange.error}" if exchange.error else "it hangs"
            self.said(f"{exchange.name} fails ({why}) and is passed by; the rest plays on".replace("\n", " "))

    @property
    def passed_by(self) -> list[Passage]:
        """What failed, and the sound goes past."""
        return list(self._passed.values())

    # knobs

    def turned(self, effect: Effect, name: str, number: float) -> None:
        """Send a knob's move (the effects call it): heard in the next block, or a block after `stamp`, smoothed."""
        if self._thread is None:
            return  # it begins where the knobs stand
        with self._sending:
            sent = int(self.desk[d.EVENTS_SENT])
            if sent - self.desk[d.EVENTS_TAKEN] >= d.MOST_EVENTS:
                return  # the resident call hangs or has ended: where the knob stands is in the effect
            self._events[sent % d.MOST_EVENTS] = (
                getattr(self._stamps, "now", 0.0),
                self.knobs.sent(effect, name, number),
                number,
            )
            publish(self.desk_address, d.EVENTS_SENT, sent + 1)

    def rebuilt(self, effect: Effect) -> None:
        """Change over to what an effect has become (the effects call it)."""
        if getattr(self._stamps, "together", 0):
            self._stamps.rebuilt = True
        else:
            self._play(self._meant)

    @property
    def _meant(self) -> Any:
        """What is to be played: what plays, unless something waits for the device."""
        return (self._deferred or [self.scene.processor])[0]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Return a context in which all that rebuilds effects is changed over to at once, at its end."""
        self._stamps.together = getattr(self._stamps, "together", 0) + 1
        try:
            yield
        finally:
            self._stamps.together -= 1
            if not self._stamps.together and getattr(self._stamps, "rebuilt", False):
                self._stamps.rebuilt = False
                self._play(self._meant)

    def at(self, seconds: float) -> "_Stamped":
        """Return a context in which knobs are turned as of a moment of `time.monotonic`, one block later to the sample."""
        return _Stamped(self._stamps, seconds)

    def moves(self) -> list[tuple[int, Effect, str, float]]:
        """Return what has moved since last asked: sample of the sound, effect, knob, where to (see `Parameter.to_number`)."""
        with self._sending:
            all_taken = self.desk[d.EVENTS_TAKEN] == self.desk[d.EVENTS_SENT] and not self.desk[d.PENDING]
            noted = int(self.desk[d.MOVES_NOTED])
            first = max(self._moves_read, noted - d.MOST_MOVES)
            self._moves_read = noted
            rows = [self._moves[i % d.MOST_MOVES].tolist() for i in range(first, noted)]
            moves = [(int(sample), *self.knobs.move(int(knob), number)) for sample, knob, number in rows]
            if all_taken:
                self.knobs.forget()
        return moves

    # running

    @property
    def exchanges(self) -> list[Passage]:
        """What Python plays of what plays now."""
        return self.scene.exchanges

    @property
    def block_latency_samples(self) -> int:
        """Samples by which the sound lags because it is played in blocks: the engine's, and the device's."""
        return self._delay

    @property
    def latency_samples(self) -> int:
        """Samples by which what leaves lags what came, between the device's two sides."""
        return self._delay + self.scene.latency_samples

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
        """Begin the resident call on a thread, on which `prepare` is called first."""
        arguments = (self.desk, self.meters, self.knobs.targets, self._events, self._pending, self._moves,
                     self.busy_counts, self.turn_counts, self._blocks, self._dry)  # fmt: skip
        self.desk[d.STOP] = 1
        reside(*arguments)  # compiled now, or fetched from disk, and not at the first block
        publish(self.desk_address, d.STOP, 0)
        self.scene.stand(self.knobs)

        def work() -> None:
            prepare()
            reside(*arguments)

        self._thread = threading.Thread(target=work, name="wetdry live", daemon=True)
        self._thread.start()
        for exchange in self.exchanges:
            exchange.start()
        self._watchdog.start()

    def stop(self) -> None:
        """End the resident call and the workers; the device must have stopped calling."""
        self._watchdog.stop()
        self.desk[d.STOP] = 1
        if self._thread:
            wake(self._semaphore.address)
            self._thread.join()
        for scene in self._scenes:
            scene.close()
            for effect in scene.effects:
                effect.__dict__["_follower"] = None


class _Stamped:
    def __init__(self, stamps: threading.local, seconds: float) -> None:
        self._stamps, self._now = stamps, seconds * 1e9

    def __enter__(self) -> None:
        self._stamps.now = self._now

    def __exit__(self, *_: object) -> None:
        self._stamps.now = 0.0
