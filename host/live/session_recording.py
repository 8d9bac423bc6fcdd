"""What a session records."""

from collections.abc import Callable
from pathlib import Path

from ...models.errors import InvalidValue
from .engine import Engine
from .moves import Moves
from .recording import Recording


class Recorded:
    """The part of a session that records."""

    engine: Engine
    moves: Moves
    say: Callable[[str], None]
    _recording: Recording | None = None

    def record(self, path: str | Path) -> None:
        """Record from now on: what is heard into `path` (.wav, 32-bit float), what came in beside it as `…_dry.wav`.

        Both begin at the same moment; what is heard lags by the latency of what plays (`statistics.latency_ms`). What the
        knobs did meanwhile goes to `…_moves.json`.

        Raises:
            InvalidValue: a recording runs, or another suffix. FileProblem: it cannot be written there.
        """
        if self._recording:
            raise InvalidValue(f"a recording runs already, into {self._recording.path}; stop_recording() ends it")
        self._recording = Recording(self.engine, self.moves, Path(path), self.say)

    def stop_recording(self) -> Path | None:
        """End the recording; return where it is, None where none runs."""
        recording, self._recording = self._recording, None
        return recording.stop() if recording else None

    @property
    def recording(self) -> Path | None:
        """Where what is heard is being recorded."""
        return self._recording.path if self._recording and self._recording.running else None

    @property
    def recorded_seconds(self) -> float:
        """Length of the recording so far."""
        return self._recording.frames / self.engine.sample_rate if self._recording else 0.0
