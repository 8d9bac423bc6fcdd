"""Recording: what came in and what was heard, into two files, by a thread of their own; what the knobs did, into a third."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...models.errors import FileProblem, InvalidValue
from .core import desk as d
from .core.ring import LOST

if TYPE_CHECKING:
    from .engine import Engine
    from .moves import Moves

LOOK_SECONDS = 0.05
MOST_FRAMES = 1 << 15  # written at a time
LAST_BLOCK_SECONDS = 0.5  # waited for at the end


class Recording:
    """Records an engine from its making until `stop`.

    Args:
        engine: that plays.
        moves: of its knobs; beside the recording lies what they did meanwhile (`…_moves.json`): knob → `Steps` as data.
        path: of what is heard, .wav, 32-bit float; what came in goes beside it, `…_dry.wav`.
        said: called with a line where something is lost.

    Attributes:
        path, dry_path, moves_path: the files.
        frames: written so far to each.
        lost: frames for which there was no room: the disk was slower than the sound for 20 s.

    Raises:
        InvalidValue: another suffix. FileProblem: it cannot be written there.
    """

    def __init__(self, engine: "Engine", moves: "Moves", path: Path, said: Callable[[str], None]) -> None:
        self.path = path.expanduser()
        if self.path.suffix.lower() != ".wav":
            raise InvalidValue(f"{path}: a recording is a .wav (32-bit float)")
        self.dry_path = self.path.with_name(f"{self.path.stem}_dry.wav")
        self.moves_path = self.path.with_name(f"{self.path.stem}_moves.json")
        self._engine, self._moves, self._said = engine, moves, said
        self.frames = self.lost = 0
        self._files = [self._opened(where) for where in (self.dry_path, self.path)]
        self._stop = threading.Event()
        while engine.recorded.waiting:
            engine.recorded.take(MOST_FRAMES)  # of a recording before this one
        self._lost_before = int(engine.recorded.header[LOST])
        engine.desk[d.RECORDED_FROM] = -1
        engine.desk[d.RECORDING] = 1
        self._thread = threading.Thread(target=self._work, name="wetdry recording", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on: it ends where nothing can be written any more."""
        return self._thread.is_alive()

    def stop(self) -> Path:
        """End it and close the files; return where what was heard is."""
        blocks, wait = int(self._engine.desk[d.BLOCKS]), threading.Event()
        self._engine.desk[d.RECORDING] = 0
        for _ in range(round(LAST_BLOCK_SECONDS / 0.005)):
            if self._engine.desk[d.BLOCKS] > blocks or not self._engine.running:
                break  # what was being played has been kept
            wait.wait(0.005)
        self._stop.set()
        self._thread.join()
        return self.path

    def _opened(self, path: Path) -> Any:
        import soundfile

        try:
            return soundfile.SoundFile(path, "w", self._engine.sample_rate, self._engine.channels, "FLOAT", format="WAV")
        except (OSError, RuntimeError) as error:
            raise FileProblem(f"cannot record into {path}: {getattr(error, 'error_string', error)}") from None

    def _work(self) -> None:
        try:
            while not self._stop.wait(LOOK_SECONDS):
                self._write()
            self._write()
            self._write_moves()
        except (OSError, RuntimeError) as error:
            self._engine.desk[d.RECORDING] = 0
            self._said(f"the recording into {self.path} ends here, and the sound goes on: {error}")
        finally:
            for file in self._files:
                file.close()

    def _write_moves(self) -> None:
        """Write which knob went where, at samples of the recording."""
        begins = max(int(self._engine.desk[d.RECORDED_FROM]), 0)
        curves = self._moves.between(begins, begins + self.frames)
        data = {"sample_rate": self._engine.sample_rate, "samples": self.frames, "begins": begins,
                "latency_samples": self._engine.latency_samples - self._engine.block_latency_samples,
                "knobs": {knob: steps.to_data() for knob, steps in curves.items()}}  # fmt: skip
        self.moves_path.write_text(json.dumps(data, indent=1), encoding="utf-8")

    def _write(self) -> None:
        ring, channels = self._engine.recorded, self._engine.channels
        while ring.waiting:
            both = ring.take(MOST_FRAMES)
            for file, part in zip(self._files, (both[:, :channels], both[:, channels:]), strict=True):
                file.write(part)
            self.frames += len(both)
        lost = int(ring.header[LOST]) - self._lost_before
        if lost > self.lost:
            if not self.lost:
                self._said(f"{self.path.name} has gaps: the disk is slower than the sound")
            self.lost = lost
