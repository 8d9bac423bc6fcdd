"""Convolution with no latency: the head tap by tap, everything behind it in partitions that grow.

A response of n taps is cut into TILE taps, played as they are; partitions of TILE from tap TILE on; and levels of
larger partitions, each from twice its size on. At the end of a tile the smallest partitions are worked out at once.
A larger level has the time of a whole partition until its result is wanted: it transforms its input at the start of
one, multiplies one slice of the frequencies in each tile, all partitions of it with the sums in registers, and
transforms back in the last tile. So no tile has much more to do than another.

Source of the maths: W. G. Gardner, "Efficient Convolution without Input-Output Delay", J. AES 43(3), 1995;
G. García, "Optimal Filter Partition for Efficient Convolution with Short Input/Output Delay", AES 113, 2002.
"""

from functools import cache

import numpy as np

from .convolution_code import module
from .convolution_layout import Layout
from .fft import lanes_of
from .kernel import TILE
from .machine import host
from .native import NativeKernel
from .program import Part

LADDER = {TILE: 0, 512: 1500, 4096: 16000, 32768: 240000}  # size of partitions: taps from which it is worth a level


def convolution_part(taps: np.ndarray, channels: int) -> Part:
    """Return the part that convolves `channels` rows of audio, in place.

    Args:
        taps: float32 (responses, samples): one for all channels, or one for each.
        channels: rows of audio.
    """
    sizes, lanes = level_sizes(taps.shape[1]), lanes_of(host().lanes)
    state, weights = Layout(sizes, lanes).arenas(taps, channels)
    return Part(kernel(sizes), (), np.zeros(1), state, weights)


def level_sizes(length: int) -> tuple[int, ...]:
    """Return the sizes of partitions, growing, for a response of `length` taps."""
    return tuple(size for size, worth in LADDER.items() if length >= worth)


@cache
def kernel(sizes: tuple[int, ...]) -> NativeKernel:
    """Return the kernel for levels of these sizes."""
    return NativeKernel(f"convolution {sizes}", lambda machine: module(sizes, machine))
