"""Take: what was played on a controller, message by message, at the samples where it was applied."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from ...effects.call import check_call
from ...models.errors import FileProblem, InvalidValue, MissingExtra
from .files import timed_messages
from .messages import KINDS, Event, MessageReader

STATUS = {kind: nibble << 4 for nibble, kind in KINDS.items()}  # a note that ends is one struck with velocity 0
MOST_TICKS = 32767  # a beat, in the file's 15 bits
LONGEST_DELTA = (1 << 28) - 1  # between two messages, in the file's four bytes
MICROSECONDS = 1_000_000


class Take:
    """Channel messages and the samples of a stream at which they were applied, in order.

    Iterating gives (seconds, message), which `MidiMap.curves` takes as it takes a file: rendered so, the take sounds as
    it was played. `save` writes a standard MIDI file in which a tick is a sample, so nothing is lost on the way.

    Attributes:
        sample_rate: of the stream, in Hz.
        messages: (sample, bytes of one channel message); samples never fall.
        samples: length of what was played.

    Example:
        >>> take = Take(48000, [(480, b"\\xb0\\x4a\\x40")], samples=48000)
        >>> list(take), take
        ([(0.01, b'\\xb0J@')], <Take of 1 messages in 1.0 s at 48000 Hz>)
    """

    def __init__(self, sample_rate: float, messages: Iterable[tuple[int, bytes]] = (), samples: int = 0) -> None:
        self.sample_rate = check_call(sample_rate, 1)
        self.messages: list[tuple[int, bytes]] = []
        self.samples = 0
        for sample, message in messages:
            self.add(sample, message)
        self.samples = max(self.samples, samples)

    @classmethod
    def load(cls, path: str | Path, sample_rate: float) -> "Take":
        """Read a MIDI file: each channel message at the nearest sample. Errors as `MidiMap.curves`."""
        reader, take = MessageReader(), cls(sample_rate)
        for seconds, message in timed_messages(path):
            for event in reader.read(message):
                take.add(round(seconds * sample_rate), message_of(event))
        return take

    def add(self, sample: int, message: bytes) -> None:
        """Append a message that was applied at a sample of the stream, not before the last one."""
        last = self.messages[-1][0] if self.messages else 0
        if sample < last:
            raise InvalidValue(f"a message at sample {sample} comes before sample {last}; messages come in order")
        self.messages.append((int(sample), bytes(message)))
        self.samples = max(self.samples, int(sample))

    def between(self, start: int, end: int) -> "Take":
        """Return the messages from sample `start` up to, not with, sample `end`, counted from `start`."""
        first, last = (bisect_left(self.messages, at, key=itemgetter(0)) for at in (start, end))
        return Take(self.sample_rate, ((at - start, message) for at, message in self.messages[first:last]), end - start)

    def save(self, path: str | Path) -> Path:
        """Write a standard MIDI file (format 0), a tick a sample at the common sample rates; returns where.

        Raises:
            FileProblem: it cannot be written there; MissingExtra: mido is not installed.
        """
        mido = _mido()
        ticks_a_beat, tempo = beat_of(self.sample_rate)
        ticks_a_sample = ticks_a_beat * MICROSECONDS / (tempo * self.sample_rate)
        track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
        heard = [(sample, mido.Message.from_bytes(message)) for sample, message in self.messages]
        at = 0
        for sample, message in [*heard, (self.samples, mido.MetaMessage("end_of_track"))]:
            delta = round(sample * ticks_a_sample) - at
            at += delta
            while delta > LONGEST_DELTA:
                track.append(mido.MetaMessage("marker", text="silence", time=LONGEST_DELTA))
                delta -= LONGEST_DELTA
            track.append(message.copy(time=delta))
        path = Path(path).expanduser()
        try:
            mido.MidiFile(type=0, ticks_per_beat=ticks_a_beat, tracks=[track]).save(path)
        except OSError as error:
            raise FileProblem(f"cannot write {path}: {error.strerror or error}") from None
        return path

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        return ((sample / self.sample_rate, message) for sample, message in self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Take) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"<Take of {len(self)} messages in {self.samples / self.sample_rate:.1f} s at {self.sample_rate:g} Hz>"


def message_of(event: Event) -> bytes:
    """Return the bytes of a channel message."""
    status = STATUS[event.kind] | (event.channel - 1)
    if event.kind == "pitch bend":
        return bytes((status, event.value & 127, event.value >> 7))
    if event.kind in ("program", "channel pressure"):
        return bytes((status, event.value))
    return bytes((status, event.number, event.value))


def beat_of(sample_rate: float) -> tuple[int, int]:
    """Return ticks a beat and microseconds a beat of a MIDI file whose ticks tell every sample from the next.

    A tick is a sample where the rate is a whole number with a beat that suits: 24000 ticks in half a second at 48 kHz,
    22050 at 44.1 kHz, a quarter of a second at twice these. At other rates a tick is at most half a sample.
    """
    for tempo in (500_000, 250_000, 125_000, MICROSECONDS, 62_500):
        ticks = sample_rate * tempo / MICROSECONDS
        if ticks == round(ticks) and 1 <= ticks <= MOST_TICKS:
            return int(ticks), tempo
    return MOST_TICKS, max(1, min(MICROSECONDS, math.floor(MOST_TICKS * MICROSECONDS / (2 * sample_rate))))


def _mido() -> Any:
    try:
        import mido
    except ImportError:
        raise MissingExtra("writing MIDI files", "live", "mido") from None
    return mido
