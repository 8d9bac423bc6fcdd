"""What controllers say: channel messages as plain events, out of mido's messages or raw bytes, however broken."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

KINDS = {0x8: "note", 0x9: "note", 0xA: "poly pressure", 0xB: "cc", 0xC: "program", 0xD: "channel pressure", 0xE: "pitch bend"}
DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}
SYSTEM, REAL_TIME = 0xF0, 0xF8


class Event(NamedTuple):
    """A channel message.

    Attributes:
        kind: "note", "poly pressure", "cc", "program", "channel pressure" or "pitch bend".
        channel: 1 to 16.
        number: of the note or the controller; 0 for the other kinds.
        value: 0 to 127; velocity, 0 for a note that ends. Of pitch bend: 0 to 16383, 8192 in the middle.
    """

    kind: str
    channel: int
    number: int
    value: int


class MessageReader:
    """Reads one port's messages in order, with running status; whatever is no channel message is skipped, nothing raises.

    Source: MIDI 1.0 Detailed Specification 4.2: running status ends with a system common message, and real-time bytes may
    stand anywhere.
    """

    def __init__(self) -> None:
        self._status = 0  # of the message under way; 0 where what follows belongs to none of ours
        self._data: list[int] = []

    def read(self, message: Any) -> Iterator[Event]:
        """Yield the events in a mido message, or in bytes (0 to 255 each) as they came from a port."""
        data: Iterable[int] = message.bytes() if hasattr(message, "bytes") else message
        for byte in data:
            if byte >= REAL_TIME:
                continue
            if byte >= 0x80:
                self._status, self._data = (byte if byte < SYSTEM else 0), []
            elif self._status:
                self._data.append(byte)
                if len(self._data) == DATA_BYTES[self._status >> 4]:
                    yield _event(self._status, *self._data)
                    self._data = []


def _event(status: int, first: int, second: int = 0) -> Event:
    kind, channel = status >> 4, (status & 15) + 1
    if kind in (0xC, 0xD):
        return Event(KINDS[kind], channel, 0, first)
    if kind == 0xE:
        return Event(KINDS[kind], channel, 0, first | second << 7)
    return Event(KINDS[kind], channel, first, 0 if kind == 0x8 else second)
