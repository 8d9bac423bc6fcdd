"""The tempo map of a MIDI file."""

from pathlib import Path

from ...models.errors import InvalidValue
from .files import open_midi_file

USUAL_BPM = 120.0  # of a file that says none
MICROSECONDS_A_MINUTE = 60e6


def read_tempo_map(path: Path) -> list[tuple[float, float]]:
    """Return pairs (beat, beats a minute), the first at beat 0; a beat is a quarter note.

    Raises:
        FileProblem, InvalidValue, MissingExtra: as `open_midi_file`; InvalidValue besides for a tempo of no length.
    """
    file = open_midi_file(path)
    changes = {0.0: USUAL_BPM}
    for track in file.tracks:
        ticks = 0
        for message in track:
            ticks += message.time
            if message.type == "set_tempo":
                if message.tempo <= 0:
                    raise InvalidValue(f"{path.name}: a beat of 0 microseconds at tick {ticks}")
                changes[ticks / file.ticks_per_beat] = MICROSECONDS_A_MINUTE / message.tempo
    return sorted(changes.items())
