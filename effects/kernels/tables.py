"""The tables that a program shares with the runner: one place for their columns."""

import math

# Columns of the kernel table (int64): one row a kernel, offsets into the four arenas.
ADDRESS, MEMORY, MEMORY_END, STATE, STATE_END, WEIGHTS, WEIGHTS_END, KNOBS, KNOBS_END, MUTED, COLUMNS = range(11)
# Columns of the knob table (float64): where it is, where it goes, how fast (1 jumps), and when it has arrived.
VALUE, TARGET, COEFFICIENT, CLOSE, KNOB_COLUMNS = range(5)
# The frame (int64): what to play, then addresses and sizes of a program's arrays.
AUDIO, CHANNELS, TOTAL, CLOCK, EVENTS = range(5)
TABLE, KERNELS, KNOB_TABLE, KNOB_COUNT, KNOB_ROWS, MEMORY_AT, STATE_AT, WEIGHTS_AT, RESET_MEMORY_AT, RESET_STATE_AT = range(
    5, 15
)
SNAP = 1e-6  # of a knob's range: closer than that at a tile's end, it has arrived


def one_pole_coefficient(time_constant_ms: float, sample_rate: float) -> float:
    """Per-sample coefficient of the smoother: 1 - exp(-1 / (tau · rate)); 1 where tau is 0."""
    samples = time_constant_ms * 1e-3 * sample_rate
    return 1.0 if samples <= 0 else -math.expm1(-1.0 / samples)
