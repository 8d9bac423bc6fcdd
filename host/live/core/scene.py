"""A scene: what the resident call plays, as tables of numbers; and how it plays them."""

import numpy as np

from ....effects.kernels import tables
from .compiled import CACHE_LINE, call, carray, compiled, load, pointer, wake
from .ring import forgive, pull, push, ring_at

# The head of a scene, int64: then a row a stage.
STAGES, LATENCY, CHANNELS, KNOBS_AT, COPIES_AT, COPIES, RUN = range(7)
HEAD = CACHE_LINE
# A stage's row. A program: its frame, its events and how many wait. An exchange: two rings, who to wake, whether to pass it by.
KIND, FRAME, EVENTS, WAITING, SEND, BACK, WORKER, PASSED_BY, STAGE_COLUMNS = range(9)
PROGRAM, EXCHANGE = 0, 1
KNOB_STAGE, KNOB_PLACE, KNOB_LATE, KNOB_COLUMNS = range(4)  # a row a knob of the session; stage -1: not in this scene
MOST_WAITING = 4096  # events of one stage
EVENT_COLUMNS = 3
COPY_COLUMNS = 3  # from, to, bytes


@compiled
def scene_at(address):
    """Return (head, stages) of the scene at an address."""
    head = carray(pointer(address), HEAD, np.int64)
    return head, carray(pointer(address + 8 * HEAD), (head[STAGES], STAGE_COLUMNS), np.int64)


@compiled
def copy_row(rows, source, goal):
    """Copy one row of events over another."""
    for column in range(EVENT_COLUMNS):
        rows[goal, column] = rows[source, column]


@compiled
def add_event(scene, knob, sample, number):
    """Have a knob of the session move at a sample of the sound; where it is not in the scene, nothing."""
    head, stages = scene_at(scene)
    row = carray(pointer(head[KNOBS_AT] + 8 * KNOB_COLUMNS * knob), KNOB_COLUMNS, np.int64)
    if row[KNOB_STAGE] < 0:
        return True
    stage = stages[row[KNOB_STAGE]]
    count = stage[WAITING]
    if count >= MOST_WAITING:
        return False
    events = carray(pointer(stage[EVENTS]), (MOST_WAITING + 1, EVENT_COLUMNS), np.float64)
    at = float(sample + row[KNOB_LATE])
    place = count
    while place > 0 and events[place - 1, 0] > at:
        copy_row(events, place - 1, place)
        place -= 1
    events[place, 0], events[place, 1], events[place, 2] = at, row[KNOB_PLACE], number
    events[count + 1, 0] = np.inf
    stage[WAITING] = count + 1
    return True


@compiled
def play(scene, audio, frames):
    """Play a block through a scene: `audio` float32 (channels, samples) in place; `frames` (samples, channels) is scratch."""
    head, stages = scene_at(scene)
    for i in range(head[STAGES]):
        stage = stages[i]
        if stage[KIND] == PROGRAM:
            _run(head[RUN], stage, audio)
        elif load(stage, PASSED_BY) == 0:
            _exchange(stage, audio, frames)


@compiled
def _run(run, stage, audio):
    """Play a program over the block, its events in their places."""
    frame = carray(pointer(stage[FRAME]), tables.RESET_STATE_AT + 1, np.int64)
    frame[tables.AUDIO], frame[tables.TOTAL] = audio.ctypes.data, audio.shape[1]
    frame[tables.EVENTS] = stage[EVENTS]
    clock = call(run, stage[FRAME])
    frame[tables.CLOCK] = clock
    count = stage[WAITING]
    if count:
        events = carray(pointer(stage[EVENTS]), (MOST_WAITING + 1, EVENT_COLUMNS), np.float64)
        done = 0
        while done < count and events[done, 0] < clock:
            done += 1
        for row in range(count + 1 - done if done else 0):
            copy_row(events, row + done, row)
        stage[WAITING] = count - done


@compiled
def _exchange(stage, audio, frames):
    """Send a block to a worker and take what has come back of earlier ones."""
    for i in range(audio.shape[1]):
        for channel in range(audio.shape[0]):
            frames[i, channel] = audio[channel, i]
    lost = len(frames) - push(ring_at(stage[SEND]), frames)
    if lost:
        forgive(ring_at(stage[BACK]), lost)
    wake(stage[WORKER])
    pull(ring_at(stage[BACK]), frames)
    for i in range(audio.shape[1]):
        for channel in range(audio.shape[0]):
            value = frames[i, channel]
            audio[channel, i] = value if np.isfinite(value) else np.float32(0.0)


@compiled
def take_over(scene, clock, targets):
    """Begin a scene at a sample of the sound, a tile's first: what goes on in it is copied, knobs go where they were sent."""
    head, stages = scene_at(scene)
    copies = carray(pointer(head[COPIES_AT]), (head[COPIES], COPY_COLUMNS), np.int64)
    for i in range(len(copies)):
        source = carray(pointer(copies[i, 0]), copies[i, 2], np.uint8)
        goal = carray(pointer(copies[i, 1]), copies[i, 2], np.uint8)
        for byte in range(copies[i, 2]):
            goal[byte] = source[byte]
    for i in range(head[STAGES]):
        if stages[i, KIND] == PROGRAM:
            frame = carray(pointer(stages[i, FRAME]), tables.RESET_STATE_AT + 1, np.int64)
            frame[tables.CLOCK] = clock
    knobs = carray(pointer(head[KNOBS_AT]), (len(targets), KNOB_COLUMNS), np.int64)
    for k in range(len(targets)):
        if knobs[k, KNOB_STAGE] >= 0:
            frame = carray(pointer(stages[knobs[k, KNOB_STAGE], FRAME]), tables.RESET_STATE_AT + 1, np.int64)
            at = frame[tables.KNOB_TABLE] + 8 * (knobs[k, KNOB_PLACE] * tables.KNOB_COLUMNS + tables.TARGET)
            target = carray(pointer(at), 1, np.float64)
            target[0] = targets[k]
