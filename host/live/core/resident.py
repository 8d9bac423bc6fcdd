"""The resident call: takes blocks from one ring, plays them, and puts them into another, until it is told to stop.

It holds no interpreter lock, allocates nothing and waits for nobody: it sleeps at a semaphore that the device's callback wakes.
"""

import numpy as np

from . import desk as d
from .callback import bin_of
from .compiled import carray, compiled, load, nanoseconds, pointer, store, wait
from .levels import enter, leave
from .ring import push, ring_at, take, waiting
from .scene import COMES, GOES, PLAYS, add_event, copy_row, play, share_exchanges, share_of_old, take_over

LONGEST_WAIT = 50_000_000  # ns: how soon a stop is seen where the device has gone silent
TILE = 64


@compiled
def reside(desk, meters, targets, events, pending, moves, busy_counts, turn_counts, blocks, dry):
    """Play until `desk[STOP]`.

    Args:
        desk, meters: see `desk`.
        targets: float64, a knob of the session each: where it was last sent.
        events: float64 (MOST_EVENTS, 3), a ring: when (ns, 0: at once), which knob, where to.
        pending: float64 (MOST_EVENTS, 3): sample, knob, number; those that are not due yet.
        moves: float64 (MOST_MOVES, 3), a ring: what moved where, for Python to note.
        busy_counts, turn_counts: int64 (BINS,): how long a block took to play, and from its arrival until it was ready.
        blocks: float32 (2, channels, block) and `dry`, float32 (DRY_FRAMES, channels): room.
    """
    block, channels = desk[d.BLOCK], desk[d.CHANNELS]
    pair, frames = np.zeros(2, np.int64), np.zeros((block, channels), np.float32)
    both = np.zeros((block, 2 * channels), np.float32)
    incoming, outgoing = ring_at(desk[d.INPUT_RING]), ring_at(desk[d.OUTPUT_RING])
    stamps = carray(pointer(desk[d.STAMPS_AT]), (d.STAMPS, 2), np.int64)
    while load(desk, d.STOP) == 0:
        if waiting(incoming) < block:
            wait(desk[d.SEMAPHORE], pair, LONGEST_WAIT)
            continue
        began, count = nanoseconds(pair), desk[d.BLOCKS]
        clock = count * block
        take(incoming, frames)
        enter(desk, meters, frames, blocks[0], dry, clock)
        _hear(desk, events, pending, stamps[count % d.STAMPS, 1], clock)
        _send_due(desk, targets, pending, moves, clock + block)
        _change_scene(desk, targets, clock)
        _play(desk, blocks, frames)
        leave(desk, meters, blocks[0], frames, dry, both, clock)
        push(outgoing, frames)
        ended = nanoseconds(pair)
        busy_counts[bin_of(ended - began)] += 1
        turn_counts[bin_of(ended - stamps[count % d.STAMPS, 0])] += 1
        desk[d.BUSY] += ended - began
        desk[d.WORST] = max(desk[d.WORST], ended - began)
        store(desk, d.BLOCKS, count + 1)


@compiled
def _hear(desk, events, pending, arrived, clock):
    """Give each event its sample: a block after it came, or the first of this block where it came for at once, or too late.

    `arrived`: when the last frame of this block came, in ns. Pending events stay in order; equal ones as they were sent.
    """
    block, rate = desk[d.BLOCK], desk[d.RATE]
    sent, taken = load(desk, d.EVENTS_SENT), desk[d.EVENTS_TAKEN]
    while taken < sent and desk[d.PENDING] < d.MOST_EVENTS:
        event = events[taken % d.MOST_EVENTS]
        sample = max(clock, 1)  # where a stream begins knobs stand at once, and do not move
        if event[0] > 0:
            behind = (event[0] - arrived) * 1e-9 * rate  # of the last frame of this block
            sample = max(sample, clock + 2 * block + int(np.rint(behind)))
        place = desk[d.PENDING]
        while place > 0 and pending[place - 1, 0] > sample:
            copy_row(pending, place - 1, place)
            place -= 1
        pending[place, 0], pending[place, 1], pending[place, 2] = sample, event[1], event[2]
        desk[d.PENDING] += 1
        taken += 1
    store(desk, d.EVENTS_TAKEN, taken)


@compiled
def _send_due(desk, targets, pending, moves, end):
    """Hand the events that fall into this block to what plays, and note them."""
    count, done = desk[d.PENDING], 0
    while done < count and pending[done, 0] < end:
        sample, knob, number = int(pending[done, 0]), int(pending[done, 1]), pending[done, 2]
        targets[knob] = number
        if not add_event(desk[d.SCENE], knob, sample, number):
            desk[d.EVENTS_LOST] += 1
        noted = desk[d.MOVES_NOTED]
        for column in range(3):
            moves[noted % d.MOST_MOVES, column] = pending[done, column]
        store(desk, d.MOVES_NOTED, noted + 1)
        done += 1
    for row in range(count - done if done else 0):
        copy_row(pending, row + done, row)
    desk[d.PENDING] = count - done


@compiled
def _change_scene(desk, targets, clock):
    """Where another scene waits, begin it at a tile's start; the one before fades out under it."""
    if desk[d.FADE_LEFT] == 0 and clock % TILE == 0:
        coming = load(desk, d.NEXT_SCENE)
        if coming and coming != desk[d.SCENE]:
            take_over(coming, clock, targets)
            desk[d.FADED_SCENE], desk[d.FADE_LEFT] = desk[d.SCENE], desk[d.FADE]
            store(desk, d.SCENE, coming)


@compiled
def _play(desk, blocks, frames):
    """Play the block in `blocks[0]`; while scenes change, the one before plays it too, ever more softly."""
    left, fade = desk[d.FADE_LEFT], desk[d.FADE]
    if left == 0:
        play(desk[d.SCENE], blocks[0], frames, PLAYS, left, fade)
        return
    for channel in range(blocks.shape[1]):
        for i in range(blocks.shape[2]):
            blocks[1, channel, i] = blocks[0, channel, i]
    play(desk[d.FADED_SCENE], blocks[1], frames, GOES, left, fade)
    play(desk[d.SCENE], blocks[0], frames, COMES, left, fade)
    for i in range(blocks.shape[2]):
        share = share_of_old(left, i, fade)
        for channel in range(blocks.shape[1]):
            blocks[0, channel, i] += share * (blocks[1, channel, i] - blocks[0, channel, i])
    left = max(left - blocks.shape[2], 0)
    if left == 0:
        share_exchanges(desk[d.SCENE], 0)
    store(desk, d.FADE_LEFT, left)
