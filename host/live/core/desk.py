"""The desk: what the device's callback, the resident call and Python share, an array of int64, a cache line a writer."""

import numpy as np

from .compiled import CACHE_LINE

STOP, BYPASS, MUTE, NEXT_SCENE, RECORDING = range(5)  # Python writes
EVENTS_SENT = CACHE_LINE  # Python writes: events ever sent
_callback = 2 * CACHE_LINE  # the callback writes
CALLBACKS, INPUT_OVERFLOWS, OUTPUT_UNDERFLOWS, CALLED_AT, LAST_GAP = range(_callback, _callback + 5)
_resident = 3 * CACHE_LINE  # the resident call writes
EVENTS_TAKEN, SCENE, FADED_SCENE, FADE_LEFT, BLOCKS, BAD_IN, BAD_OUT, CLIPS_IN, CLIPS_OUT, WORST, EVENTS_LOST = range(
    _resident, _resident + 11
)
MOVES_NOTED, PENDING, BUSY, RECORDED_FROM = range(_resident + 11, _resident + 15)
_fixed = 5 * CACHE_LINE  # never changes
BLOCK, CHANNELS, DEVICE_INPUTS, DEVICE_OUTPUTS, INPUT_RING, OUTPUT_RING, SEMAPHORE, STAMPS_AT, GAP_COUNTS_AT = range(
    _fixed, _fixed + 9
)
RUN, FADE, RATE, SCRATCH_IN_AT, SCRATCH_OUT_AT, PAIR_AT, SOUND_RING, SCOPE_AT, RECORD_RING = range(_fixed + 9, _fixed + 18)
INPUT_MAP, OUTPUT_MAP = _fixed + 24, _fixed + 40  # which device channel a channel comes from; which one a device channel plays
MOST_CHANNELS = 16
FIELDS = _fixed + 56

# meters, float64: levels that fall by themselves, and where the ramps stand
PEAK_IN, PEAK_OUT, POWER_IN, POWER_OUT, BYPASSED, MUTED, HEARD, METERS = range(8)

STAMPS = 4096  # blocks whose time of arrival is kept: (when it came, when its last frame was due by the rate)
MOST_EVENTS = 8192  # sent and not yet taken; waiting for their sample
MOST_KNOBS = 4096
MOST_MOVES = 1 << 16  # noted and not yet read by Python
BINS_AN_OCTAVE, BINS = 16, 640  # of times in ns


def room(shape: int | tuple[int, ...], kind: type = np.float64) -> np.ndarray:
    """Return zeros whose pages are there already: `np.zeros` leaves it to whoever writes first to wait for them."""
    return np.full(shape, 0, kind)


def fresh() -> np.ndarray:
    """Return a desk with nothing on it."""
    return np.zeros(FIELDS, np.int64)
