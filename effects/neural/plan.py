"""A plan: the steps that play a net over a tile, the rows of samples between them, and their packed weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..kernels.arena import LINE, lines
from ..kernels.kernel import TILE

LARGEST_STATE = 2**28  # floats


def filled(values: np.ndarray, count: int) -> np.ndarray:
    """Return `values` in float32, filled up with zeros to `count`."""
    full = np.zeros(count, np.float32)
    full[: np.size(values)] = np.ravel(values)
    return full


@dataclass(eq=False)
class Buffer:
    """Rows of samples: those of the tile, and `history` samples before them where a later step looks back.

    With history, rows are written forward through `room` samples and moved back when it is used up; buffers
    take turns (`phase`), so that no tile moves them all. Without, it is scratch that other steps use again.
    """

    rows: int
    history: int = 0
    allocated: int = 0
    offset: int = -1
    phase: int = 0

    def __post_init__(self) -> None:
        self.allocated = max(self.allocated, self.rows)

    def look_back(self, samples: int) -> "Buffer":
        """Keep at least `samples` before now."""
        self.history = max(self.history, samples)
        return self

    @property
    def room(self) -> int:
        """Samples that are written before the rows are moved back."""
        return min(max(TILE, 1 << (self.history - 1).bit_length()), 1024) if self.history else TILE

    @property
    def stride(self) -> int:
        """Floats from row to row: an odd number of cache lines, so that rows do not fight for cache sets."""
        used = self.history + self.room + TILE if self.history else TILE
        return (lines(used) // LINE | 1) * LINE

    @property
    def size(self) -> int:
        """Floats of all rows."""
        return self.allocated * self.stride


class Step:
    """One thing done to a tile. Subclasses emit a function for their `shape`; equal shapes share one function."""

    reads: Sequence[Buffer] = ()
    writes: Sequence[Buffer] = ()

    def shape(self) -> tuple[Any, ...]:
        """Return everything the code depends on; what differs between equal shapes is passed at run time."""
        raise NotImplementedError

    def operands(self) -> list["Operand"]:
        """Return what is passed at run time."""
        raise NotImplementedError

    def define(self, code: Any, frames: Any, column: Any, operands: list[Any]) -> None:
        """Emit the function's body. `frames` of the tile from its `column` on; operands as passed."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rows:
    """Operand: rows of a buffer, from `row` on, `back` samples before now; passed as pointer and stride."""

    buffer: Buffer
    back: int = 0
    row: int = 0


@dataclass(frozen=True)
class Weights:
    """Operand: a place in the packed weights."""

    offset: int


@dataclass(frozen=True)
class Shared:
    """Operand: a place in the state that all channels share."""

    offset: int


@dataclass(frozen=True)
class Cell:
    """Operand: a place in a channel's own state that is not rows of samples."""

    offset: int


@dataclass(frozen=True)
class Doubles:
    """Operand: a place in a channel's own float64 memory."""

    offset: int


@dataclass(frozen=True)
class Clock:
    """Operand: samples since the state began, silence before the start included, at this call's first."""


@dataclass(frozen=True)
class Settling:
    """Operand: how many of those samples are silence in which states take, at each tile, what it would bring them to."""


@dataclass(frozen=True)
class Knobs:
    """Operand: the knobs' smoothed positions at this call's first sample; passed as pointer and stride."""


Operand = Rows | Weights | Shared | Cell | Doubles | Clock | Settling | Knobs | int


@dataclass
class Plan:
    """What lowering collects, and where everything lies once placed."""

    input_rows: int
    steps: list[Step] = field(default_factory=list)
    source: Buffer = field(init=False)
    sink: Buffer = field(init=False)
    film_values: int = 0
    shared_size: int = 0
    channel_size: int = 0
    memory_size: int = 0
    silence_samples: int = 0
    settles: bool = False
    _weights: list[np.ndarray] = field(default_factory=list)
    _weight_size: int = 0
    _cells: list[tuple[int, np.ndarray]] = field(default_factory=list)
    _cell_size: int = 0

    def __post_init__(self) -> None:
        self.source = Buffer(self.input_rows)

    def pack(self, values: np.ndarray) -> int:
        """Append weights, from a cache line on; return their offset."""
        offset = self._weight_size
        flat = filled(values, lines(np.size(values)))
        self._weights.append(flat)
        self._weight_size += flat.size
        return offset

    def share(self, count: int) -> int:
        """Reserve floats that all channels share; return their offset."""
        offset = self.shared_size
        self.shared_size += lines(count)
        return offset

    def cell(self, values: np.ndarray) -> int:
        """Reserve floats of each channel that start as `values`; return their offset."""
        offset = self._cell_size
        self._cells.append((offset, np.asarray(values, np.float32)))
        self._cell_size += lines(np.size(values))
        return offset

    def remember(self, count: int) -> int:
        """Reserve float64 of each channel, zero at the start; return their offset."""
        offset = self.memory_size
        self.memory_size += lines(count)
        return offset

    def add(self, step: Step) -> None:
        """Append a step."""
        self.steps.append(step)

    def place(self) -> None:
        """Give every buffer its place: rows with history a channel each, scratch in what is free at that step."""
        buffers = [self.source, *(b for s in self.steps for b in (*s.reads, *s.writes)), self.sink]
        unique = list(dict.fromkeys(buffers))
        kept = [b for b in unique if b.history]
        at = self._cell_size
        for i, buffer in enumerate(kept):
            buffer.offset, buffer.phase = at, i * TILE % buffer.room
            at += buffer.size
        self.channel_size = at
        self._place_scratch([b for b in unique if not b.history])
        size = self.channel_size + self.shared_size + 2 * self.memory_size
        if size > LARGEST_STATE:
            raise InvalidValue(f"layers: playing this net needs {4 * size / 2**30:.1f} GiB of state, "
                               f"{4 * LARGEST_STATE / 2**30:g} are allowed")  # fmt: skip

    def _place_scratch(self, buffers: list[Buffer]) -> None:
        uses = {b: [i for i, s in enumerate(self.steps) if b in s.reads or b in s.writes] for b in buffers}
        first = {b: min(u, default=0) for b, u in uses.items()} | {self.source: -1}
        last = {b: max(u, default=0) for b, u in uses.items()} | {self.sink: len(self.steps)}
        base, top, live = self.shared_size, self.shared_size, []
        for buffer in sorted(buffers, key=lambda b: first[b]):
            live = [b for b in live if last[b] >= first[buffer]]
            at = base
            for other in sorted(live, key=lambda b: b.offset):
                if at + buffer.size <= other.offset:
                    break
                at = max(at, other.offset + other.size)
            buffer.offset = at
            top = max(top, at + buffer.size)
            live.append(buffer)
        self.shared_size = top

    @property
    def weights(self) -> np.ndarray:
        """All packed weights, float32."""
        return np.concatenate([np.zeros(0, np.float32), *self._weights])

    def state(self, channels: int) -> np.ndarray:
        """Return the state after a reset: what is shared, then each channel's."""
        own = np.zeros(self.channel_size, np.float32)
        for offset, values in self._cells:
            own[offset : offset + values.size] = values
        return np.concatenate([np.zeros(self.shared_size, np.float32), *[own] * channels])
