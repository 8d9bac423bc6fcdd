"""Voices: notes under way, mixed sample by sample as they were asked for, however the time is cut."""

import heapq
import itertools
from collections import deque
from typing import NamedTuple

import numpy as np

from .sounds import Sound, Sounds

MOST_PLAYED = 1 << 16  # notes kept until somebody asks for them
GAP_FADE = 64  # samples in which a note fades whose sound has not come, and comes back


class PlayedNote(NamedTuple):
    """A note that began, or was let go (velocity 0), at a sample of the sound."""

    sample: int
    note: int
    velocity: int


class Voice:
    """A note that plays: from `start` on, its sound; from `ends` on, fading over `fade` samples."""

    def __init__(self, note: int, sound: Sound, start: int) -> None:
        self.note, self.sound, self.start = note, sound, start
        self.ends: int | None = None
        self.fade = 1
        self.stolen = False
        self._falling = np.zeros((0, 0), np.float32)  # what is left of the fade into a gap
        self._last, self._risen = np.zeros((0, 1), np.float32), GAP_FADE

    def let_go(self, sample: int, fade: int) -> None:
        """Fade from a sample on; where it fades already, it stays with what ends sooner."""
        if self.ends is None or sample + fade < self.ends + self.fade:
            self.ends, self.fade = max(sample, self.start), max(fade, 1)

    def over(self, sample: int) -> bool:
        """Whether nothing of it is left at a sample."""
        faded = self.ends is not None and sample >= self.ends + self.fade
        return faded or (self.sound.done and sample - self.start >= self.sound.ready)

    def add_to(self, out: np.ndarray, position: int) -> None:
        """Add it to `out`, float32 (channels, samples), whose first sample is at `position`."""
        first = max(self.start - position, 0)
        count = out.shape[1] - first
        if count <= 0:
            return
        part = self._read(position + first - self.start, count)
        if self.ends is not None:
            left = 1.0 - (np.arange(position + first, position + out.shape[1]) - self.ends) / self.fade
            part = part * np.clip(left, 0.0, 1.0).astype(np.float32)
        out[:, first : first + part.shape[1]] += part[:, :count]

    def _read(self, at: int, count: int) -> np.ndarray:
        """Return the next samples; where the worker has not made them yet, they fade, and what comes too late is left out."""
        done = self.sound.done  # before reading: what came in between is there then
        here = self.sound.read(at, count)
        if here.shape[1] == count and self._risen == GAP_FADE and not self._falling.shape[1]:
            self._last = here[:, -1:]
            return here
        part = np.zeros((len(here), count), np.float32)
        part[:, : here.shape[1]] = here
        rising = np.arange(self._risen + 1, self._risen + here.shape[1] + 1) / GAP_FADE
        part[:, : here.shape[1]] *= np.minimum(rising, 1.0).astype(np.float32)
        self._risen = min(self._risen + here.shape[1], GAP_FADE)
        if here.shape[1]:
            self._last = part[:, here.shape[1] - 1 : here.shape[1]]
        falling, self._falling = self._falling, np.zeros((len(here), 0), np.float32)
        if here.shape[1] < count and not done and self._risen:
            self._risen = 0
            falling = np.zeros((len(here), here.shape[1] + GAP_FADE), np.float32)
            falling[:, here.shape[1] :] = self._last * (np.arange(GAP_FADE - 1, -1, -1) / GAP_FADE).astype(np.float32)
        if falling.shape[1]:
            part[:, : falling.shape[1]] += falling[:, :count]
            self._falling = falling[:, count:]
        return part


class Mixer:
    """Mixes notes, each begun and let go at its sample.

    Args:
        sounds: where they come from.
        channels: of what is mixed.
        release: samples in which a note that is let go fades; None: it plays to its end.
        most: voices at once; the oldest makes room.
        stolen: samples in which that one fades.
        gain: of all of them.

    Attributes:
        played: what began and ended when.
        late: notes that began later than they should, because they were not rendered or came too late; `latest`: by how
            many samples at most. missed: those that were let go, or failed, before they began.
    """

    def __init__(self, sounds: Sounds, channels: int, release: int | None, most: int, stolen: int, gain: float = 1.0) -> None:
        self._sounds, self._channels, self._release, self._most, self._stolen = sounds, channels, release, most, stolen
        self._gain = np.float32(gain)
        self._waiting: list[tuple[int, int, PlayedNote, Sound | None]] = []
        self._count = itertools.count()
        self._voices: list[Voice] = []
        self.played: deque[PlayedNote] = deque(maxlen=MOST_PLAYED)
        self.late = self.latest = self.missed = 0

    @property
    def voices(self) -> int:
        """Notes under way."""
        return len(self._voices)

    def add(self, note: PlayedNote, sound: Sound | None = None) -> None:
        """Have a note begin, or be let go, at its sample; out of its order too."""
        if note.velocity and sound is None:
            sound = self._sounds.of(note.note, note.velocity)
        heapq.heappush(self._waiting, (note.sample, next(self._count), note, sound))

    def end(self, sample: int) -> None:
        """Take everything away from a sample on, as fast as is done without a click."""
        self._waiting = []
        for voice in self._voices:
            voice.let_go(sample, self._stolen)

    def mix(self, position: int, count: int) -> np.ndarray:
        """Return the next samples, float32 (channels, count), from `position` of the sound on."""
        end = position + count
        while self._waiting and self._waiting[0][0] < end:
            _, _, note, sound = heapq.heappop(self._waiting)
            self._apply(note, sound, max(position, note.sample), end)
        out = np.zeros((self._channels, count), np.float32)
        for voice in self._voices:
            voice.add_to(out, position)
        self._voices = [voice for voice in self._voices if not voice.over(end)]
        return out * self._gain

    def _apply(self, note: PlayedNote, sound: Sound | None, sample: int, end: int) -> None:
        if sound is None:
            self._let_go(note, sample)
        elif sound.failed:
            self.missed += 1
        elif not (sound.ready or sound.done):  # not rendered yet: it begins as soon as it is
            heapq.heappush(self._waiting, (end, next(self._count), note, sound))
        else:
            self._begin(note, sound, sample)

    def _begin(self, note: PlayedNote, sound: Sound, sample: int) -> None:
        if sample > note.sample:
            self.late, self.latest = self.late + 1, max(self.latest, sample - note.sample)
        if self._release is not None:
            self._fade(note.note, sample, self._release)
        sounding = [voice for voice in self._voices if not (voice.stolen or voice.over(sample))]
        for voice in sounding[: max(len(sounding) + 1 - self._most, 0)]:
            voice.let_go(sample, self._stolen)
            voice.stolen = True
        self._voices.append(Voice(note.note, sound, sample))
        self.played.append(note._replace(sample=sample))

    def _let_go(self, note: PlayedNote, sample: int) -> None:
        if self._release is None:
            return
        for entry in [e for e in self._waiting if e[2].note == note.note and e[3] and e[2].sample <= note.sample]:
            self._waiting.remove(entry)  # it would only be heard by now
            self.missed += 1
        heapq.heapify(self._waiting)
        self._fade(note.note, sample, self._release)
        self.played.append(note._replace(sample=sample))

    def _fade(self, note: int, sample: int, fade: int) -> None:
        for voice in self._voices:
            if voice.note == note and voice.ends is None:
                voice.let_go(sample, fade)
