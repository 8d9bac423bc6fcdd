"""A scene: what the resident call plays, as tables of numbers; and how it plays them."""

import numpy as np

from ....effects.kernels import tables
from .compiled import CACHE_LINE, call, carray, compiled, pointer, wake
from .ring import forgive, pull, push, ring_at

# The head of a scene, int64: then a row a stage.
STAGES, LATENCY, CHANNELS, KNOBS_AT, COPIES_AT, COPIES, RUN = range(7)
HEAD = CACHE_LINE
# A stage's row. A program: its frame, its events and how many wait. An exchange: two rings, who to wake (0: nobody, and both
# rings are one: a delay), its page, and whether the scene before has it too.
KIND, FRAME, EVENTS, WAITING, SEND, BACK, WORKER, PAGE, KEPT, STAGE_COLUMNS = range(10)
PROGRAM, EXCHANGE = 0, 1
# An exchange's page: whether two scenes share it while they fade; room for what the one that goes sent, and for what came back.
SHARED, SENT_AT, CAME_AT, PAGE_FIELDS = range(4)
PLAYS, GOES, COMES = range(3)  # what a scene does
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
def play(scene, audio, frames, role, left, fade):
    """Play a block through a scene: `audio` float32 (channels, samples) in place; `frames` (samples, channels) is scratch.

    `role`: the scene plays alone, or it goes or comes, with `left` samples of a fade of `fade` left; the one that goes plays
    first.
    """
    head, stages = scene_at(scene)
    for i in range(head[STAGES]):
        stage = stages[i]
        if stage[KIND] == PROGRAM:
            _run(head[RUN], stage, audio)
        else:
            _exchange(stage, audio, frames, role, left, fade)


@compiled
def share_of_old(left, i, fade):
    """Return how much of what goes is heard at sample i of a block that begins with `left` samples of a fade left."""
    return np.float32(max(left - 1 - i, 0)) / np.float32(fade)


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
def _exchange(stage, audio, frames, role, left, fade):
    """Send a block to a worker and take what has come back of earlier ones.

    Where both of two scenes that fade have it, it hears their inputs faded over, and both hear what comes back.
    """
    page = carray(pointer(stage[PAGE]), PAGE_FIELDS, np.int64)
    shape = audio.shape[1], audio.shape[0]
    sent, came = carray(pointer(page[SENT_AT]), shape, np.float32), carray(pointer(page[CAME_AT]), shape, np.float32)
    shared = role != PLAYS and page[SHARED] != 0
    _to_frames(audio, frames)
    if shared and role == GOES:
        sent[:] = frames
    else:
        if shared:
            for i in range(len(frames)):
                share = share_of_old(left, i, fade)
                for channel in range(frames.shape[1]):
                    frames[i, channel] += share * (sent[i, channel] - frames[i, channel])
        lost = len(frames) - push(ring_at(stage[SEND]), frames)
        if lost:
            forgive(ring_at(stage[BACK]), lost)
        if stage[WORKER]:
            wake(stage[WORKER])
    if not (shared and role == COMES):
        pull(ring_at(stage[BACK]), came)
    _to_audio(came, audio)


@compiled
def _to_frames(audio, frames):
    for i in range(audio.shape[1]):
        for channel in range(audio.shape[0]):
            frames[i, channel] = audio[channel, i]


@compiled
def _to_audio(frames, audio):
    for i in range(audio.shape[1]):
        for channel in range(audio.shape[0]):
            value = frames[i, channel]
            audio[channel, i] = value if np.isfinite(value) else np.float32(0.0)


@compiled
def share_exchanges(scene, shared):
    """Say of a scene's exchanges that the scene before has too whether both play."""
    head, stages = scene_at(scene)
    for i in range(head[STAGES]):
        if stages[i, KIND] == EXCHANGE and stages[i, KEPT]:
            carray(pointer(stages[i, PAGE]), PAGE_FIELDS, np.int64)[SHARED] = shared


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
    share_exchanges(scene, 1)
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
