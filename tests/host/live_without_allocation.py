"""Plays 100,000 blocks as fast as they come, knobs moving, and prints what was allocated; a counting malloc is preloaded."""

import ctypes
import json
import threading
import time

import numpy as np
from numba.core.runtime import rtsys

import wetdry
from wetdry.host.live.clock import Clock
from wetdry.host.live.core.desk import BLOCKS
from wetdry.host.resident import resident_bytes

BLOCK, WARM, MEASURED = 64, 8000, 100_000
THREADS = {"resident": "wetdry live", "device": "wetdry clock", "python": "MainThread"}

counted = ctypes.CDLL(None).counted
counted.argtypes, counted.restype = [ctypes.c_long], ctypes.c_long


def look(engine):
    tids = {thread.name: thread.native_id for thread in threading.enumerate()}
    found = {what: counted(tids[name]) for what, name in THREADS.items()}
    return found | {"numba": rtsys.get_allocation_stats().alloc, "bytes": resident_bytes(), "blocks": int(engine.desk[BLOCKS])}


def play_until(session, blocks):
    value = 0
    while session.engine.desk[BLOCKS] < blocks:
        value = (value + 1) % 128
        session.hear(bytes([0xB0, 7, value]))
        session.parameters["1.drive_db"].value = 6 + value / 16
        ctypes.create_string_buffer(1 << 16)  # which is counted
        time.sleep(0.005)


response = np.exp(-np.arange(2048) / 300) * np.random.default_rng(0).standard_normal(2048)
cabinet = wetdry.CabinetIR((response.astype(np.float32), 48000))
chain = wetdry.Chain([wetdry.Gain(), wetdry.TubeSaturator(oversampling=2), wetdry.NeuralSaturator(), cabinet])
with wetdry.live(chain, device=Clock(pace=0.0), block=BLOCK, midi_map=wetdry.MidiMap({"cc 7": "gain_db"})) as session:
    play_until(session, WARM)
    before = look(session.engine)
    play_until(session, before["blocks"] + MEASURED)
    after = look(session.engine)
    print(json.dumps({"before": before, "after": after, "moves": len(session.moves), "missed": session.statistics.missed}))
