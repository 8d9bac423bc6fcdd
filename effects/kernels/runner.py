"""The runner: plays a list of kernels over a block, cutting time at multiples of TILE.

It owns what every kernel shares: the clock, the knobs (one event queue, one-pole smoothing), the cut into
tiles, non-finite input (counts as 0), the mute of a kernel whose output turns non-finite, and denormals.
"""

import math
import platform
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .kernel import OPTIONS, SIGNATURE, TILE, enable_cache

# Columns of the kernel table: one row a kernel, offsets into the four arenas.
ADDRESS, MEMORY, MEMORY_END, STATE, STATE_END, WEIGHTS, WEIGHTS_END, KNOBS, KNOBS_END, MUTED, COLUMNS = range(11)
# Columns of the knob table: where it is, where it goes, how fast (1 jumps), and when it has arrived.
VALUE, TARGET, COEFFICIENT, CLOSE, KNOB_COLUMNS = range(5)
SNAP = 1e-6  # of a knob's range: closer than that at a tile's end, it has arrived
EXPONENT = np.int32(0x7F800000)
FLUSH_DENORMALS = 0x8040


def _call_kernel(typing_context, address, audio, start, frames, clock, knobs, memory, state, weights):
    """Call the kernel at `address`; arrays travel by value, as numba's C wrapper takes them."""
    signature = types.void(address, *SIGNATURE.args)

    def codegen(context, builder, _, values):
        kinds = [context.get_value_type(kind) for kind in SIGNATURE.args]
        returned = context.get_value_type(types.void)
        pointer = builder.inttoptr(values[0], ir.FunctionType(returned, kinds).as_pointer())
        builder.call(pointer, values[1:])
        return context.get_dummy_value()

    return signature, codegen


def _exchange_float_mode(typing_context, mode):
    """Set the x86 float control register and return the one before; a no-op on other machines."""

    def codegen(context, builder, _, values):
        if not _is_x86(builder.module.triple):
            return values[0]
        slot = ir.IRBuilder(builder.function.entry_basic_block)
        slot.position_at_start(builder.function.entry_basic_block)
        cell = slot.alloca(ir.IntType(32))
        byte_pointer = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte_pointer])
        store = builder.module.declare_intrinsic("llvm.x86.sse.stmxcsr", (), kind)
        load = builder.module.declare_intrinsic("llvm.x86.sse.ldmxcsr", (), kind)
        address = builder.bitcast(cell, byte_pointer)
        builder.call(store, [address])
        before = builder.load(cell)
        builder.store(values[0], cell)
        builder.call(load, [address])
        return before

    return types.int32(types.int32), codegen


call_kernel: Any = intrinsic(_call_kernel)
exchange_float_mode: Any = intrinsic(_exchange_float_mode)


def _is_x86(triple: str) -> bool:
    return triple.startswith(("x86_64", "i386", "i686")) or (not triple and _host_is_x86())


def _host_is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64", "i686")


@numba.jit(**OPTIONS)
def smooth_knobs(knobs, table, events, first, clock, frames):
    """Fill `knobs[:, clock % TILE …]` for `frames` samples; returns the next event still to come."""
    column = clock % TILE
    for i in range(frames):
        while first < events.shape[0] and events[first, 0] <= clock + i:
            table[int(events[first, 1]), TARGET] = events[first, 2]
            first += 1
        for k in range(table.shape[0]):
            if table[k, VALUE] != table[k, TARGET]:
                table[k, VALUE] += table[k, COEFFICIENT] * (table[k, TARGET] - table[k, VALUE])
            knobs[k, column + i] = table[k, VALUE]
    if column + frames == TILE:
        for k in range(table.shape[0]):
            if abs(table[k, TARGET] - table[k, VALUE]) <= table[k, CLOSE]:
                table[k, VALUE] = table[k, TARGET]
    return first


@numba.jit(**OPTIONS)
def first_bad_column(bits, start, frames):
    """Index of the first column from `start` that holds a NaN or an infinity, or -1."""
    bad = False
    for row in range(bits.shape[0]):
        for i in range(start, start + frames):
            bad |= (bits[row, i] & EXPONENT) == EXPONENT
    if bad:
        for i in range(start, start + frames):
            for row in range(bits.shape[0]):
                if (bits[row, i] & EXPONENT) == EXPONENT:
                    return i
    return -1


def _run(audio, bits, clock, table, knob_table, knobs, events, memory, state, weights, reset_memory, reset_state):
    """Play all kernels of `table` over `audio` in place; returns the clock after it.

    `bits` is `audio` seen as int32; `events` rows are (stream sample, knob, value), sorted by sample.
    """
    mode = exchange_float_mode(numba.int32(0x1F80 | FLUSH_DENORMALS))
    first, start, total = 0, 0, audio.shape[1]
    if first_bad_column(bits, 0, total) >= 0:
        for row in range(audio.shape[0]):
            for i in range(total):
                if (bits[row, i] & EXPONENT) == EXPONENT:
                    audio[row, i] = 0.0
    while start < total:
        frames = min(TILE - clock % TILE, total - start)
        first = smooth_knobs(knobs, knob_table, events, first, clock, frames)
        for k in range(table.shape[0]):
            row = table[k]
            if row[MUTED] and clock % TILE == 0:
                memory[row[MEMORY] : row[MEMORY_END]] = reset_memory[row[MEMORY] : row[MEMORY_END]]
                state[row[STATE] : row[STATE_END]] = reset_state[row[STATE] : row[STATE_END]]
                row[MUTED] = 0
            mute = start
            if not row[MUTED]:
                call_kernel(
                    row[ADDRESS], audio, start, frames, clock, knobs[row[KNOBS] : row[KNOBS_END]],
                    memory[row[MEMORY] : row[MEMORY_END]], state[row[STATE] : row[STATE_END]],
                    weights[row[WEIGHTS] : row[WEIGHTS_END]],
                )  # fmt: skip
                mute = first_bad_column(bits, start, frames)
                if mute >= 0:
                    row[MUTED] = 1
            if mute >= 0:
                for channel in range(audio.shape[0]):
                    audio[channel, mute : start + frames] = 0.0
        start += frames
        clock += frames
    exchange_float_mode(mode)
    return clock


run = numba.jit(**OPTIONS)(_run)
enable_cache(run, _run)


def one_pole_coefficient(time_constant_ms: float, sample_rate: float) -> float:
    """Per-sample coefficient of the smoother: 1 - exp(-1 / (tau · rate)); 1 where tau is 0."""
    samples = time_constant_ms * 1e-3 * sample_rate
    return 1.0 if samples <= 0 else -math.expm1(-1.0 / samples)
