"""From a plan to one kernel: a function for each shape of step, and a main function that calls them in order."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from ..kernels.abi import data_of, declare_kernel
from ..kernels.code import DOUBLE, INDEX, POINTER, Code, Value, whole
from ..kernels.kernel import TILE
from ..kernels.machine import Machine
from ..kernels.native import NativeKernel
from .film import SEEN, Films
from .plan import Buffer, Cell, Clock, Doubles, Knobs, Plan, Rows, Settling, Shared, Step, Weights
from .rows import copy_rows

CLOCK = 0  # place in memory: samples since the state began


@dataclass(frozen=True)
class Assembled:
    """What plays a net: the kernel, its arrays as they stand at first, and the silence to play before the start."""

    kernel: NativeKernel
    memory: np.ndarray
    state: np.ndarray
    weights: np.ndarray
    silence_samples: int


def assemble(plan: Plan, films: Films | None, channels: int, together: bool, outputs: int) -> Assembled:
    """Place the plan and return its kernel for `channels` rows of audio.

    `together`: the rows are the inputs of one net; else each row is played by a net of its own.
    """
    if films:
        films.place()
    plan.place()
    knobs = films.knobs if films else 0
    played = 1 if together else channels
    memory = np.concatenate([np.zeros(SEEN), np.full(knobs, np.nan), np.zeros(plan.memory_size * played)])
    recipe = f"{_recipe(plan, films)} {together} {outputs}"
    kernel = NativeKernel(recipe, lambda machine: _module(plan, films, together, outputs, machine))
    return Assembled(kernel, memory, plan.state(played), plan.weights, plan.silence_samples)


def _recipe(plan: Plan, films: Films | None) -> str:
    """Return text that changes whenever the code would."""
    numbers: dict[Buffer, int] = {}
    parts = [repr((plan.channel_size, plan.shared_size, plan.input_rows, plan.memory_size, plan.silence_samples, plan.settles))]
    for step in plan.steps:
        parts.append(repr((step.shape(), [_plain(o, numbers) for o in step.operands()])))
    buffers = [*numbers, plan.source, plan.sink]
    parts += [repr((b.rows, b.history, b.allocated, b.offset, b.phase)) for b in buffers]
    if films:
        dense = [(m.shape, place) for m, place in films.dense]
        parts.append(
            repr((dense, films.start, films.end, films.size, films.first, films.packed, films.conditioning, films.knobs))
        )
    return " ".join(parts)


def _plain(operand: Any, numbers: dict[Buffer, int]) -> Any:
    if isinstance(operand, Rows):
        return "rows", numbers.setdefault(operand.buffer, len(numbers)), operand.back, operand.row
    return operand


def _module(plan: Plan, films: Films | None, together: bool, outputs: int, machine: Machine) -> ir.Module:
    module = ir.Module()
    functions: dict[Any, ir.Function] = {}
    main = declare_kernel(module)
    code = Code(ir.IRBuilder(main.append_basic_block("entry")), machine)
    b = code.builder
    audio, start, frames, clock, knobs, memory, state, weights = main.args
    samples, row_stride = data_of(b, audio), b.sdiv(b.extract_value(audio, [6, 0]), whole(4))
    rows = b.extract_value(audio, [5, 0])
    memory, shared, weights = data_of(b, memory), data_of(b, state), data_of(b, weights)
    column = b.and_(clock, whole(TILE - 1))
    knob_stride = b.sdiv(b.extract_value(knobs, [6, 0]), whole(4))
    knob_rows = (data_of(b, knobs), knob_stride)
    counter = b.gep(memory, [whole(CLOCK)])
    local = b.fptosi(b.load(counter), INDEX)
    b.store(b.sitofp(b.add(local, frames), ir.DoubleType()), counter)
    tile_begins = b.icmp_signed("==", column, whole(0))
    if films:
        code.when(tile_begins, lambda: films.emit(code, knob_rows, memory, shared, weights))
    places = _Places(code, plan, local, shared, weights, (code.at(knob_rows[0], column), knob_stride))

    def one_channel(channel: Value) -> None:
        places.channel = code.at(shared, plan.shared_size, code.multiply(channel, plan.channel_size))
        places.doubles = code.at(memory, SEEN + (films.knobs if films else 0), code.multiply(channel, plan.memory_size))
        code.when(tile_begins, lambda: _move_back(places, functions))
        audio_row = code.at(samples, code.multiply(channel, row_stride), start)
        copy_rows(code, frames, plan.input_rows, (audio_row, row_stride), places.rows(Rows(plan.source)))
        for step in plan.steps:
            _call(step, code, functions, frames, column, places)
        copy_rows(code, frames, outputs, places.rows(Rows(plan.sink)), (audio_row, row_stride))

    code.loop(1 if together else rows, (), one_channel)
    b.ret(ir.Constant(main.function_type.return_type, None))
    return module


class _Places:
    """Where operands lie, as values of the main function."""

    def __init__(self, code: Code, plan: Plan, local: Value, shared: Value, weights: Value, knobs: tuple[Value, Value]) -> None:
        self.code, self.plan, self.local, self.shared, self.weights, self.knobs = code, plan, local, shared, weights, knobs
        self.channel: Value = None
        self.doubles: Value = None

    def now(self, buffer: Buffer) -> Value:
        """Return how far into its room a buffer is."""
        return self.code.builder.and_(self.code.add(self.local, buffer.phase), whole(buffer.room - 1))

    def rows(self, rows: Rows) -> tuple[Value, Value]:
        """Return pointer and stride of rows at this call's first sample."""
        buffer, code = rows.buffer, self.code
        fixed = buffer.offset + buffer.history - rows.back + rows.row * buffer.stride
        if not buffer.history:
            return code.at(self.shared, fixed), whole(buffer.stride)
        return code.at(self.channel, fixed, self.now(buffer)), whole(buffer.stride)

    def passed(self, operand: Any) -> list[Value]:
        """Return an operand as function arguments."""
        code = self.code
        match operand:
            case Rows():
                return list(self.rows(operand))
            case Weights(offset):
                return [code.at(self.weights, offset)]
            case Shared(offset):
                return [code.at(self.shared, offset)]
            case Cell(offset):
                return [code.at(self.channel, offset)]
            case Doubles(offset):
                return [code.at(self.doubles, offset)]
            case Clock():
                return [self.local]
            case Settling():
                return [whole(-(-self.plan.silence_samples // TILE) * TILE if self.plan.settles else 0)]
            case Knobs():
                return list(self.knobs)
        return [whole(operand)]


def _call(step: Step, code: Code, functions: dict[Any, ir.Function], frames: Value, column: Value, places: _Places) -> None:
    operands = step.operands()
    key = step.shape()
    if key not in functions:
        functions[key] = _define(step, operands, code, len(functions))
    values = [value for operand in operands for value in places.passed(operand)]
    code.builder.call(functions[key], [frames, column, *values])


def _define(step: Step, operands: list[Any], code: Code, number: int) -> ir.Function:
    """Emit the function of a step's shape."""
    kinds: list[Any] = [INDEX, INDEX]
    for operand in operands:
        kinds += [INDEX] if isinstance(operand, int | Clock | Settling) else [_pointer(operand)]
        kinds += [INDEX] if isinstance(operand, Rows | Knobs) else []
    function = ir.Function(
        code.builder.module, ir.FunctionType(ir.VoidType(), kinds), f"{type(step).__name__.lower()}_{number}"
    )
    function.linkage = "internal"
    function.attributes.add("noinline")
    inner = Code(ir.IRBuilder(function.append_basic_block("entry")), code.machine)
    frames, column, *values = function.args
    queue, given = list(values), []
    for operand in operands:
        given.append((queue.pop(0), queue.pop(0)) if isinstance(operand, Rows | Knobs) else queue.pop(0))
    step.define(inner, frames, column, given)
    inner.builder.ret_void()
    return function


def _pointer(operand: Any) -> ir.Type:
    return DOUBLE.as_pointer() if isinstance(operand, Doubles) else POINTER


def _move_back(places: _Places, functions: dict[Any, ir.Function]) -> None:
    """Move the history of every buffer whose room is used up to its beginning."""
    code = places.code
    buffers = dict.fromkeys(b for s in places.plan.steps for b in (*s.reads, *s.writes) if b.history)
    if places.plan.source.history:
        buffers[places.plan.source] = None
    for buffer in buffers:
        full = code.builder.icmp_signed("==", places.now(buffer), whole(0))
        start = code.at(places.channel, buffer.offset)
        arguments = [start, whole(buffer.allocated), whole(buffer.stride), whole(buffer.room), whole(buffer.history)]
        code.when(full, lambda a=arguments: code.builder.call(_mover(code, functions), a) and None)


def _mover(code: Code, functions: dict[Any, ir.Function]) -> ir.Function:
    if "move" not in functions:
        function = ir.Function(code.builder.module, ir.FunctionType(ir.VoidType(), [POINTER, *[INDEX] * 4]), "move_back")
        function.linkage = "internal"
        function.attributes.add("noinline")
        c = Code(ir.IRBuilder(function.append_basic_block("entry")), code.machine)
        start, rows, stride, room, history = function.args

        def row(index: Value) -> None:
            first = c.at(start, c.multiply(index, stride))
            c.loop(history, (), lambda j: c.store(c.load(c.at(first, j, room)), c.at(first, j)), step=c.lanes)

        c.loop(rows, (), row)
        c.builder.ret_void()
        functions["move"] = function
    return functions["move"]
