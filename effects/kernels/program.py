"""A program: some kernels with their arenas, ready to play a stream of a fixed rate and channel count."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from . import tables
from .arena import address_of, aligned, joined, lines
from .compiled_runner import functions
from .kernel import TILE
from .tables import AUDIO, CLOCK, TOTAL

LAST_EVENT = (np.inf, 0.0, 0.0)  # the row that ends every list of events
NO_EVENTS = np.array([LAST_EVENT])
NO_EVENTS_AT = NO_EVENTS.ctypes.data


def _empty(dtype: type) -> np.ndarray:
    return np.zeros(0, dtype)


@dataclass(frozen=True)
class Knob:
    """How the runner moves one knob: time constant of the one-pole in ms (0 jumps) and the width of its range."""

    smoothing_ms: float
    span: float


class Compiled(Protocol):
    """A kernel, however it was compiled."""

    @property
    def address(self) -> int:
        """Address of the function."""
        ...


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

    kernel: Compiled
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
        self._table = np.zeros((len(parts), tables.COLUMNS), np.int64)
        offsets = np.zeros(4, np.int64)
        for row, part in zip(self._table, parts, strict=True):
            sizes = np.array([part.memory.size, part.state.size, part.weights.size, len(part.knobs)])
            row[0] = part.kernel.address
            row[1:9:2], row[2:10:2] = offsets, offsets + sizes
            offsets[:3] += [lines(size) for size in sizes[:3]]
            offsets[3] += sizes[3]
        knobs = [p for part in parts for p in part.knobs]
        self._knob_table = np.zeros((len(knobs), tables.KNOB_COLUMNS))
        for row, knob in zip(self._knob_table, knobs, strict=True):
            coefficient = tables.one_pole_coefficient(knob.smoothing_ms, sample_rate)
            row[:] = 0.0, 0.0, coefficient, tables.SNAP * knob.span
        self._knobs = np.zeros((len(knobs), TILE), np.float32)
        self._reset_memory = joined(np.float64, [p.memory for p in parts])
        self._reset_state = joined(np.float32, [p.state for p in parts])
        self._weights = joined(np.float32, [p.weights for p in parts])
        self._memory, self._state = aligned(np.float64, self._reset_memory.size), aligned(np.float32, self._reset_state.size)
        self._frame = self._framed(self._table, self._memory, self._state)
        self._frame_at, self._run = self._frame.buffer_info()[0], functions().run
        self._prewarmed_at: np.ndarray | None = None

    def _framed(self, table: np.ndarray, memory: np.ndarray, state: np.ndarray) -> "array[int]":
        """Return the frame of the runner: nothing to play yet, then the addresses and sizes of all arrays."""
        knobs, arenas = self._knob_table, (memory, state, self._weights, self._reset_memory, self._reset_state)
        return array("q", [0, self.channels, 0, 0, NO_EVENTS_AT, table.ctypes.data, len(table), knobs.ctypes.data, len(knobs),
                           self._knobs.ctypes.data, *(a.ctypes.data for a in arenas)])  # fmt: skip

    def reset(self, targets: np.ndarray) -> None:
        """Clear all state; the knobs (float64, all parts' in order) stand at `targets` at once."""
        self._knob_table[:, tables.VALUE] = self._knob_table[:, tables.TARGET] = targets
        self._knobs[:] = targets[:, None]
        if self._prewarmed_at is None or not np.array_equal(self._prewarmed_at, targets):
            for row, part in zip(self._table, self._parts, strict=True):
                self._prewarm(row, part)
            self._prewarmed_at = targets.copy()
        self._memory[:], self._state[:] = self._reset_memory, self._reset_state
        self._table[:, tables.MUTED] = 0
        self.clock = self._frame[tables.CLOCK] = 0

    def memory_of(self, part: int) -> np.ndarray:
        """Return a part's float64 memory, live."""
        row = self._table[part]
        return self._memory[row[tables.MEMORY] : row[tables.MEMORY_END]]

    def take_part(self, part: int, other: "Program", theirs: int) -> None:
        """Go on from where the same part stands in another program."""
        mine, row = self._table[part], other._table[theirs]
        for live, foreign, first, last in ((self._memory, other._memory, tables.MEMORY, tables.MEMORY_END),
                                           (self._state, other._state, tables.STATE, tables.STATE_END)):  # fmt: skip
            live[mine[first] : mine[last]] = foreign[row[first] : row[last]]
        mine[tables.MUTED] = row[tables.MUTED]

    def take_knobs(self, knobs: slice, other: "Program", theirs: slice) -> None:
        """Go on with knobs from where they stand in another program, moves under way included."""
        columns = slice(tables.VALUE, tables.TARGET + 1)
        self._knob_table[knobs, columns] = other._knob_table[theirs, columns]
        self._knobs[knobs] = other._knobs[theirs]

    def part_spans(self, part: int) -> list[tuple[int, int]]:
        """Return where what a part leaves behind lies: (address, bytes); for the same part elsewhere in the same order."""
        row, table = self._table[part], self._table
        spans = [(live.ctypes.data + int(row[first]) * live.itemsize, int(row[last] - row[first]) * live.itemsize)
                 for live, first, last in ((self._memory, tables.MEMORY, tables.MEMORY_END),
                                           (self._state, tables.STATE, tables.STATE_END))]  # fmt: skip
        return [*spans, (table.ctypes.data + (part * tables.COLUMNS + tables.MUTED) * table.itemsize, table.itemsize)]

    def knob_spans(self, knob: int) -> list[tuple[int, int]]:
        """Return where a knob stands, moves under way included: (address, bytes)."""
        table, rows = self._knob_table, self._knobs
        at = table.ctypes.data + knob * table.strides[0] + tables.VALUE * table.itemsize
        return [(at, 2 * table.itemsize), (rows.ctypes.data + knob * rows.strides[0], rows.strides[0])]

    @property
    def frame_address(self) -> int:
        """Where the frame lies that the compiled runner takes; who runs it so keeps its clock."""
        return self._frame_at

    def start_at(self, clock: int) -> None:
        """Set the clock, a multiple of TILE."""
        self.clock = self._frame[tables.CLOCK] = clock

    def _prewarm(self, row: np.ndarray, part: Part) -> None:
        """Play silence through one kernel alone, at its knobs of now, and keep the state it ends in."""
        tiles = -(-part.prewarm_samples // TILE)
        if tiles and self.channels:
            memory, state = slice(row[1], row[2]), slice(row[3], row[4])
            self._reset_memory[memory], self._reset_state[state] = part.memory, part.state
            silence, table = np.zeros((self.channels, tiles * TILE), np.float32), row[None].copy()
            frame = self._framed(table, self._reset_memory, self._reset_state)
            frame[tables.AUDIO], frame[tables.TOTAL] = address_of(silence), silence.shape[1]
            functions().run(frame.buffer_info()[0])

    def process(self, audio: np.ndarray, events: np.ndarray = NO_EVENTS) -> None:
        """Change `audio`, float32 (channels, samples) C-contiguous, in place.

        `events`: float64 rows (stream sample counted from the reset, knob index, value), sorted by sample, then
        LAST_EVENT.
        """
        if audio.size:
            self._frame[tables.EVENTS] = NO_EVENTS_AT if events is NO_EVENTS else address_of(events)
            self.process_at(address_of(audio), audio.shape[1])
            self._frame[tables.EVENTS] = NO_EVENTS_AT

    def process_at(self, address: int, samples: int) -> None:
        """Change the audio that lies at an address, as `process` does, without events; `samples` of each channel."""
        frame = self._frame
        frame[AUDIO], frame[TOTAL] = address, samples
        self.clock = frame[CLOCK] = self._run(self._frame_at)

    def process_blocks(self, audio: np.ndarray, block: int) -> None:
        """Change `audio` in place, played block by block in compiled code; a last part of a block is left alone."""
        buffer = aligned(np.float32, self.channels * block)
        self._frame[tables.AUDIO], self._frame[tables.TOTAL] = address_of(audio), audio.shape[1]
        self.clock = self._frame[tables.CLOCK] = functions().run_blocks(self._frame_at, buffer.ctypes.data, block)

    @property
    def weight_bytes(self) -> int:
        """Bytes of weights."""
        return sum(int(part.weights.nbytes) for part in self._parts)

    @property
    def state_bytes(self) -> int:
        """Bytes of state and memory."""
        return sum(int(part.state.nbytes + part.memory.nbytes) for part in self._parts)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Copies of everything that a stream leaves behind; setting them replays the same samples."""
        knobs, muted = self._knob_table[:, tables.VALUE : tables.TARGET + 1], self._table[:, tables.MUTED]
        return {"clock": np.array(self.clock), "memory": self._memory.copy(), "state": self._state.copy(),
                "knobs": knobs.copy(), "muted": muted.copy(), "knob_tile": self._knobs.copy()}  # fmt: skip

    @arrays.setter
    def arrays(self, arrays: dict[str, np.ndarray]) -> None:
        self.clock = self._frame[tables.CLOCK] = int(arrays["clock"])
        self._memory[:], self._state[:] = arrays["memory"], arrays["state"]
        self._knob_table[:, tables.VALUE : tables.TARGET + 1] = arrays["knobs"]
        self._table[:, tables.MUTED] = arrays["muted"]
        self._knobs[:] = arrays["knob_tile"]
