"""Oversampling inside a kernel: a signal at 2, 4 or 8 times the host's rate as that many rows at the host's rate.

Sample f of the fast signal lies in row f mod factor, column f div factor. So every sum runs over host samples, a vector of
them at a time, a curve without memory is applied to each row on its own, and a delay is nothing but another place to read
from. Doubling a rate adds the rows in between (a polyphase filter), halving it makes every second row of all.

This is the plan of it; `oversampler` emits the code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from .arena import lines
from .kernel import TILE
from .oversampling_filters import down_filter, up_filter

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
        """Return the row `samples` earlier; the buffer's history grows for a reader of `span` samples from there back."""
        row = Row(self.buffer, self.back + samples)
        self.buffer.history = max(self.buffer.history, lines(row.back + span - 1))
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


class Oversampling:
    """The plan for one factor: rows, sums and weights.

    Attributes:
        factor: 1, 2, 4 or 8.
        latency_samples: from the input to `wet`, in host samples, whole at every factor.
        source: the input.
        up_sums, down_sums: what is summed, in order, to raise and to lower the rate.
        fast, shaped: `factor` rows each: what the curve reads and what it writes.
        dry, wet: the input, as late as the output, and the output.
        weights: float32, for the kernel's `weights`.
        buffers: all of them, `channel_size` floats of state a channel.
    """

    def __init__(self, factor: int) -> None:
        rates = [2**k for k in range(1, factor.bit_length())]
        ups, downs = [up_filter(rate) for rate in rates], [down_filter(rate) for rate in rates]
        # a filter of n taps is (n - 1) / 2 samples late, at the rate it leads to or comes from
        late = sum((len(u) + len(d) - 2) // 2 * factor // rate for u, d, rate in zip(ups, downs, rates, strict=True))
        padding = -late % factor
        self.factor, self.latency_samples = factor, (late + padding) // factor
        self.up_sums: list[Sum] = []
        self.down_sums: list[Sum] = []
        self._weights: list[float] = []
        self.source = Row(Buffer())
        self.dry = self.source.ago(self.latency_samples)
        self.fast = [self.source]
        for taps in ups:
            self.fast = self._doubled(self.fast, 2.0 * taps)
        self.shaped = [Row(Buffer()) for _ in self.fast]
        slower = self._later(self.shaped, padding)
        for taps in reversed(downs):
            slower = self._halved(slower, taps)
        (self.wet,) = slower
        rows = [self.source, *(s.out for s in self.up_sums), *self.shaped, *(s.out for s in self.down_sums)]
        self.buffers, self.channel_size = [row.buffer for row in rows], 0
        for buffer in self.buffers:
            buffer.offset = self.channel_size
            self.channel_size += buffer.size
        self.weights = np.array(self._weights, np.float32)

    def _later(self, rows: list[Row], samples: int) -> list[Row]:
        """Return the rows of a signal that many of its own samples later."""
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
