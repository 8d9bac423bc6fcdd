"""What happens to each block on its way in and out: numbers that are none, meters, bypass, mute, what is kept of it."""

import numpy as np

from . import desk as d
from .compiled import carray, compiled, load, pointer
from .ring import HEAD, pull_at, push, ring_at
from .scene import LATENCY, scene_at

DRY_FRAMES = 1 << 17  # of the input that are kept, for a bypass in step with the sound
SCOPE_FRAMES = 1 << 15  # kept for spectra and the tuner: what went in, what came out
RAMP_SECONDS = 0.01  # of bypass, mute, and the way back from a number that was none
PEAK_FALL_SECONDS, POWER_FALL_SECONDS = 0.4, 0.15  # until a meter has fallen to 1/e


@compiled
def enter(desk, meters, frames, audio, dry, clock):
    """Take in `frames` (samples, channels): made sound is added, what is no number is 0; into `audio` (channels, samples)."""
    channels, block = audio.shape
    made = ring_at(desk[d.SOUND_RING])
    if load(made, HEAD):
        _add_sound(made, frames, audio.reshape((block, channels)), clock)
    peak, power = np.float32(0.0), 0.0
    for i in range(block):
        for channel in range(channels):
            value = frames[i, channel]
            if not np.isfinite(value):
                value = np.float32(0.0)
                desk[d.BAD_IN] += 1
            level = abs(value)
            desk[d.CLIPS_IN] += level >= np.float32(1.0)
            peak = max(peak, level)
            power += level * level
            audio[channel, i] = value
            dry[(clock + i) & (DRY_FRAMES - 1), channel] = value
    _meter(desk, meters, d.PEAK_IN, peak, power / (block * channels))


@compiled
def leave(desk, meters, audio, frames, dry, both, clock):
    """Bring `audio` (channels, samples) out to `frames` (samples, channels): bypassed, muted, metered, kept."""
    channels, block = audio.shape
    head, _ = scene_at(desk[d.SCENE])
    late = head[LATENCY]
    step = 1.0 / (RAMP_SECONDS * desk[d.RATE])
    bypass, mute = load(desk, d.BYPASS) != 0, load(desk, d.MUTE) != 0
    bypassed, muted, heard = meters[d.BYPASSED], meters[d.MUTED], meters[d.HEARD]
    peak, power = np.float32(0.0), 0.0
    for i in range(block):
        bypassed = min(bypassed + step, 1.0) if bypass else max(bypassed - step, 0.0)
        muted = min(muted + step, 1.0) if mute else max(muted - step, 0.0)
        heard = min(heard + step, 1.0)
        for channel in range(channels):
            if not np.isfinite(audio[channel, i]):
                heard = 0.0
                desk[d.BAD_OUT] += 1
        for channel in range(channels):
            value = audio[channel, i] if heard > 0.0 else np.float32(0.0)
            if heard < 1.0:
                value *= np.float32(heard)
            before = clock + i - late
            if bypassed > 0.0:
                past = dry[before & (DRY_FRAMES - 1), channel] if before >= 0 else np.float32(0.0)
                value = past if bypassed >= 1.0 else value + np.float32(bypassed) * (past - value)
            if muted > 0.0:
                value *= np.float32(1.0 - muted)
            level = abs(value)
            desk[d.CLIPS_OUT] += level > np.float32(1.0)
            peak = max(peak, level)
            power += level * level
            frames[i, channel] = value
    meters[d.BYPASSED], meters[d.MUTED], meters[d.HEARD] = bypassed, muted, heard
    _meter(desk, meters, d.PEAK_OUT, peak, power / (block * channels))
    _keep(desk, frames, dry, both, clock)


@compiled
def _add_sound(ring, frames, sound, clock):
    """Add what has been made for these samples, faded where it has not come. `sound` is scratch (samples, channels)."""
    pull_at(ring, sound, clock)
    for i in range(len(frames)):
        for channel in range(frames.shape[1]):
            frames[i, channel] += sound[i, channel]


@compiled
def _meter(desk, meters, which, peak, power):
    """Move a side's meters: up at once, down slowly; `which` is PEAK_IN or PEAK_OUT, its power lies two further on."""
    seconds = desk[d.BLOCK] / desk[d.RATE]
    meters[which] = max(peak, meters[which] * np.exp(-seconds / PEAK_FALL_SECONDS))
    meters[which + 2] += (1 - np.exp(-seconds / POWER_FALL_SECONDS)) * (power - meters[which + 2])


@compiled
def _keep(desk, frames, dry, both, clock):
    """Keep what went in and came out: the mean of the channels for spectra, all of it where a recording runs."""
    block, channels = frames.shape
    scope = carray(pointer(desk[d.SCOPE_AT]), (SCOPE_FRAMES, 2), np.float32)
    for i in range(block):
        sums = np.float32(0.0), np.float32(0.0)
        for channel in range(channels):
            before, after = dry[(clock + i) & (DRY_FRAMES - 1), channel], frames[i, channel]
            both[i, channel], both[i, channels + channel] = before, after
            sums = sums[0] + before, sums[1] + after
        at = (clock + i) & (SCOPE_FRAMES - 1)
        scope[at, 0], scope[at, 1] = sums[0] / np.float32(channels), sums[1] / np.float32(channels)
    if load(desk, d.RECORDING):
        if desk[d.RECORDED_FROM] < 0:
            desk[d.RECORDED_FROM] = clock
        push(ring_at(desk[d.RECORD_RING]), both)
