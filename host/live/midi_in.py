"""A session's MIDI: messages turn knobs, each as of the moment at which it came; learning; a controller that is told."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from ...effects.parameters import Parameters
from ...models.errors import InvalidType, InvalidValue, WetdryError
from ..midi.feedback import Feedback
from ..midi.learn import SILENCE_SECONDS, Learn
from ..midi.map import MidiMap
from ..midi.ports import Arrival

if TYPE_CHECKING:
    from .engine import Engine

POLL_SECONDS = 0.001
LOOK_SECONDS = 0.03  # between two looks at what was turned elsewhere


class MidiIn:
    """Polls a port on a thread, and turns knobs as a map says.

    Args:
        engine: whose knobs are turned, as of when a message came.
        port: its name or a part of it; True: the only one; one that is open (it stays so); None: messages come by `hear`.
        feedback: what is sent to, to show the knobs; None: nothing.
        said: called with a line that is to be said.

    Attributes:
        hearers: called with each message and when it came.

    Raises:
        PortError: there is no such port.
    """

    def __init__(self, engine: "Engine", port: Any, feedback: Any, said: Callable[[str], None]) -> None:
        self._engine, self._shows, self._said = engine, feedback, said
        self._opened = ExitStack()
        self.port = self._open(port)
        self._by_code: deque[Arrival] = deque()
        self._lock, self._called, self._ended = threading.RLock(), threading.Event(), False
        self.hearers: list[Callable[[bytes, float], None]] = []
        self._learn: Learn | None = None
        self.learning: str | None = None
        self._heard_at = 0.0
        self._thread = threading.Thread(target=self._work, name="wetdry MIDI", daemon=True)

    def _open(self, port: Any) -> Any:
        if port is None or port is False:
            return None
        if callable(getattr(port, "arrived", None)):
            return port
        if port is not True and not isinstance(port, str):
            raise InvalidType(
                f"midi = {port!r:.60}: a port's name, True for the only one, or an open one; a map goes to midi_map="
            )
        from ..midi.ports import open_input

        opened = self._opened.enter_context(open_input(None if port is True else port))
        opened.said = self._said
        return opened

    def map(self, midi: MidiMap, parameters: Parameters) -> None:
        """Turn these knobs from now on, as this map says. Raises where the map does not fit them."""
        decoder = midi.decoder(parameters)
        feedback = Feedback(midi, self._shows, parameters) if self._shows is not None else None
        with self._lock:
            self._midi, self._parameters, self._decoder, self._feedback = midi, parameters, decoder, feedback
            self._seen = {path: parameters[path].value for path in decoder.stands}
            self._learn, self.learning = None, None

    def hear(self, message: Any, seconds: float | None) -> None:
        """Take a message from elsewhere than the port."""
        try:
            data = bytes(message.bytes() if hasattr(message, "bytes") else message)
        except (TypeError, ValueError):
            raise InvalidType(f"a MIDI message is mido's, or bytes, got {message!r:.60}") from None
        stamp = time.monotonic() if seconds is None else float(seconds)
        if not math.isfinite(stamp):
            raise InvalidValue(f"a message comes at a time in seconds, got {stamp}")
        self._by_code.append(Arrival(stamp, data))
        self._called.set()

    def learn(self, knob: str | None, **options: Any) -> None:
        """Wait for the control that is moved next, to bind it; None: no longer."""
        with self._lock:
            self._learn, self.learning = None, None
            if knob is not None:
                learn = Learn(self._midi, self._parameters)
                learn.touch(knob, **options)
                self._learn, self.learning, self._heard_at = learn, knob, time.monotonic()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no longer; close the port if it was opened here."""
        self._ended = True
        self._called.set()
        if self._thread.is_alive():
            self._thread.join()
        self._opened.close()

    def _work(self) -> None:
        looked = 0.0
        while not self._ended:
            self._called.wait(LOOK_SECONDS if self.port is None else POLL_SECONDS)
            self._called.clear()
            try:
                arrived = self._arrived()
                now = time.monotonic()
                if not arrived and now - looked < LOOK_SECONDS:
                    continue
                looked = now
                with self._lock:
                    self._turn(arrived)
            except WetdryError as error:  # a knob that says no, a port that has gone: the session goes on
                self._said(str(error))

    def _arrived(self) -> list[Arrival]:
        by_code = [self._by_code.popleft() for _ in range(len(self._by_code))]
        arrived = list(self.port.arrived()) if self.port is not None else []
        return sorted([*arrived, *by_code], key=lambda one: one.seconds)

    def _turn(self, arrived: list[Arrival]) -> None:
        self._look_at_hand()
        for arrival in arrived:
            for hear in self.hearers:
                hear(arrival.data, arrival.seconds)
            if self._learn:
                self._learned(self._learn.feed(arrival.data))
                self._heard_at = arrival.seconds
                continue
            if self._feedback:
                self._feedback.heard(arrival.data)
            moves = self._decoder.feed(arrival.data)
            with self._engine.at(arrival.seconds), self._engine.together():
                for path, number in moves:
                    bound = self._parameters[path]
                    bound.value = bound.parameter.from_number(number)
                    self._seen[path] = bound.value
        if self._learn and time.monotonic() - self._heard_at > SILENCE_SECONDS:
            self._learned(self._learn.settle())
        if self._feedback:
            self._feedback.send()

    def _look_at_hand(self) -> None:
        """Tell the decoder what was turned elsewhere: controls that pick up have to reach it again."""
        for path, seen in self._seen.items():
            bound = self._parameters[path]
            if bound.value != seen:
                self._decoder.moved(path, bound.parameter.to_number(bound.value))
                self._seen[path] = bound.value

    def _learned(self, learned: Any) -> None:
        if learned:
            knob = self.learning
            self.map(self._midi, self._parameters)
            self._said(f"{learned.source} on channel {learned.channel} turns {knob} from now on")
