"""Kernel of TubeSaturator: drive, bias, tanh at the fast rate; DC block, one-pole low-pass, mix, output gain at the host's."""

import math
from functools import cache

import numpy as np
from llvmlite import ir

from . import curves
from .abi import data_of, declare_kernel
from .code import DOUBLE, FLOAT, Code, Value, whole
from .kernel import TILE
from .machine import Machine
from .native import NativeKernel
from .oversampler import Oversampler
from .oversampling import oversampling

KNOBS = ("drive_db", "bias", "tone_hz", "mix", "output_db")
DRIVE, BIAS, TONE, MIX, OUTPUT, REST = range(6)  # rows of factors; REST is tanh(bias)
DC_BLOCK_HZ = 10.0
HIGHEST_TONE = 0.49  # of the sample rate
NEPER = math.log(10.0) / 20.0  # a decibel, as a natural logarithm of a factor
SIN = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(6)]  # x sin's and cos's series in x², to x¹¹ and x¹²: 6e-8 off
COS = [(-1.0) ** k / math.factorial(2 * k) for k in range(7)]  # at a quarter of a turn
# memory: pi / sample rate, DC-block pole, the knobs whose factors fill the whole tile, then 3 floats a channel
ANGLE, POLE, LAST, CHANNELS = 0, 1, 2, 7
X1, Y1, LOW, PER_CHANNEL = range(4)
FACTORS = (REST + 1) * TILE + TILE  # floats of state before the channels', with room for what vectors read beyond


def initial_memory(sample_rate: float, channels: int) -> np.ndarray:
    """Return the memory after a reset."""
    memory = np.zeros(CHANNELS + PER_CHANNEL * channels)
    memory[ANGLE] = math.pi / sample_rate
    memory[POLE] = math.exp(-2.0 * math.pi * DC_BLOCK_HZ / sample_rate)
    memory[LAST:CHANNELS] = np.nan
    return memory


def initial_state(factor: int, channels: int) -> np.ndarray:
    """Return the state after a reset: rows of factors, then each channel's rows."""
    return np.zeros(FACTORS + oversampling(factor).channel_size * channels, np.float32)


@cache
def tube_saturator(factor: int) -> NativeKernel:
    """Return the kernel that runs the curve at `factor` times the sample rate; its weights are the plan's."""
    return NativeKernel(f"tube saturator {factor}", lambda machine: _module(factor, machine))


def _module(factor: int, machine: Machine) -> ir.Module:
    module, plan = ir.Module(), oversampling(factor)
    main = declare_kernel(module)
    code = Code(ir.IRBuilder(main.append_basic_block("entry")), machine)
    b = code.builder
    audio, start, frames, clock, knobs, memory, state, weights = main.args
    samples, length, channels = data_of(b, audio), b.extract_value(audio, [5, 1]), b.extract_value(audio, [5, 0])
    memory, state, weights = data_of(b, memory), data_of(b, state), data_of(b, weights)
    column = b.and_(clock, whole(TILE - 1))
    _emit_factors(code, data_of(b, knobs), memory, state)
    factors = [code.at(state, row * TILE, column) for row in range(REST + 1)]

    def channel(number: Value) -> None:
        place = code.at(state, FACTORS, code.multiply(number, plan.channel_size))
        over = Oversampler(code, plan, place, weights, frames, column)
        signal = code.at(samples, code.multiply(number, length), start)

        def curve(x: Value, i: Value) -> Value:
            drive, bias, rest = (code.load(code.at(factors[row], i)) for row in (DRIVE, BIAS, REST))
            return b.fsub(curves.tanh(code, code.multiply_add(x, drive, bias)), rest)

        over.take(signal)
        over.raise_rate()
        over.curve(curve)
        over.lower_rate()
        cells = b.gep(memory, [code.add(CHANNELS, code.multiply(number, PER_CHANNEL))])
        _emit_output(code, frames, (over.pointer(plan.dry), over.pointer(plan.wet), signal), factors, memory, cells)

    code.loop(channels, (), channel)
    b.ret(ir.Constant(main.function_type.return_type, None))
    return module


def _emit_factors(code: Code, knobs: Value, memory: Value, factors: Value) -> None:
    """Emit the way from knobs to factors, over the whole tile, unless every knob stands where it stood.

    Columns still to come hold what an earlier tile left; their own call does them again.
    """
    b = code.builder
    vectors = range(0, TILE, code.lanes)
    last = [b.gep(memory, [whole(LAST + k)]) for k in range(len(KNOBS))]

    def differs(k: int, value: Value) -> Value:
        same = code.fill(value)
        found = [b.fcmp_unordered("!=", code.load(code.at(knobs, k * TILE + j)), same) for j in vectors]
        while len(found) > 1:
            found = [b.or_(x, y) for x, y in zip(found[::2], found[1::2], strict=True)]
        bits = ir.IntType(code.lanes)
        return b.icmp_unsigned("!=", b.bitcast(found[0], bits), ir.Constant(bits, 0))

    moved = ir.Constant(ir.IntType(1), 0)
    for k, place in enumerate(last):
        moved = b.or_(moved, differs(k, b.fptrunc(b.load(place), FLOAT)))

    def evaluate() -> None:
        unknown = ir.Constant(DOUBLE, math.nan)
        for k, place in enumerate(last):
            first = b.load(code.at(knobs, k * TILE))
            b.store(b.select(differs(k, first), unknown, b.fpext(first, DOUBLE)), place)
        angle = code.fill(b.fptrunc(b.load(b.gep(memory, [whole(ANGLE)])), FLOAT))

        def vector(j: Value) -> None:
            values = [code.load(code.at(knobs, k * TILE, j)) for k in range(len(KNOBS))]
            made = {
                DRIVE: _gain(code, values[DRIVE]),
                BIAS: values[BIAS],
                TONE: _tone(code, b.fmul(values[TONE], angle)),
                MIX: values[MIX],
                OUTPUT: _gain(code, values[OUTPUT]),
                REST: curves.tanh(code, values[BIAS]),
            }
            for row, value in made.items():
                code.store(value, code.at(factors, row * TILE, j))

        code.loop(TILE, (), vector, step=code.lanes)

    code.when(moved, evaluate)


def _gain(code: Code, level_db: Value) -> Value:
    """Linear factor of a level."""
    return curves.exponential(code, code.builder.fmul(level_db, code.real(NEPER)))


def _tone(code: Code, angle: Value) -> Value:
    """g / (1 + g) with g = tan(angle), the low-pass's bilinear coefficient; cutoffs above HIGHEST_TONE count as that."""
    b = code.builder
    angle = code.minimum(angle, code.real(math.pi * HIGHEST_TONE))
    square = b.fmul(angle, angle)
    sine, cosine = b.fmul(angle, code.polynomial(square, SIN)), code.polynomial(square, COS)
    return b.fdiv(sine, b.fadd(sine, cosine))


def _emit_output(code: Code, frames: Value, places: tuple[Value, Value, Value], factors: list[Value],
                 memory: Value, cells: Value) -> None:  # fmt: skip
    """Emit DC block, low-pass, mix and output gain, float64, sample by sample from `dry` and `wet` to `out`."""
    b, (dry, wet, out) = code.builder, places
    pole = b.load(b.gep(memory, [whole(POLE)]))
    kept = [b.gep(cells, [whole(k)]) for k in (X1, Y1, LOW)]
    multiply_add = b.module.declare_intrinsic("llvm.fmuladd", [DOUBLE], ir.FunctionType(DOUBLE, [DOUBLE] * 3))

    def read(pointer: Value, i: Value) -> Value:
        return b.fpext(b.load(code.at(pointer, i)), DOUBLE)

    def sample(i: Value, x1: Value, y1: Value, low: Value) -> list[Value]:
        shaped, tone = read(wet, i), read(factors[TONE], i)
        y1 = b.call(multiply_add, [pole, y1, b.fsub(shaped, x1)])
        # trapezoidal integrator: filtered = low + tone (y1 - low), low' = 2 filtered - low, exact while the cutoff moves;
        # low' is written so that one sample waits for the one before by a single multiply-add
        filtered = b.call(multiply_add, [tone, b.fsub(y1, low), low])
        twice = b.fadd(tone, tone)
        low = b.call(multiply_add, [b.fsub(ir.Constant(DOUBLE, 1.0), twice), low, b.fmul(twice, y1)])
        unchanged = read(dry, i)
        mixed = b.call(multiply_add, [read(factors[MIX], i), b.fsub(filtered, unchanged), unchanged])
        b.store(b.fptrunc(b.fmul(mixed, read(factors[OUTPUT], i)), FLOAT), code.at(out, i))
        return [shaped, y1, low]

    after = code.loop(frames, [b.load(place) for place in kept], sample)
    for value, place in zip(after, kept, strict=True):
        b.store(value, place)
