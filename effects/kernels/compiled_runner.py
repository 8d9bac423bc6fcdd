"""The runner as Python calls it, and as a compiled host would: over blocks."""

import ctypes
from functools import cache

from llvmlite import ir

from . import tables
from .code import INDEX, POINTER, Code, Value, whole
from .machine import Machine
from .native import Native
from .runner import Runner


def _emit_blocks(module: ir.Module, machine: Machine) -> None:
    """run_blocks(frame, buffer, block): `run` over blocks of the frame's audio, copied in and out as a host does."""
    function = ir.Function(module, ir.FunctionType(INDEX, [INDEX] * 3), "wetdry_run_blocks")
    code = Code(ir.IRBuilder(function.append_basic_block("entry")), machine, 1)
    b = code.builder
    address, buffer, block = function.args
    frame, scratch = b.inttoptr(address, INDEX.as_pointer()), b.inttoptr(buffer, POINTER)
    places = {at: b.gep(frame, [whole(at)]) for at in (tables.AUDIO, tables.CHANNELS, tables.TOTAL, tables.CLOCK)}
    whole_audio, channels, total = (b.load(places[at]) for at in (tables.AUDIO, tables.CHANNELS, tables.TOTAL))
    audio = b.inttoptr(whole_audio, POINTER)
    b.store(buffer, places[tables.AUDIO])
    b.store(block, places[tables.TOTAL])

    def move(first: Value, inward: bool) -> None:
        def row(c: Value) -> None:
            outside, inside = code.at(audio, b.mul(c, total), first), code.at(scratch, b.mul(c, block))
            source, goal = (outside, inside) if inward else (inside, outside)
            code.loop(block, (), lambda i: b.store(b.load(code.at(source, i)), code.at(goal, i)) and None)

        code.loop(channels, (), row)

    def one(n: Value) -> None:
        move(b.mul(n, block), True)
        b.store(b.call(module.globals["wetdry_run"], [address]), places[tables.CLOCK])
        move(b.mul(n, block), False)

    code.loop(b.sdiv(total, block), (), one)
    b.ret(b.load(places[tables.CLOCK]))


def module(machine: Machine) -> ir.Module:
    """Return the runner's code."""
    made = ir.Module()
    made.triple = machine.triple
    Runner(made, machine).emit()
    _emit_blocks(made, machine)
    return made


RUNNER = Native("runner", module)


class Functions:
    """The compiled runner as Python calls it, with addresses; the interpreter lock is released meanwhile."""

    def __init__(self) -> None:
        number = ctypes.c_int64
        self.run = ctypes.CFUNCTYPE(number, number)(RUNNER.address_of("wetdry_run"))
        self.run_blocks = ctypes.CFUNCTYPE(number, *[number] * 3)(RUNNER.address_of("wetdry_run_blocks"))


@cache
def functions() -> Functions:
    """Return the compiled runner; the first call compiles it, or fetches it from disk."""
    return Functions()
