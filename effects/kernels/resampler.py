"""A kernel that plays another at a sample rate of its own: a net trained at 48 kHz in a stream of 44.1 kHz.

Every host sample goes through a polyphase filter to the inner samples that fall before the next one, the inner kernel
plays those, and its output goes back through the same filter. What falls where follows from the count of host
samples since the state began, so that no cut in time is heard, and the state may begin at any clock.
"""

import math

import numpy as np

from .dot_product import dot
from .kernel import TILE, Kernel, helper
from .nested import own_weights, play_inner, wrap
from .program import Part
from .resampler_filter import delay_of, rate_change

COUNT = 0  # place in memory: host samples since the state began
# own weights: sizes, then the filters of the way in and of the way back
UP, DOWN, TAPS_IN, TAPS_OUT, INNER_ROOM, KNOB_ROWS, FILTERS = range(7)
OWN = own_weights(1)


def resampled(part: Part, host_rate: float, inner_rate: float, channels: int) -> Part:
    """Return `part`, made for `inner_rate`, as a part for `host_rate`; the same part where the rates are equal.

    The output lags by `resampling_latency`. Knobs are held from host sample to host sample.

    Raises:
        InvalidValue: the rates have no common multiple in reach.
    """
    if host_rate == inner_rate:
        return part
    change = rate_change(host_rate, inner_rate)
    taps_in, taps_out = change.inward.shape[1], change.outward.shape[1]
    room, rows = -(-TILE * change.up // change.down) + 1, len(part.knobs)
    sizes = [change.up, change.down, taps_in, taps_out, room, rows]
    state = np.zeros(rows * TILE + channels * (taps_in + TILE + taps_out + room), np.float32)
    filters = [change.inward.ravel(), change.outward.ravel()]
    own = Part(part.kernel, (), np.zeros(1), state, np.concatenate([np.array(sizes, np.float32), *filters]))
    return wrap(RESAMPLER, [part], own, [0], _prewarm_samples(part, change.up, change.down, change.delay))


def resampling_latency(host_rate: float, inner_rate: float) -> int:
    """Return the samples of the host's rate by which a resampled part lags; 0 between equal rates."""
    return delay_of(host_rate, inner_rate)


def _prewarm_samples(part: Part, up: int, down: int, delay: int) -> int:
    """Return host samples that hold the inner part's silence, and after which inner and host samples coincide."""
    if not part.prewarm_samples:
        return 0
    step = math.lcm(down, TILE)
    return -(-(-(-part.prewarm_samples * down // up) + delay) // step) * step


def _kernel(audio, start, frames, clock, knobs, memory, state, weights):
    channels, sizes = audio.shape[0], OWN
    up, down = np.int64(weights[sizes + UP]), np.int64(weights[sizes + DOWN])
    taps_in, taps_out = np.int64(weights[sizes + TAPS_IN]), np.int64(weights[sizes + TAPS_OUT])
    room, rows = np.int64(weights[sizes + INNER_ROOM]), np.int64(weights[sizes + KNOB_ROWS])
    outer, outer_width, inner_width = rows * TILE, taps_in + TILE, taps_out + room
    held = state[:outer].reshape(rows, TILE)
    inner = state[outer + channels * outer_width : outer + channels * (outer_width + inner_width)]
    filters_in = OWN + FILTERS
    filters_out = filters_in + up * taps_in

    seen = np.int64(memory[COUNT])
    memory[COUNT] = seen + frames
    first = (seen * up + down - 1) // down  # inner samples before this call, and after it
    after = ((seen + frames) * up + down - 1) // down
    for channel in range(channels):  # way in
        row = state[outer + channel * outer_width : outer + (channel + 1) * outer_width]
        for i in range(frames):
            row[taps_in + i] = audio[channel, start + i]
        for k in range(first, after):
            newest, phase = (k * down) // up - seen, (k * down) % up
            sample = dot(row, newest + 1, weights, filters_in + phase * taps_in, taps_in)
            inner[channel * inner_width + taps_out + k - first] = sample
        _forget(row, frames, taps_in)

    k = first
    while k < after:
        count = min(after - k, TILE - k % TILE)
        for knob in range(rows):
            for i in range(count):
                held[knob, k % TILE + i] = knobs[knob, clock % TILE + ((k + i) * down) // up - seen]
        samples = inner.reshape(channels, inner_width)
        play_inner(0, samples, taps_out + k - first, count, k, held, memory, state, weights)
        k += count

    for channel in range(channels):  # way back
        row = inner[channel * inner_width : (channel + 1) * inner_width]
        for i in range(frames):
            newest, phase = ((seen + i) * up) // down - first, ((seen + i) * up) % down
            audio[channel, start + i] = dot(row, newest + 1, weights, filters_out + phase * taps_out, taps_out)
        _forget(row, after - first, taps_out)


@helper
def _forget(row, samples, kept):
    """Drop the oldest samples of a row; the `kept` that follow move to its beginning."""
    for i in range(kept):
        row[i] = row[samples + i]


RESAMPLER = Kernel(_kernel)
