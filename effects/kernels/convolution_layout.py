"""Where everything lies that a partitioned convolution works on."""

from collections.abc import Sequence

import numpy as np

from .fft import SLICE, fourier
from .kernel import TILE

BIN = 2 * SLICE  # floats of a slice: real and imaginary parts
COUNTER = 0  # place in memory: samples since the state began
# The weights begin with whole numbers, offsets and sizes counted in TILE floats (so that float32 holds them exactly): a
# channel's state, the step from one response to the next, then for each level its partitions, and where its past
# spectra (in the channel's state) and its response (in the response) begin.
CHANNEL_SIZE, RESPONSE_SIZE, LEVELS = range(3)
PARTITIONS, PAST, RESPONSE, PER_LEVEL = range(4)


def partitions(length: int, sizes: Sequence[int]) -> list[int]:
    """Return how many partitions of each size follow the head: those of a level from twice its size on."""
    ends = [2 * size for size in sizes[1:]] + [max(length, TILE)]
    starts = [TILE, *ends[:-1]]
    return [max(0, -(-(min(end, length) - start) // size)) for start, end, size in zip(starts, ends, sizes, strict=True)]


class Layout:
    """Places, in floats, for levels of these sizes whose transforms use vectors of `lanes`.

    Attributes:
        tables: of the transforms; they follow the header in the weights, from `tables_at` on.
        table_places: where each transform's begin in them.
        responses: where the responses begin in the weights: each a head of TILE taps, then its levels.
        ring: samples of input kept in a channel's state, behind a copy of the TILE before the ring begins anew.
        tail: what the partitions add to this tile (vectors may read past its end).
        sums: of each level, 2 x size floats of the spectrum that is being summed up, then the block that is played.
        fixed: floats of a channel's state before the past spectra.
        work, row, shared: in the state, for all channels: a transform's scratch, a tile of output, and their end.
    """

    def __init__(self, sizes: tuple[int, ...], lanes: int) -> None:
        self.sizes, self.transforms = sizes, [fourier(size, lanes) for size in sizes]
        self.tables = np.concatenate([t.tables for t in self.transforms])
        self.table_places = np.cumsum([0, *(t.tables.size for t in self.transforms)]).tolist()
        self.tables_at = -(-(LEVELS + PER_LEVEL * len(sizes)) // TILE) * TILE
        self.responses = self.tables_at + self.tables.size
        self.ring = 2 * sizes[-1]
        self.tail = TILE + self.ring + TILE
        self.sums, at = [], self.tail + 2 * TILE
        for size in sizes:
            self.sums.append(at)
            at += 3 * size
        self.fixed = at
        self.work, self.row = 0, 2 * sizes[-1]
        self.shared = self.row + 2 * TILE

    def arenas(self, taps: np.ndarray, channels: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (state, weights) for responses (1 or `channels`, samples)."""
        counts = partitions(taps.shape[1], self.sizes)
        responses, places = self._packed(taps, counts)
        size, past = self.fixed, []
        for level, count in zip(self.sizes, counts, strict=True):
            past.append(size)
            size += 2 * level * count
        step = responses.shape[1] if len(taps) > 1 else 0
        header = np.zeros(self.tables_at, np.float32)
        header[:LEVELS] = size // TILE, step // TILE
        for level, (count, *offsets) in enumerate(zip(counts, past, places, strict=True)):
            at = LEVELS + PER_LEVEL * level
            header[at : at + PER_LEVEL] = count, *(offset // TILE for offset in offsets)
        state = np.zeros(self.shared + channels * size, np.float32)
        return state, np.concatenate([header, self.tables, responses.ravel()])

    def _packed(self, taps: np.ndarray, counts: list[int]) -> tuple[np.ndarray, list[int]]:
        """Return (head and spectra of each response, float32 (responses, floats); where each level begins in a row)."""
        responses, length = taps.shape
        full = np.zeros((responses, TILE + sum(c * s for c, s in zip(counts, self.sizes, strict=True))), np.float32)
        full[:, :length] = taps
        rows, places, at = [full[:, :TILE]], [], TILE
        for transform, size, count in zip(self.transforms, self.sizes, counts, strict=True):
            places.append(sum(row.shape[1] for row in rows))
            spectra = transform.spectra(full[:, at : at + count * size].reshape(responses, count, size))
            rows.append(spectra.swapaxes(1, 2).reshape(responses, -1))  # slice by slice: its partitions side by side
            at += count * size
        return np.concatenate(rows, axis=1), places
