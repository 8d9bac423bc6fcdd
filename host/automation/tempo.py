"""Tempo: where beats fall."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...models.errors import InvalidType, InvalidValue, WetdryError
from .checks import checked_number, checked_pair

SLOWEST_BPM, FASTEST_BPM = 1.0, 10_000.0
USUAL_BPM, LAST_BEAT = 120.0, 1e12


class Tempo:
    """One tempo, or several that each begin at a beat; immutable, compared by value.

    Args:
        bpm: beats (quarter notes) a minute, 1 to 10000; or pairs (beat, bpm), the first at beat 0, beats rising.

    Raises:
        InvalidType, InvalidValue: neither; names the pair.

    Example:
        >>> float(Tempo([(0, 120), (16, 90)]).seconds(20.0))
        10.666666666666666
    """

    __slots__ = ("_beats", "_bpm", "_seconds")

    def __init__(self, bpm: "float | Sequence[Sequence[float]]" = USUAL_BPM) -> None:
        pairs = [(0.0, bpm)] if isinstance(bpm, int | float | np.number) and not isinstance(bpm, bool) else bpm
        if isinstance(pairs, str | bytes) or not isinstance(pairs, Sequence) or not len(pairs):
            raise InvalidType(f"a tempo is beats a minute, or pairs (beat, beats a minute), got {bpm!r:.60}")
        checked = [_checked_pair(index, pair) for index, pair in enumerate(pairs)]
        self._beats = np.array([beat for beat, _ in checked])
        self._bpm = np.array([bpm for _, bpm in checked])
        if self._beats[0] != 0:
            raise InvalidValue(f"a tempo begins at beat 0; the first pair stands at beat {self._beats[0]:g}")
        for before, after in zip(self._beats, self._beats[1:], strict=False):
            if not before < after:
                raise InvalidValue(f"a tempo's beats rise; beat {after:g} comes after beat {before:g}")
        lengths = np.diff(self._beats) * 60 / self._bpm[:-1]
        self._seconds = np.concatenate([[0.0], np.cumsum(lengths)])

    @classmethod
    def of(cls, path: str | Path) -> "Tempo":
        """Return the tempo map of a MIDI file. Raises FileProblem, InvalidValue, or MissingExtra where mido is missing."""
        from ..midi.tempo_map import read_tempo_map

        tempos = read_tempo_map(Path(path).expanduser())
        try:
            return cls(tempos)
        except WetdryError as error:
            raise type(error)(f"{Path(path).name}: {error}") from None

    @property
    def changes(self) -> tuple[tuple[float, float], ...]:
        """Pairs (beat, beats a minute), the first at beat 0."""
        return tuple(zip(self._beats.tolist(), self._bpm.tolist(), strict=True))

    def seconds(self, beats: "float | np.ndarray") -> np.ndarray:
        """Return the seconds, float64, at which beats fall."""
        at = self._at(self._beats, beats)
        return self._seconds[at] + (beats - self._beats[at]) * 60 / self._bpm[at]

    def beats(self, seconds: "float | np.ndarray") -> np.ndarray:
        """Return the beats, float64, that fall at these seconds."""
        at = self._at(self._seconds, seconds)
        return self._beats[at] + (seconds - self._seconds[at]) * self._bpm[at] / 60

    def _at(self, edges: np.ndarray, moments: "float | np.ndarray") -> np.ndarray:
        return np.maximum(np.searchsorted(edges, moments, side="right") - 1, 0)

    def to_data(self) -> "float | list[list[float]]":
        """Return plain data from which `Tempo(data)` makes the same."""
        return float(self._bpm[0]) if len(self._bpm) == 1 else [list(pair) for pair in self.changes]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tempo) and self.changes == other.changes

    def __hash__(self) -> int:
        return hash(self.changes)

    def __repr__(self) -> str:
        return f"Tempo({self.to_data()!r})"

    def __reduce__(self) -> tuple:
        return Tempo, (self.to_data(),)


def as_tempo(given: "Tempo | float | Sequence[Sequence[float]] | None") -> Tempo:
    """Return a tempo as it is, or made of what `Tempo` takes; None is 120 beats a minute."""
    return given if isinstance(given, Tempo) else Tempo() if given is None else Tempo(given)


def _checked_pair(index: int, pair: object) -> tuple[float, float]:
    beat, bpm = checked_pair(f"tempo: pair {index}, (beat, beats a minute),", pair)
    return (checked_number(f"tempo: pair {index}: beat", beat, 0.0, LAST_BEAT),
            checked_number(f"tempo: pair {index}: beats a minute", bpm, SLOWEST_BPM, FASTEST_BPM))  # fmt: skip
