"""Ring: frames of audio from one thread to another without a lock, late ones replaced by a fade and dropped later.

A ring is a header, int64, and frames, float32 (capacity, channels). One thread pushes, one pulls. `pull` never waits: where
frames have not come, the last one is held and faded out within FADE_FRAMES, what is owed is counted, and when it comes it is
dropped, so that the delay through the ring stays what it was (the scheme of anira's session, measured in frames).
"""

import numpy as np

from ....models.errors import InvalidValue
from .compiled import CACHE_LINE, carray, compiled, load, pointer, store
from .desk import room

HEAD, TAIL = 0, CACHE_LINE  # frames ever pushed; frames ever taken or dropped
OWED = 2 * CACHE_LINE  # what follows is the puller's: frames that came too late and are to be dropped
GAPS, MISSED, LEVEL, FALLING = range(OWED + 1, OWED + 5)  # times it ran dry, frames it lacked, the fade
LOST = 3 * CACHE_LINE  # the pusher's: frames that found no room
CAPACITY, CHANNELS, FRAMES_AT, HELD_AT, HEADER = range(4 * CACHE_LINE, 4 * CACHE_LINE + 5)
FADE_FRAMES = 64


class Ring:
    """Frames between two threads.

    Args:
        channels: floats a frame.
        capacity: frames it holds, a power of two.
        filled: frames of silence that lie in it at first: the delay through it.
    """

    def __init__(self, channels: int, capacity: int, filled: int = 0) -> None:
        if capacity & (capacity - 1) or filled > capacity:
            raise InvalidValue(f"capacity: {capacity} frames; a power of two, at least the {filled} that it starts with")
        self.frames = room((capacity, max(channels, 1)), np.float32)
        self._held = np.zeros(max(channels, 1), np.float32)
        self.header = np.zeros(HEADER, np.int64)
        self.header[CAPACITY], self.header[CHANNELS] = capacity, channels
        self.header[FRAMES_AT], self.header[HELD_AT] = self.frames.ctypes.data, self._held.ctypes.data
        self.header[HEAD] = filled

    @property
    def address(self) -> int:
        """Where the header lies."""
        return self.header.ctypes.data

    @property
    def waiting(self) -> int:
        """Frames that lie in it."""
        return int(self.header[HEAD] - self.header[TAIL])

    def push(self, frames: np.ndarray) -> int:
        """Append frames, float32 (frames, channels) C-contiguous, as many as there is room for; return how many."""
        return push(self.header, frames)

    def take(self, most: int) -> np.ndarray:
        """Return at most so many frames that have come, float32 (frames, channels)."""
        frames = np.empty((min(most, self.waiting), self.frames.shape[1]), np.float32)
        take(self.header, frames)
        return frames


@compiled
def ring_at(address):
    """Return the header of the ring at an address."""
    return carray(pointer(address), HEADER, np.int64)


@compiled
def _frames_of(ring):
    return carray(pointer(ring[FRAMES_AT]), (ring[CAPACITY], ring[CHANNELS]), np.float32)


@compiled
def waiting(ring):
    """Return how many frames lie in it, for the thread that pulls."""
    return load(ring, HEAD) - ring[TAIL]


@compiled
def push(ring, frames):
    """Append frames (frames, channels); what finds no room is lost and counted. Returns how many were taken."""
    head, capacity, kept = ring[HEAD], ring[CAPACITY], _frames_of(ring)
    count = min(len(frames), capacity - (head - load(ring, TAIL)))
    for i in range(count):
        at = (head + i) & (capacity - 1)
        for channel in range(kept.shape[1]):
            kept[at, channel] = frames[i, channel]
    ring[LOST] += len(frames) - count
    store(ring, HEAD, head + count)
    return count


@compiled
def take(ring, frames):
    """Fill `frames` (frames, channels) with as many as have come; return how many."""
    tail, capacity, kept = ring[TAIL], ring[CAPACITY], _frames_of(ring)
    count = min(len(frames), load(ring, HEAD) - tail)
    for i in range(count):
        at = (tail + i) & (capacity - 1)
        for channel in range(kept.shape[1]):
            frames[i, channel] = kept[at, channel]
    store(ring, TAIL, tail + count)
    return count


@compiled
def pull(ring, frames):
    """Fill `frames` (frames, channels), faded where they have not come; return how many had not."""
    wanted, head, tail = len(frames), load(ring, HEAD), ring[TAIL]
    dropped = min(ring[OWED], head - tail)
    ring[OWED] -= dropped
    tail += dropped
    here = min(wanted, head - tail)
    capacity, kept = ring[CAPACITY], _frames_of(ring)
    held = carray(pointer(ring[HELD_AT]), ring[CHANNELS], np.float32)
    level, falling = ring[LEVEL], ring[FALLING]
    for i in range(wanted):
        if i >= here:
            falling = 1
        if falling:  # to silence first: what comes meanwhile would begin with a step
            level -= level > 0
            falling = 1 if level > 0 or i >= here else 0
        elif level < FADE_FRAMES:
            level += 1
        share = np.float32(level) / np.float32(FADE_FRAMES)
        at = (tail + i) & (capacity - 1)
        for channel in range(kept.shape[1]):
            if not falling and i < here:
                held[channel] = kept[at, channel]
            frames[i, channel] = held[channel] * share
    ring[LEVEL], ring[FALLING] = level, falling
    late = wanted - here
    if late:
        ring[OWED] += late
        ring[GAPS] += 1
        ring[MISSED] += late
    store(ring, TAIL, tail + here)
    return late


@compiled
def pull_at(ring, frames, position):
    """Pull from a ring whose frames are numbered as the samples of the sound are: those from `position` on."""
    ring[OWED] = position - ring[TAIL]
    return pull(ring, frames)


@compiled
def forgive(ring, frames):
    """Owe so many frames less: they were lost before, and will never come."""
    ring[OWED] -= min(ring[OWED], frames)
