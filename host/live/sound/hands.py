"""Hands on a generator: notes from code, keys of a terminal, and MIDI messages with the sustain pedal."""

import time
from typing import Any

from ....models.errors import InvalidValue
from ...midi.messages import Event, MessageReader
from .sounds import FULL_VELOCITY

HIGHEST_NOTE = 127
SUSTAIN, ALL_OFF = 64, (120, 123)  # controllers
KEYS = "1234567890"  # a scale of C major on keys that nothing else is on
_LOWEST, _SCALE = 48, (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)


class Hands:
    """What is played by notes; a subclass gives `_add`.

    Args:
        sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._samples_a_second, self._reader = sample_rate, MessageReader()
        self._pedal, self._pedalled = False, set[int]()  # notes that were let go while it was down

    def _add(self, note: int, velocity: int, at: float | None, later: int = 0) -> None:
        """Play a note, or let it go (velocity 0), as of a moment of `time.monotonic` (None: now), so many samples later."""
        raise NotImplementedError

    def on(self, note: int, velocity: int = 100, at: float | None = None) -> None:
        """Play a note, MIDI number 0 to 127 (60: middle C), as of a moment of `time.monotonic`; None: now."""
        if not (0 <= note <= HIGHEST_NOTE and 0 < velocity <= FULL_VELOCITY):
            raise InvalidValue(f"note {note!r}, velocity {velocity!r}: 0 to 127, and 1 to 127, are played")
        self._add(note, velocity, at)

    def off(self, note: int, at: float | None = None) -> None:
        """Let a note go: it fades within `release_seconds`."""
        self._add(note, 0, at)

    def tap(self, note: int, velocity: int = 100, seconds: float = 0.5) -> None:
        """Play a note for a while, as a key of a terminal does, which does not say when it is let go."""
        now = time.monotonic()
        self.on(note, velocity, now)
        self._add(note, 0, now, round(seconds * self._samples_a_second))

    def press(self, key: str, velocity: int = 100, seconds: float = 0.5) -> bool:
        """Tap the note of a key of `KEYS`: C major from C3 on; return whether it is one."""
        if len(key) != 1 or key not in KEYS:
            return False
        self.tap(_LOWEST + _SCALE[KEYS.index(key)], velocity, seconds)
        return True

    def hear(self, message: Any, at: float | None = None) -> None:
        """Play what a MIDI message says (mido's, or bytes): notes, the sustain pedal, all off. Nothing raises."""
        for event in self._reader.read(message):
            self._play(event, at)

    def _play(self, event: Event, at: float | None) -> None:
        if event.kind == "note" and not event.value and self._pedal:
            self._pedalled.add(event.number)
        elif event.kind == "note":
            self._add(event.number, event.value, at)
        elif event.kind == "cc" and event.number == SUSTAIN:
            self._pedal = event.value >= 64
            while self._pedalled and not self._pedal:
                self.off(self._pedalled.pop(), at)
        elif event.kind == "cc" and event.number in ALL_OFF:
            self.all_off(at)

    def all_off(self, at: float | None = None) -> None:
        """Let every note go."""
        for note in range(HIGHEST_NOTE + 1):
            self._add(note, 0, at)
