"""Oversampling inside a kernel: a signal at 2, 4 or 8 times the host's rate as that many rows at the host's rate.

Sample f of the fast signal lies in row f mod factor, column f div factor. So every sum runs over host samples, a vector of
them at a time, a curve without memory is applied to each row on its own, and a delay is nothing but another place to read
from. Doubling a rate adds the rows in between (a polyphase filter), halving it makes every second row of all.

A kernel emits, for each channel: `take`, `raise_rate`, its curve over `fast` into `shaped`, `lower_rate`; then the pointers
of `dry` and `wet` stand at this call's first sample. Scratch and history are `channel_size` floats of state a channel.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from .code import Code, Value, whole
from .kernel import TILE
from .oversampling_filters import down_filter, up_filter

LINE = 16  # floats; histories begin on a cache line
TOGETHER = 4  # vectors that share a tap: none waits for another's sum
UNROLLED = 6  # taps
FACTORS = (1, 2, 4, 8)


@dataclass(eq=False)
class Buffer:
    """A row of state: `history` samples of the past, the tile, and room for what vectors write beyond it."""

    history: int = 0
    offset: int = 0

    @property
    def size(self) -> int:
        """Floats."""
        return self.history + 2 * TILE


@dataclass(frozen=True)
class Row:
    """A buffer as it was `back` host samples ago."""

    buffer: Buffer
    back: int = 0

    def ago(self, samples: int, span: int = 1) -> "Row":
        """Return the row `samples` earlier, of which `span` samples back to back into the past are read."""
        row = Row(self.buffer, self.back + samples)
        self.buffer.history = max(self.buffer.history, -(-(row.back + span - 1) // LINE) * LINE)
        return row


@dataclass(frozen=True)
class Run:
    """A part of a sum: weights[first + j] times the row j samples earlier, over j below count.

    `mirrored`: the second half of the weights is the first, backwards.
    """

    row: Row
    first: int
    count: int
    mirrored: bool


@dataclass(frozen=True)
class Sum:
    """One output row and the runs that make it."""

    out: Row
    runs: tuple[Run, ...]


@dataclass
class Oversampling:
    """The plan for one factor: rows, sums and weights.

    Attributes:
        factor: 1, 2, 4 or 8.
        latency_samples: from `take` to `wet`, in host samples, whole at every factor.
        fast, shaped: `factor` rows each: what the curve reads and what it writes.
        dry, wet: the input, as late as the output, and the output.
        weights: float32, for the kernel's `weights`.
        channel_size: floats of state a channel.
    """

    factor: int
    latency_samples: int = field(init=False)
    _weights: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        rates = [2**k for k in range(1, self.factor.bit_length())]
        ups, downs = [up_filter(r) for r in rates], [down_filter(r) for r in rates]
        delays = (
            (len(up) + len(down)) // 2 - 1
            for up, down in zip(ups, downs, strict=True)  # in samples of the rate they lead to
        )
        fast_delay = sum(delay * self.factor // rate for delay, rate in zip(delays, rates, strict=True))
        padding = -fast_delay % self.factor
        self.latency_samples = (fast_delay + padding) // self.factor
        self.up_sums: list[Sum] = []
        self.down_sums: list[Sum] = []
        source = Row(Buffer())
        self.dry = source.ago(self.latency_samples)
        self.fast = [source]
        for taps in ups:
            self.fast = self._doubled(self.fast, 2.0 * taps)
        self.shaped = [Row(Buffer()) for _ in self.fast]
        slower = self._later(self.shaped, padding)
        for taps in reversed(downs):
            slower = self._halved(slower, taps)
        self.source, (self.wet,) = source, slower
        self.buffers = [source.buffer, *(s.out.buffer for s in self.up_sums), *(r.buffer for r in self.shaped),
                        *(s.out.buffer for s in self.down_sums)]  # fmt: skip
        for before, buffer in zip(self.buffers, self.buffers[1:], strict=False):
            buffer.offset = before.offset + before.size
        self.channel_size = self.buffers[-1].offset + self.buffers[-1].size
        self.weights = np.array(self._weights, np.float32)

    def _later(self, rows: list[Row], samples: int) -> list[Row]:
        return [rows[(r - samples) % len(rows)].ago(-((r - samples) // len(rows))) for r in range(len(rows))]

    def _doubled(self, rows: list[Row], taps: np.ndarray) -> list[Row]:
        """Return the rows at twice the rate."""
        return [self._sum(rows, [((m - k) // 2, w) for k, w in enumerate(taps) if (m - k) % 2 == 0], self.up_sums)
                for m in range(2 * len(rows))]  # fmt: skip

    def _halved(self, rows: list[Row], taps: np.ndarray) -> list[Row]:
        """Return the rows at half the rate."""
        return [self._sum(rows, [(2 * m - k, w) for k, w in enumerate(taps)], self.down_sums) for m in range(len(rows) // 2)]

    def _sum(self, rows: list[Row], terms: Sequence[tuple[int, float]], sums: list[Sum]) -> Row:
        """Return the row of a weighted sum over samples, counted from the host sample of now; one as it is needs no sum."""
        found: dict[int, dict[int, float]] = {}
        for sample, weight in terms:
            if weight:
                found.setdefault(sample % len(rows), {})[-(sample // len(rows))] = float(weight)
        if [list(r.values()) for r in found.values()] == [[1.0]]:
            ((row, run),) = found.items()
            return rows[row].ago(*run)
        runs = []
        for row, run in found.items():
            start, count = min(run), len(run)
            weights = [run[start + j] for j in range(count)]
            runs.append(Run(rows[row].ago(start, count), len(self._weights), count, count > 1 and weights == weights[::-1]))
            self._weights += weights
        sums.append(Sum(Row(Buffer()), tuple(runs)))
        return sums[-1].out


@cache
def oversampling(factor: int) -> Oversampling:
    """Return the plan for 1, 2, 4 or 8 times the host's rate."""
    if factor not in FACTORS:
        raise ValueError(f"oversampling by {factor}: it is one of {', '.join(map(str, FACTORS))}")
    return Oversampling(factor)


class Oversampler:
    """Emits a plan for the channel whose state begins at `channel`; `column` is the place in the tile."""

    def __init__(self, code: Code, plan: Oversampling, channel: Value, weights: Value, frames: Value, column: Value) -> None:
        self.code, self.plan, self.channel, self.weights = code, plan, channel, weights
        self.frames, self.column = frames, column

    def pointer(self, row: Row) -> Value:
        """Return where a row's sample of the call's first column lies."""
        buffer = row.buffer
        return self.code.at(self.channel, buffer.offset + buffer.history - row.back, self.column)

    def take(self, audio: Value) -> None:
        """Read this call's samples; where a tile begins, first move every history to its place."""
        code = self.code
        begins = code.builder.icmp_signed("==", self.column, whole(0))
        code.when(begins, self._move_back)
        source, single = self.pointer(self.plan.source), code.narrow(1)
        code.loop(self.frames, (), lambda i: single.store(single.load(code.at(audio, i)), code.at(source, i)))

    def _move_back(self) -> None:
        code = self.code
        for buffer in self.plan.buffers:
            start = code.at(self.channel, buffer.offset)
            for j in range(0, buffer.history, code.lanes):
                code.store(code.load(code.at(start, j + TILE)), code.at(start, j))

    def raise_rate(self) -> None:
        """Fill the rows of `fast`."""
        for each in self.plan.up_sums:
            self._emit_sum(each)

    def lower_rate(self) -> None:
        """Fill `wet` from the rows of `shaped`."""
        for each in self.plan.down_sums:
            self._emit_sum(each)

    def curve(self, apply: Callable[[Value, Value], Value]) -> None:
        """Fill `shaped` with apply(vector of `fast`, index of its first sample in the call)."""
        code = self.code
        pairs = [(self.pointer(a), self.pointer(b)) for a, b in zip(self.plan.fast, self.plan.shaped, strict=True)]

        def vector(i: Value) -> None:
            for source, out in pairs:
                code.store(apply(code.load(code.at(source, i)), i), code.at(out, i))

        code.loop(self.frames, (), vector, step=code.lanes)

    def _emit_sum(self, each: Sum) -> None:
        """Emit a sum over whole vectors; what lies beyond `frames` is written again before it is read."""
        code, out = self.code, self.pointer(each.out)
        runs = [(self.pointer(run.row), code.at(self.weights, run.first), run) for run in each.runs]

        def over(vectors: int) -> Callable[[Value], None]:
            def columns(i: Value) -> None:
                totals = [code.real(0.0)] * vectors
                for source, weights, run in runs:
                    totals = self._run(code.at(source, i), weights, run, totals)
                for v, total in enumerate(totals):
                    code.store(total, code.at(out, i, v * code.lanes))

            return columns

        if max(run.count for run in each.runs) <= UNROLLED:
            code.loop(self.frames, (), over(1), step=code.lanes)
            return
        with code.builder.if_else(code.builder.icmp_signed(">", self.frames, whole(code.lanes))) as (many, few):
            with many:
                code.loop(self.frames, (), over(TOGETHER), step=TOGETHER * code.lanes)
            with few:
                over(1)(whole(0))

    def _run(self, source: Value, weights: Value, run: Run, totals: list[Value]) -> list[Value]:
        """Add a run to `totals`, two taps at a time where they mirror each other.

        Taps a whole number of vectors apart read what others have read, one vector on: that is kept in registers.
        """
        code, lanes = self.code, self.code.lanes
        taps = run.count // 2 if run.mirrored else run.count
        strides = taps // lanes if run.count > UNROLLED else 0

        def read(back: int | Value, vector: int) -> Value:
            return code.load(code.at(source, code.builder.sub(whole(vector * lanes), whole(back))))

        def mirror(back: int | Value) -> Value:
            return code.builder.sub(whole(run.count - 1), whole(back))

        def add(back: int | Value, near: list[Value], far: list[Value], sums: list[Value]) -> list[Value]:
            weight = code.spread(code.at(weights, back))
            both = [code.builder.fadd(x, y) for x, y in zip(near, far, strict=True)] if far else near
            return [code.multiply_add(weight, x, total) for x, total in zip(both, sums, strict=True)]

        def strided(j: Value, *totals: Value) -> list[Value]:
            sums, vectors = list(totals), range(len(totals))
            near = [read(j, v) for v in vectors]
            far = [read(mirror(j), v) for v in vectors] if run.mirrored else []
            for stride in range(strides):
                sums = add(code.add(j, stride * lanes), near, far, sums)
                near = [read(j, -stride - 1), *near[:-1]]
                far = [*far[1:], read(mirror(j), stride + len(vectors))] if far else far
            return sums

        if strides:
            totals = code.loop(lanes, totals, strided)
        for j in range(strides * lanes, taps):
            near = [read(j, v) for v in range(len(totals))]
            totals = add(j, near, [read(mirror(j), v) for v in range(len(totals))] if run.mirrored else [], totals)
        if run.mirrored and run.count % 2:
            totals = add(taps, [read(taps, v) for v in range(len(totals))], [], totals)
        return totals
