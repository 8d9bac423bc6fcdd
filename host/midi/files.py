"""MIDI files and takes as curves: what a map makes of messages that are known in advance."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...effects.parameters import BoundParameter
from ...models.errors import FileProblem, InvalidType, InvalidValue, MissingExtra
from ..automation.breakpoints import Breakpoints
from ..automation.curve import Curve

if TYPE_CHECKING:
    from .decoder import Decoder

MOST_BYTES = 1 << 23  # two million messages


def moves_as_curves(
    decoder: "Decoder", messages: str | Path | Iterable[tuple[float, Any]], parameters: Mapping[str, BoundParameter]
) -> dict[str, Curve]:
    """Return, for each knob that the messages move, the jumps it makes; before the first it stands where it stands now.

    Args:
        decoder: of the map, fresh.
        messages: a MIDI file, or (seconds, message) in order, as a `Take` gives them.
        parameters: the knobs, by name.

    Raises:
        FileProblem, InvalidValue: see `timed_messages`.
    """
    stood, points = decoder.stands, {}
    for seconds, message in timed_messages(messages):
        for path, number in decoder.feed(message):
            row = parameters[path].parameter
            course = points.setdefault(path, [(0.0, row.from_number(stood[path]))])
            if course[-1][0] == seconds:  # of several at once the last counts
                course.pop()
            course.append((seconds, row.from_number(number)))
    return {path: Breakpoints(course, shape="hold") for path, course in points.items()}


def timed_messages(messages: str | Path | Iterable[tuple[float, Any]]) -> Iterator[tuple[float, Any]]:
    """Yield (seconds, message) of a MIDI file, all its tracks together, tempo changes counted; or of what holds such pairs.

    Raises:
        FileProblem: the file cannot be read. InvalidValue: it is no MIDI file, or one without musical time or with tracks that
            are no one piece; or times are not finite or fall. InvalidType: not a file, nor pairs.
        MissingExtra: mido is not installed.
    """
    if isinstance(messages, str | Path):
        yield from _of_file(Path(messages).expanduser())
        return
    before = 0.0
    for i, pair in enumerate(messages):
        try:
            seconds, message = pair
            seconds = float(seconds)
        except (TypeError, ValueError):
            raise InvalidType(f"message {i}: a pair (seconds, message) is needed, got {pair!r:.60}") from None
        if not (math.isfinite(seconds) and seconds >= before):
            raise InvalidValue(
                f"message {i} at {seconds:g} s: times are finite, from 0, and never fall (the last was {before:g})"
            )
        before = seconds
        yield seconds, message


def _of_file(path: Path) -> Iterator[tuple[float, Any]]:
    file, seconds = open_midi_file(path), 0.0
    try:
        for message in file:
            seconds += message.time
            if not message.is_meta:
                yield seconds, message
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # a tempo or delta that no file should hold
        raise InvalidValue(f"{path.name}: not a MIDI file that plays: {_line(error)}") from None


def open_midi_file(path: Path) -> Any:
    """Return mido's MidiFile of what plays as one piece; errors as `timed_messages`."""
    try:
        import mido
    except ImportError:
        raise MissingExtra("reading MIDI files", "live", "mido") from None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidValue(f"{path.name}: {path.stat().st_size} bytes; MIDI files are read up to {MOST_BYTES}")
        content = path.read_bytes()
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    if not content.startswith(b"MThd"):
        raise InvalidValue(f"{path.name}: not a MIDI file (it does not begin with MThd)")
    from io import BytesIO

    try:
        file = mido.MidiFile(file=BytesIO(content), clip=True)
    except Exception as error:  # mido raises whatever its reading of a broken file runs into
        raise InvalidValue(f"{path.name}: a broken MIDI file: {_line(error)}") from None
    if file.ticks_per_beat <= 0:
        raise InvalidValue(f"{path.name}: its time counts film frames, not beats; save it with beats")
    if file.type == 2:
        raise InvalidValue(f"{path.name}: its tracks are pieces of their own (format 2); save the one to play as format 0 or 1")
    return file


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
