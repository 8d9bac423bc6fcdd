"""The core's peak: how many multiply-adds a second one core can do when nothing else is asked of it."""

import ctypes
import time
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from ...effects.kernels.code import FLOAT, INDEX, Code
from ...effects.kernels.machine import Machine, host
from ...effects.kernels.native import optimised

_NAME = "multiply_adds"
_STEPS = 200_000
_PASSES = 25


def peak_multiply_adds() -> float:
    """Return multiply-adds a second: vector sums in registers, independent of each other, best of several passes."""
    machine = host()
    function, _ = _compiled(machine)
    best = float("inf")
    for _ in range(_PASSES):
        begun = time.perf_counter_ns()
        function(_STEPS, 0.999, 0.001)
        best = min(best, time.perf_counter_ns() - begun)
    return _STEPS * _sums(machine) * machine.lanes / best * 1e9


def _sums(machine: Machine) -> int:
    return machine.registers * 3 // 4  # as many as fit beside the factors; two units of four cycles want eight


@cache
def _compiled(machine: Machine) -> tuple[Any, Any]:
    """Return the loop as a C function (steps, factor, term), and the engine that keeps it alive."""
    module = ir.Module(_NAME)
    function = ir.Function(module, ir.FunctionType(FLOAT, [INDEX, FLOAT, FLOAT]), _NAME)
    builder = ir.IRBuilder(function.append_basic_block())
    code = Code(builder, machine)
    factor, term = (code.fill(argument) for argument in function.args[1:])
    starts = [code.real(1.0 + i) for i in range(_sums(machine))]
    sums = code.loop(function.args[0], starts, lambda index, *values: [code.multiply_add(v, factor, term) for v in values])
    total = sums[0]
    for value in sums[1:]:
        total = builder.fadd(total, value)
    lane = ir.Constant(ir.IntType(32), 0)
    builder.ret(builder.extract_element(total, lane) if machine.lanes > 1 else total)
    parsed, target = optimised(module, machine)
    engine = llvm.create_mcjit_compiler(parsed, target)
    engine.finalize_object()
    prototype = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_int64, ctypes.c_float, ctypes.c_float)
    return prototype(engine.get_function_address(_NAME)), engine
