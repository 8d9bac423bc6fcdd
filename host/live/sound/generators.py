"""Generator: what makes sound rather than changes it, played by notes, through the effects of a live engine."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self
from weakref import WeakSet

import numpy as np

from ....models.errors import InvalidValue
from ..core import desk as d
from ..core.ring import HEAD, MISSED, Ring
from ..engine import Engine
from .hands import Hands
from .sounds import FULL_VELOCITY, Sounds, source_of
from .voices import Mixer, PlayedNote

USUAL_DELAY = 0.03
MARGIN_SECONDS = 0.01  # until a note that was played has been heard of; the rest of the delay is mixed ahead
LEAST_AHEAD_SECONDS = 0.005
STOLEN_SECONDS = 0.005
LONGEST_SILENCE = 0.25  # seconds a device may say nothing; beyond, the sound's time stands still
_TAKEN: "WeakSet[Ring]" = WeakSet()  # rings that a generator fills


class Generator(Hands):
    """Plays notes that a source renders, through what an engine plays: rendered on a thread, mixed on another.

    A note sounds `latency_samples` after it was played, or, where it had still to be rendered, as soon as something of it
    is there (`late_notes`): `prepare` renders before. The engine's input goes on beside it. One generator an engine.

    Args:
        engine: started or not.
        source: a function `render(note, velocity, seconds, rate)` that returns samples, (samples,) or (channels, samples), or
            yields them part by part; an `Instrument`; or the path of a VST instrument.
        seconds: the longest a note is.
        release_seconds: in which a note that is let go fades; None: it plays to its end.
        delay_seconds: between a note and its sound; all but 10 ms of it are mixed ahead: more where Python is busy.
            None: 0.03, or what the engine's and the device's blocks want.
        gain_db: of everything it plays.
        voices: notes at once; the oldest makes room.
        velocity_layers: velocities that are rendered apart, 1 to 127.
        cache_megabytes: of rendered notes that are remembered.
        said: called with one line where a note cannot be rendered.

    Raises:
        InvalidType, InvalidValue: a source or number that cannot be; a second generator for one engine.
        FileProblem, PluginError: the path is no instrument's.
    """

    def __init__(
        self,
        engine: Engine,
        source: Any,
        *,
        seconds: float = 4.0,
        release_seconds: float | None = 0.08,
        delay_seconds: float | None = None,
        gain_db: float = 0.0,
        voices: int = 32,
        velocity_layers: int = 8,
        cache_megabytes: float = 256.0,
        said: Callable[[str], None] = print,
    ) -> None:
        super().__init__(engine.sample_rate)
        rate = engine.sample_rate
        blocks = engine.block + engine.latency_samples - engine.scene.latency_samples  # the engine's and the device's
        margin, least = round(MARGIN_SECONDS * rate), max(round(LEAST_AHEAD_SECONDS * rate), 2 * blocks)
        self.latency_samples = (
            max(round(USUAL_DELAY * rate), margin + least) if delay_seconds is None else round(delay_seconds * rate)
        )
        self._ahead, most = self.latency_samples - margin, len(engine.sound.frames) // 2
        self._check(seconds, release_seconds, voices, velocity_layers)
        if not least <= self._ahead <= most:
            ranges = f"{(least + margin) / rate:.3g} to {(most + margin) / rate:.3g} s"
            raise InvalidValue(f"delay_seconds = {delay_seconds!r}: {ranges} at this block size")
        if engine.sound in _TAKEN:
            raise InvalidValue("this engine has a generator already: stop that one first")
        self.source = source_of(source)
        self._own = self.source is not source  # its process ends with us
        self._engine, self._release = engine, None if release_seconds is None else round(release_seconds * rate)
        render = getattr(self.source, "render", self.source)
        self._sounds = Sounds(render, engine.channels, rate, seconds, release_seconds or STOLEN_SECONDS, velocity_layers,
                              round(cache_megabytes * 1e6), said, lambda: int(getattr(self.source, "version", 0)))  # fmt: skip
        self._mixing = voices, round(STOLEN_SECONDS * rate), 10 ** (gain_db / 20)
        self._mixer = self._new_mixer()
        self._arrived: deque[tuple[PlayedNote, Any]] = deque()
        self._missed_before = 0
        self._missed: int | None = None  # once it has stopped
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="wetdry generator", daemon=True)

    @staticmethod
    def _check(seconds: float, release: float | None, voices: int, layers: int) -> None:
        ranges = {"seconds": (seconds, 0.01, 600), "release_seconds": (release or 0, 0, 60), "voices": (voices, 1, 256),
                  "velocity_layers": (layers, 1, FULL_VELOCITY)}  # fmt: skip
        for name, (value, least, most) in ranges.items():
            if not least <= value <= most:
                raise InvalidValue(f"{name} = {value!r}: {least:g} to {most:g} are played")

    def _new_mixer(self) -> Mixer:
        voices, stolen, gain = self._mixing
        return Mixer(self._sounds, self._engine.channels, self._release, voices, stolen, gain)

    def _add(self, note: int, velocity: int, at: float | None, later: int = 0) -> None:
        sample = self._sample_at(time.monotonic() if at is None else at) + self.latency_samples + later
        sound = self._sounds.of(note, velocity) if velocity else None
        self._arrived.append((PlayedNote(sample, note, velocity), sound))

    def _sample_at(self, seconds: float) -> int:
        """Return the sample of the sound that came in at a moment."""
        engine = self._engine
        played = int(engine.desk[d.BLOCKS])
        if not played:
            return 0
        came = int(engine.stamps[(played - 1) % d.STAMPS, 1]) * 1e-9  # the last sample of the last block that was played
        silent = max(0.0, time.monotonic() - came - LONGEST_SILENCE)
        return max(0, played * engine.block + round((seconds - came - silent) * engine.sample_rate))

    # what there is to know

    def prepare(self, notes: Iterable[int], velocities: Sequence[int] = (100,), timeout: float | None = None) -> bool:
        """Render notes before they are played; with a `timeout` in seconds, wait for it. Returns whether all is rendered."""
        for note in notes:
            for velocity in velocities:
                self._sounds.of(note, velocity, soon=False)
        return self._sounds.wait(0.0 if timeout is None else timeout)

    def notes(self) -> list[PlayedNote]:
        """Return the notes that began, and were let go, since last asked, each at its sample of the sound."""
        played = self._mixer.played
        return [played.popleft() for _ in range(len(played))]

    def render(self, notes: Iterable[PlayedNote], samples: int) -> np.ndarray:
        """Return what notes sound like before the effects, float32 (channels, samples): what was played, bit for bit."""
        mixer = self._new_mixer()
        for note in notes:
            mixer.add(note)
        self._sounds.wait()
        return mixer.mix(0, samples)

    @property
    def voices(self) -> int:
        """Notes that sound now."""
        return self._mixer.voices

    @property
    def late_notes(self) -> int:
        """Notes that began later than `latency_samples`, because they were not rendered, or heard of too late."""
        return self._mixer.late

    @property
    def latest_seconds(self) -> float:
        """By how much the latest of them was late."""
        return self._mixer.latest / self._engine.sample_rate

    @property
    def missed_notes(self) -> int:
        """Notes that were let go before they were rendered, or could not be."""
        return self._mixer.missed

    @property
    def missed_samples(self) -> int:
        """Samples that were not mixed in time: faded, and the rest at its place."""
        return int(self._engine.sound.header[MISSED]) - self._missed_before if self._missed is None else self._missed

    # running

    def start(self) -> Self:
        """Begin to mix, on a thread."""
        _TAKEN.add(self._engine.sound)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Let all go, and end."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        _TAKEN.discard(self._engine.sound)
        self._missed = self.missed_samples
        self._sounds.close()
        if self._own:
            self.source.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _work(self) -> None:
        nap = self._ahead / 8 / self._engine.sample_rate
        self._begin()
        while not self._stop.wait(nap):
            self._mix(self._ahead)
        self._mixer.end(int(self._engine.sound.header[HEAD]))
        self._mix(self._ahead + round(STOLEN_SECONDS * self._engine.sample_rate))

    def _begin(self) -> None:
        """Begin with silence, as far ahead as everything will be."""
        ring = self._engine.sound
        ring.frames[:] = 0.0  # nobody reads what lies behind what plays
        ring.header[HEAD] = self._playing + self._ahead
        self._missed_before = int(ring.header[MISSED])

    @property
    def _playing(self) -> int:
        return int(self._engine.desk[d.BLOCKS]) * self._engine.block

    def _mix(self, ahead: int) -> None:
        """Mix until so many samples ahead of what plays; what is past already is left out."""
        while self._arrived:
            self._mixer.add(*self._arrived.popleft())
        ring, playing = self._engine.sound, self._playing
        if ring.header[HEAD] < playing:
            ring.header[HEAD] = playing
        position = int(ring.header[HEAD])
        if position < playing + ahead:
            ring.push(np.ascontiguousarray(self._mixer.mix(position, playing + ahead - position).T))
