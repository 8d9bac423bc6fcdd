"""A program: some kernels with their arenas, ready to play a stream of a fixed rate and channel count."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from . import runner
from .kernel import TILE, Kernel
from .runner import COEFFICIENT, COLUMNS, KNOB_COLUMNS, MUTED, SNAP, TARGET, VALUE

NO_EVENTS = np.zeros((0, 3))


def _empty(dtype: type) -> np.ndarray:
    return np.zeros(0, dtype)


@dataclass(frozen=True)
class Knob:
    """How the runner moves one knob: time constant of the one-pole in ms (0 jumps) and the width of its range."""

    smoothing_ms: float
    span: float


@dataclass
class Part:
    """What one effect brings into a program, for one sample rate and channel count.

    Attributes:
        kernel: the compiled function.
        knobs: in the kernel's order.
        memory, state: float64 and float32 arrays as they stand after a reset.
        weights: read-only float32.
        prewarm_samples: silence that is played, at the knobs of the moment, to reach the state after a reset.
    """

    kernel: Kernel
    knobs: Sequence[Knob] = ()
    memory: np.ndarray = field(default_factory=lambda: _empty(np.float64))
    state: np.ndarray = field(default_factory=lambda: _empty(np.float32))
    weights: np.ndarray = field(default_factory=lambda: _empty(np.float32))
    prewarm_samples: int = 0


class Program:
    """Kernels in series over four arenas (memory, state, weights, knobs) and one clock.

    `process` is one compiled call for the whole chain. Not thread-safe: its owner holds a lock.
    """

    def __init__(self, parts: Sequence[Part], sample_rate: float, channels: int) -> None:
        self.sample_rate, self.channels, self.clock = sample_rate, channels, 0
        self._parts = list(parts)
        self._table = np.zeros((len(parts), COLUMNS), np.int64)
        offsets = np.zeros(4, np.int64)
        for row, part in zip(self._table, parts, strict=True):
            sizes = (part.memory.size, part.state.size, part.weights.size, len(part.knobs))
            row[0] = part.kernel.address
            row[1:9:2], row[2:10:2] = offsets, offsets + sizes
            offsets += sizes
        knobs = [p for part in parts for p in part.knobs]
        self._knob_table = np.zeros((len(knobs), KNOB_COLUMNS))
        for row, knob in zip(self._knob_table, knobs, strict=True):
            coefficient = runner.one_pole_coefficient(knob.smoothing_ms, sample_rate)
            row[:] = 0.0, 0.0, coefficient, SNAP * knob.span
        self._knobs = np.zeros((len(knobs), TILE), np.float32)
        self._reset_memory = np.concatenate([_empty(np.float64), *(p.memory for p in parts)])
        self._reset_state = np.concatenate([_empty(np.float32), *(p.state for p in parts)])
        self._memory, self._state = self._reset_memory.copy(), self._reset_state.copy()
        self._weights = np.concatenate([_empty(np.float32), *(p.weights for p in parts)])
        self._prewarmed_at: np.ndarray | None = None

    def reset(self, targets: np.ndarray) -> None:
        """Clear all state; the knobs (float64, all parts' in order) stand at `targets` at once."""
        self._knob_table[:, VALUE] = self._knob_table[:, TARGET] = targets
        self._knobs[:] = targets[:, None]
        if self._prewarmed_at is None or not np.array_equal(self._prewarmed_at, targets):
            for row, part in zip(self._table, self._parts, strict=True):
                self._prewarm(row, part)
            self._prewarmed_at = targets.copy()
        self._memory[:], self._state[:] = self._reset_memory, self._reset_state
        self._table[:, MUTED] = 0
        self.clock = 0

    def _prewarm(self, row: np.ndarray, part: Part) -> None:
        """Play silence through one kernel alone, at its knobs of now, and keep the state it ends in."""
        tiles = -(-part.prewarm_samples // TILE)
        if tiles:
            memory, state = slice(row[1], row[2]), slice(row[3], row[4])
            self._reset_memory[memory], self._reset_state[state] = part.memory, part.state
            silence = np.zeros((self.channels, tiles * TILE), np.float32)
            self._run(silence, 0, row[None].copy(), NO_EVENTS, self._reset_memory, self._reset_state)

    def process(self, audio: np.ndarray, events: np.ndarray = NO_EVENTS) -> None:
        """Change `audio`, float32 (channels, samples) C-contiguous, in place.

        `events`: float64 rows (stream sample counted from the reset, knob index, value), sorted by sample.
        """
        self.clock = self._run(audio, self.clock, self._table, events, self._memory, self._state)

    def _run(self, audio: np.ndarray, clock: int, table: np.ndarray, events: np.ndarray,
             memory: np.ndarray, state: np.ndarray) -> int:  # fmt: skip
        return runner.run(audio, audio.view(np.int32), clock, table, self._knob_table, self._knobs, events,
                          memory, state, self._weights, self._reset_memory, self._reset_state)  # fmt: skip

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of everything that a stream leaves behind; setting them replays the same samples."""
        return {"clock": np.array(self.clock), "memory": self._memory.copy(), "state": self._state.copy(),
                "knobs": self._knob_table[:, VALUE : TARGET + 1].copy(), "muted": self._table[:, MUTED].copy(),
                "knob_tile": self._knobs.copy()}  # fmt: skip

    @arrays.setter
    def arrays(self, arrays: dict[str, np.ndarray]) -> None:
        self.clock = int(arrays["clock"])
        self._memory[:], self._state[:] = arrays["memory"], arrays["state"]
        self._knob_table[:, VALUE : TARGET + 1] = arrays["knobs"]
        self._table[:, MUTED] = arrays["muted"]
        self._knobs[:] = arrays["knob_tile"]


assert (VALUE, TARGET, COEFFICIENT) == (0, 1, 2)
