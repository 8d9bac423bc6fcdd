"""Noise for kernels: a hash of the clock, so that it is the same after every reset and however time was cut."""

import numpy as np

from .kernel import helper

HALF = np.float32(0.5)
GRAIN_24, GRAIN_16 = np.float32(2.0**-24), np.float32(2.0**-16)


@helper
def random_bits(clock, channel):
    """Return 32 random bits of a sample; `clock` and `channel` are whole numbers.

    The mixer is C. Wellons' "lowbias32" (Hash Prospector, 2018); before it the clock's high word and the channel are
    spread by odd constants.
    """
    h = np.uint32(clock) + np.uint32(np.uint32(clock >> 32) * np.uint32(0x9E3779B9)) + np.uint32(channel * 0x85EBCA6B)
    h = np.uint32(h)
    h = np.uint32(h ^ (h >> np.uint32(16)))
    h = np.uint32(h * np.uint32(0x7FEB352D))
    h = np.uint32(h ^ (h >> np.uint32(15)))
    h = np.uint32(h * np.uint32(0x846CA68B))
    return np.uint32(h ^ (h >> np.uint32(16)))


@helper
def rectangular(bits):
    """Return a number spread evenly over -0.5 to 0.5, float32."""
    return np.float32(bits >> np.uint32(8)) * GRAIN_24 - HALF


@helper
def triangular(bits):
    """Return the sum of two even ones: -1 to 1, most often near 0, float32."""
    return (np.float32(bits & np.uint32(0xFFFF)) - np.float32(bits >> np.uint32(16))) * GRAIN_16
