"""The device's callback: compiled, moves samples between the device and two rings, and wakes the resident call.

Its type is PortAudio's `PaStreamCallback`, so that PortAudio calls it without Python; a clock without a sound card does too.
"""

from functools import cache

import numpy as np
from numba import types
from numba.core.ccallback import CFunc

from ....effects.kernels.kernel import enable_cache
from . import desk as d
from .compiled import OPTIONS, carray, compiled, nanoseconds, pointer, wake
from .ring import HEAD, forgive, pull, push, ring_at

INPUT_OVERFLOW, OUTPUT_UNDERFLOW = 2, 4  # of PortAudio's flags
LARGEST_CALL = 1 << 14  # frames a device may ask for at once
SIGNATURE = types.int32(types.voidptr, types.voidptr, types.uint64, types.voidptr, types.uint64, types.voidptr)


@compiled
def bin_of(duration):
    """Return the bin of a time in ns: BINS_AN_OCTAVE to an octave."""
    return min(int(np.log2(max(duration, 1)) * d.BINS_AN_OCTAVE), d.BINS - 1)


@compiled
def _stamp(desk, before, after, now):
    """Note when each block that is now whole came, and when its last frame did by the rate."""
    block, rate = desk[d.BLOCK], desk[d.RATE]
    stamps = carray(pointer(desk[d.STAMPS_AT]), (d.STAMPS, 2), np.int64)
    for k in range(before // block, after // block):
        stamps[k % d.STAMPS, 0] = now
        stamps[k % d.STAMPS, 1] = now - (after - (k + 1) * block) * 1_000_000_000 // rate


@compiled
def _note_call(desk, flags, now):
    """Count what the device says, and how long it was since it last called."""
    if desk[d.CALLBACKS]:
        gaps = carray(pointer(desk[d.GAP_COUNTS_AT]), d.BINS, np.int64)
        desk[d.LAST_GAP] = now - desk[d.CALLED_AT]
        gaps[bin_of(desk[d.LAST_GAP])] += 1
    desk[d.CALLED_AT] = now
    desk[d.CALLBACKS] += 1
    desk[d.INPUT_OVERFLOWS] += (flags & INPUT_OVERFLOW) != 0
    desk[d.OUTPUT_UNDERFLOWS] += (flags & OUTPUT_UNDERFLOW) != 0


@compiled
def _hear(desk, heard, frames):
    """Push what the device heard, `heard` float32 (frames, device inputs), in the engine's channels."""
    channels = desk[d.CHANNELS]
    scratch = carray(pointer(desk[d.SCRATCH_IN_AT]), (frames, channels), np.float32)
    for i in range(frames):
        for channel in range(channels):
            source = desk[d.INPUT_MAP + channel]
            scratch[i, channel] = heard[i, source] if source >= 0 else np.float32(0.0)
    ring = ring_at(desk[d.INPUT_RING])
    before = ring[HEAD]
    lost = frames - push(ring, scratch)
    if lost:
        forgive(ring_at(desk[d.OUTPUT_RING]), lost)
    return before, ring[HEAD]


@compiled
def _sound(desk, played, frames):
    """Pull what the device is to play into `played`, float32 (frames, device outputs)."""
    channels = desk[d.CHANNELS]
    scratch = carray(pointer(desk[d.SCRATCH_OUT_AT]), (frames, channels), np.float32)
    pull(ring_at(desk[d.OUTPUT_RING]), scratch)
    for i in range(frames):
        for output in range(played.shape[1]):
            source = desk[d.OUTPUT_MAP + output]
            played[i, output] = scratch[i, source] if source >= 0 else np.float32(0.0)


@compiled
def device_call(desk, heard, played, flags):
    """Do what is due each time the device calls; `heard` and `played` are float32 (frames, device channels)."""
    now = nanoseconds(carray(pointer(desk[d.PAIR_AT]), 2, np.int64))
    _note_call(desk, flags, now)
    frames = len(played)
    before, after = _hear(desk, heard, frames)
    _stamp(desk, before, after, now)
    wake(desk[d.SEMAPHORE])
    _sound(desk, played, frames)


def _called(heard, played, frames, time, flags, desk_address):
    """PortAudio calls this; its user data is the desk."""
    desk = carray(desk_address, d.FIELDS, np.int64)
    outputs = carray(played, (int(frames), desk[d.DEVICE_OUTPUTS]), np.float32)
    inputs = outputs if desk[d.DEVICE_INPUTS] == 0 else carray(heard, (int(frames), desk[d.DEVICE_INPUTS]), np.float32)
    if frames <= LARGEST_CALL:
        device_call(desk, inputs, outputs, int(flags))
    return types.int32(0)


@cache
def portaudio_callback() -> int:
    """Return the address of the callback; compiled, or fetched from disk, at the first call."""
    made = CFunc(_called, (SIGNATURE.args, SIGNATURE.return_type), {}, dict(OPTIONS))
    enable_cache(made, _called)
    made.compile()
    _kept.append(made)
    assert made.address
    return int(made.address)


_kept: list[CFunc] = []  # the machine code lives as long as they do
