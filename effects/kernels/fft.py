"""Fast Fourier transforms for partitioned convolution: their maths, and the tables that the code of fft_code.py reads.

A block of real input and the block before it, 2 N samples, are turned into the N values of their spectrum at the odd
frequencies (4 j + 1) / 4 N of the sample rate. Products of such spectra convolve with the sign turned at every lap:
what wraps around falls on the first N samples, the last N are the linear convolution that is wanted. Real input so
becomes one complex transform of N points and nothing else:

    z[n] = (before[n] - i now[n]) t[n],   t[n] = exp(-i pi n / 2 N),   spectrum = DFT of z
    now's output[n] = -imag(conj(t[n]) IDFT of (spectrum · response)[n])

A product does not care for the order of frequencies, so the transform leaves them as they fall (`order`): radix passes
over rows of `lanes` samples, then groups of lanes x lanes samples, transposed in registers.

Spectra lie in slices of SLICE frequencies, real parts and then imaginary parts: a slice is a tile's worth of products.

Source of the maths: R. Crandall and B. Fagin, "Discrete weighted transforms and large-integer arithmetic",
Mathematics of Computation 62, 1994 (right-angle convolution); M. Pease, "An adaptation of the fast Fourier transform for
parallel processing", J. ACM 15, 1968.
"""

from functools import cache

import numpy as np

SLICE = 64
WIDEST = 8  # lanes: groups of 8 x 8 values fit into registers


def lanes_of(machine_lanes: int) -> int:
    """Return the lanes that transforms use on a machine."""
    return min(machine_lanes, WIDEST)


class Fourier:
    """A transform of `size` points (a power of two from SLICE on) on vectors of `lanes` (4 or 8): tables and order."""

    def __init__(self, size: int, lanes: int) -> None:
        self.size, self.lanes, self.rows = size, lanes, size // lanes
        self.passes = _passes(self.rows, lanes)
        turns = [[m * j / span for j in range(span // radix) for m in range(1, radix)] for span, radix in self.passes]
        row_frequency = _falls(self.rows, [radix for _, radix in self.passes] + [lanes])
        inside = np.arange(lanes) * row_frequency[:, None] / size  # lane · frequency, row by row
        steps = np.arange(size) / (4 * size)
        parts = [_split(steps), np.stack([_split(row) for row in inside]), *(np.ravel(_split(t).T) for t in turns)]
        places = np.cumsum([0, *(part.size for part in parts)])
        self.lane_turns, self.pass_turns = int(places[1]), [int(p) for p in places[2:-1]]
        self.tables = np.concatenate([part.ravel() for part in parts]).astype(np.float32)
        by_group = row_frequency.reshape(-1, 1, lanes) + self.rows * np.arange(lanes)[:, None]
        self.order = by_group.ravel()

    def spectra(self, taps: np.ndarray) -> np.ndarray:
        """Return responses as the products want them, 1 / size included: (…, size) to (…, slices, 2, SLICE) float32."""
        steps = np.exp(-0.5j * np.pi * np.arange(self.size) / self.size)
        bins = np.fft.fft(taps.astype(np.float64) * steps, axis=-1)[..., self.order] / self.size
        slices = bins.reshape(*taps.shape[:-1], self.size // SLICE, SLICE)
        return np.stack([slices.real, slices.imag], axis=-2).astype(np.float32)


@cache
def fourier(size: int, lanes: int) -> Fourier:
    """Return the transform of `size` points; its tables are made once."""
    return Fourier(size, lanes)


def _passes(rows: int, lanes: int) -> list[tuple[int, int]]:
    """Return (rows spanned, radix) of the passes before the last: radix 8 at most, as even as they come."""
    bits = (rows // lanes).bit_length() - 1
    count, passes = -(-bits // 3), []
    for left in range(count, 0, -1):
        radix = 1 << -(-bits // left)
        passes.append((rows, radix))
        rows, bits = rows // radix, bits - -(-bits // left)
    return passes


def _falls(rows: int, radices: list[int]) -> np.ndarray:
    """Return the frequency that decimation in frequency leaves in each row."""
    if not radices:
        return np.zeros(1, int)
    below = _falls(rows // radices[0], radices[1:])
    return (np.arange(radices[0])[:, None] + radices[0] * below).ravel()


def _split(turns: np.ndarray | list[float]) -> np.ndarray:
    """Return the real and the imaginary parts of exp(-2 pi i turns) as two rows."""
    angles = -2.0 * np.pi * np.asarray(turns)
    return np.stack([np.cos(angles), np.sin(angles)])
