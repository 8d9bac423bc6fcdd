"""A block loop at the pace of the sound, as an audio device asks for blocks, and what it saw of the clock and the port."""

import time

import numpy as np
import soundfile

BLOCK = 256
PATIENCE_SECONDS = 60


class NotedClock:
    """`time.monotonic`, and every answer it gave: one a block."""

    def __init__(self):
        self.read = []

    def __call__(self):
        self.read.append(time.monotonic())
        return self.read[-1]


class NotedPort:
    """A port, what arrived at it, and when it was asked, block by block."""

    def __init__(self, port):
        self.port, self.arrivals, self.asked = port, [], []

    def arrived(self):
        self.asked.append(time.monotonic())
        got = self.port.arrived()
        self.arrivals += got
        return got


def play_paced(performance, path, enough, least_seconds=0.0):
    """Play a file, over and over, block by block at its own pace, until `enough()`; return (dry, wet)."""
    audio, rate = soundfile.read(path, dtype="float32")
    dry, wet = [], []
    begun = time.monotonic()
    block = 0
    while block * BLOCK < least_seconds * rate or not enough():
        assert time.monotonic() - begun < PATIENCE_SECONDS, "not enough has arrived"
        due = begun + (block + 1) * BLOCK / rate  # when an input device would have the block
        time.sleep(max(due - time.monotonic(), 0))
        dry.append(np.take(audio, range(block * BLOCK, (block + 1) * BLOCK), mode="wrap"))
        wet.append(performance.process(dry[-1], rate))
        block += 1
    return np.concatenate(dry), np.concatenate(wet)
