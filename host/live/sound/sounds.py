"""Sounds: notes that a source renders on a worker, remembered, each readable as far as it has come."""

import heapq
import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from ....models.errors import InvalidType, InvalidValue

FULL_VELOCITY = 127
FIRST_ROOM = 1 << 14  # samples


class Wanted(NamedTuple):
    """A note to render: MIDI number, velocity as its layer says it, and the source's version."""

    note: int
    velocity: int
    version: int


class Sound:
    """A note, float32 (channels, samples), growing while it is rendered: one thread adds, another reads.

    Args:
        channels: of the engine; one rendered channel plays in all of them, several become one by their mean.
        longest: samples; what is rendered beyond is cut.
        fade: samples before `longest` in which a note that is cut fades.

    Attributes:
        ready: samples that may be read.
        done: whether no more will come; `failed`: because the source raised.
    """

    def __init__(self, channels: int, longest: int, fade: int) -> None:
        self._channels, self._longest, self._fade = channels, longest, min(fade, longest)
        self._audio = np.zeros((channels, 0), np.float32)
        self.ready, self.done, self.failed = 0, False, False

    def read(self, first: int, count: int) -> np.ndarray:
        """Return at most `count` samples from `first` on, float32 (channels, samples), not to be changed."""
        ready = self.ready  # before the array, which may be exchanged for a longer one that holds the same
        return self._audio[:, first : min(first + count, ready)]

    def add(self, part: Any) -> bool:
        """Append (samples,) or (channels, samples); return whether more is wanted. Raises InvalidType, InvalidValue."""
        rows = self._rows(part)[:, : self._longest - self.ready]
        end = self.ready + rows.shape[1]
        if end > self._audio.shape[1]:
            longer = np.zeros((self._channels, min(max(2 * end, FIRST_ROOM), self._longest)), np.float32)
            longer[:, : self.ready] = self._audio[:, : self.ready]
            self._audio = longer
        left = self._longest - np.arange(self.ready, end)
        self._audio[:, self.ready : end] = rows * np.minimum(left / max(self._fade, 1), 1.0).astype(np.float32)
        self.ready = end
        return end < self._longest

    def _rows(self, part: Any) -> np.ndarray:
        rows = np.atleast_2d(np.asarray(part))
        if rows.dtype.kind not in "fiu" or rows.ndim != 2:
            raise InvalidType(
                f"a note is rendered as numbers, (samples,) or (channels, samples), got {rows.dtype} {rows.shape}"
            )
        if len(rows) > self._channels > 1:
            raise InvalidValue(f"a note of {len(rows)} channels was rendered; this engine has {self._channels}")
        rows = np.nan_to_num(rows.astype(np.float32), posinf=0.0, neginf=0.0)
        if len(rows) > self._channels:
            rows = rows.mean(axis=0, dtype=np.float32)[None]
        return rows if len(rows) == self._channels else np.broadcast_to(rows[:1], (self._channels, rows.shape[1]))

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self._audio.nbytes


class Sounds:
    """Renders notes on a thread, those that are played now first, and remembers them.

    Args:
        render: `render(note, velocity, seconds, rate)` → samples, or an iterator of parts: what has come of it plays already.
        channels, sample_rate: of the engine.
        seconds: the longest a note is.
        fade_seconds: in which one fades that is cut there.
        velocity_layers: velocities that are told apart, 1 to 127.
        most_bytes: of notes remembered; the one longest unused goes first.
        said: called with one line where the source raises, once for each.
        version: what the source is like now; a note remembered from another version is rendered anew.
    """

    def __init__(
        self,
        render: Callable[..., Any],
        channels: int,
        sample_rate: int,
        seconds: float,
        fade_seconds: float,
        velocity_layers: int,
        most_bytes: int,
        said: Callable[[str], None],
        version: Callable[[], int] = lambda: 0,
    ) -> None:
        self._render, self._rate, self._seconds, self._said, self._version = render, sample_rate, seconds, said, version
        self._shape = channels, max(1, round(seconds * sample_rate)), round(fade_seconds * sample_rate)
        self._layers, self._most = velocity_layers, most_bytes
        self._known: OrderedDict[Wanted, Sound] = OrderedDict()
        self._queue: list[tuple[int, int, Wanted, Sound]] = []
        self._count, self._lines = itertools.count(), set[str]()
        self._changed, self._closed, self._busy = threading.Condition(), False, False
        self._thread = threading.Thread(target=self._work, name="wetdry render", daemon=True)
        self._thread.start()

    def layer(self, velocity: int) -> int:
        """Return the velocity that a note of this velocity is rendered with."""
        step = -(-velocity * self._layers // FULL_VELOCITY)
        return max(1, round(step * FULL_VELOCITY / self._layers))

    def of(self, note: int, velocity: int, soon: bool = True) -> Sound:
        """Return a note's sound, remembered or under way; `soon`: it is rendered before those that can wait."""
        wanted = Wanted(note, self.layer(velocity), self._version())
        with self._changed:
            sound = self._known.get(wanted)
            if sound is None:
                sound = self._known[wanted] = Sound(*self._shape)
                heapq.heappush(self._queue, (not soon, next(self._count), wanted, sound))
                self._changed.notify_all()
            elif soon and any(each[0] and each[3] is sound for each in self._queue):
                self._queue = [(each[0] and each[3] is not sound, *each[1:]) for each in self._queue]
                heapq.heapify(self._queue)
            self._known.move_to_end(wanted)
            return sound

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until everything asked for has been rendered; return whether it has been in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or not (self._queue or self._busy), timeout)

    def close(self) -> None:
        """Render no more; a source that hangs is left to hang, on a thread that does not keep the process."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or self._queue)
                if self._closed:
                    return
                _, _, wanted, sound = heapq.heappop(self._queue)
                self._busy = True
            try:
                self._fill(wanted, sound)
            except Exception as error:  # whatever a model raises: the other notes play on
                self._lost(wanted, sound, error)
            sound.done = True
            self._forget_oldest()

    def _fill(self, wanted: Wanted, sound: Sound) -> None:
        answer = self._render(wanted.note, wanted.velocity, self._seconds, self._rate)
        for part in _parts(answer):
            if not sound.add(part) or self._closed:
                return

    def _lost(self, wanted: Wanted, sound: Sound, error: Exception) -> None:
        sound.failed = True
        with self._changed:
            self._known.pop(wanted, None)
        line = f"note {wanted.note} is silent: {type(error).__name__}: {' '.join(str(error).split())}"
        if line not in self._lines:
            self._lines.add(line)
            self._said(line)

    def _forget_oldest(self) -> None:
        with self._changed:
            taken = sum(sound.size for sound in self._known.values())
            for wanted, sound in list(self._known.items())[:-1]:
                if taken <= self._most:
                    return
                if sound.done:
                    taken -= self._known.pop(wanted).size


def source_of(source: Any) -> Any:
    """Return what renders: an instrument, where its path was given. Raises InvalidType, and what `Instrument` does."""
    if isinstance(source, str | os.PathLike):
        from ...plugins.instrument import Instrument

        return Instrument(os.fspath(source))
    if not callable(getattr(source, "render", source)):
        raise InvalidType(f"{source!r:.60} makes no notes: pass render(note, velocity, seconds, rate), an Instrument, "
                          "or the path of a VST instrument")  # fmt: skip
    return source


def _parts(answer: Any) -> Iterable[Any]:
    """Return what a source answered, part by part: an array is one, an iterator gives many."""
    is_iterator = hasattr(answer, "__next__")
    return answer if is_iterator else (answer,)
