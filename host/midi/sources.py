"""Sources: what on a controller moves a knob, as a person writes it: `cc 74`, `cc14 1`, `nrpn 300`, `pitch bend`."""

import re
from dataclasses import dataclass

from ...models.errors import InvalidType, InvalidValue, near_misses

HIGHEST_NUMBER: dict[str, int | None] = {  # kind: the highest number that it takes; None where it takes none
    "cc": 127,
    "cc14": 31,
    "nrpn": 16382,  # 16383 chooses none
    "rpn": 16382,
    "pitch bend": None,
    "channel pressure": None,
    "poly pressure": 127,
    "note": 127,
    "note velocity": None,
    "program": None,
}
FINE = ("cc14", "nrpn", "rpn", "pitch bend")  # 14 bits
EXAMPLES = "cc 74, cc14 1, nrpn 300, rpn 0, pitch bend, channel pressure, poly pressure 60, note 60, note velocity, program"
WRITTEN = re.compile(r"([a-z]+(?:14)?(?: [a-z]+)?)(?: ([0-9]+))?")


@dataclass(frozen=True)
class Source:
    """A control by what it sends.

    Attributes:
        kind: "cc"; "cc14" (the pair of controllers `number` and `number + 32`); "nrpn", "rpn"; "pitch bend";
            "channel pressure"; "poly pressure" (of one key); "note" (a button: down or up); "note velocity" (how hard any
            key is struck); "program" (the number that is chosen).
        number: of the controller, parameter or key; 0 for a kind that has none.
    """

    kind: str
    number: int = 0

    @property
    def highest(self) -> int:
        """The highest value it sends: 127, or 16383 with 14 bits."""
        return 16383 if self.kind in FINE else 127

    def position_of(self, value: int) -> float:
        """Return where a control stands, 0 to 1, that sends `value`; a pitch wheel at rest in the exact middle."""
        if self.kind == "pitch bend":  # 8192 steps below the middle, 8191 above it
            return 0.5 + 0.5 * (value - 8192) / (8192 if value < 8192 else 8191)
        return value / self.highest

    def value_at(self, position: float) -> int:
        """Return what a control that stands at `position`, 0 to 1, sends."""
        if self.kind == "pitch bend":
            return 8192 + round((2 * position - 1) * (8192 if position < 0.5 else 8191))
        return round(position * self.highest)

    def __str__(self) -> str:
        return self.kind if HIGHEST_NUMBER[self.kind] is None else f"{self.kind} {self.number}"


def read_source(text: str) -> tuple[Source, int | None]:
    """Read a source as written, `channel 1` to `channel 16` behind it where it counts on one channel only.

    Returns:
        the source, and its channel; None for any.

    Raises:
        InvalidType: no text. InvalidValue: no such kind, number or channel; the message says what is allowed.
    """
    if not isinstance(text, str):
        raise InvalidType(f"a MIDI source is text such as {EXAMPLES}; got {text!r:.60}")
    words = " ".join(text.lower().split())
    body, behind, channel_text = words.rpartition(" channel ")
    channel = None
    if behind and channel_text != "pressure":
        if not channel_text.isascii() or not channel_text.isdigit():
            raise InvalidValue(f"MIDI source {text!r:.60}: a channel is a number, 1 to 16")
        words, channel = body, checked_channel(int(channel_text[:6]))
    return _source(words, text), channel


def checked_channel(channel: int | None) -> int | None:
    """Return `channel`, 1 to 16 or None for any; raises InvalidType or InvalidValue."""
    if channel is None:
        return None
    if isinstance(channel, bool) or not isinstance(channel, int):
        raise InvalidType(f"a MIDI channel is 1 to 16, or none for any; got {channel!r:.60}")
    if not 1 <= channel <= 16:
        raise InvalidValue(f"MIDI channel {channel} is not one of 1 to 16")
    return channel


def _source(words: str, text: str) -> Source:
    written = WRITTEN.fullmatch(words)
    kind, number = written.groups() if written else (words, None)
    if kind not in HIGHEST_NUMBER:
        raise InvalidValue(f"no MIDI source {text!r:.60}; {near_misses(kind[:40], HIGHEST_NUMBER)} (as in {EXAMPLES})")
    highest = HIGHEST_NUMBER[kind]
    if highest is None:
        if number is not None:
            raise InvalidValue(f"MIDI source {text!r:.60}: {kind} takes no number")
        return Source(kind)
    if number is None or int(number[:6]) > highest:
        raise InvalidValue(f"MIDI source {text!r:.60}: {kind} takes a number, 0 to {highest}")
    return Source(kind, int(number))
