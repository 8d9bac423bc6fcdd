"""The runner: plays a list of kernels over a block, cutting time at multiples of TILE.

It owns what every kernel shares: the clock, the knobs (one event queue, one-pole smoothing), the cut into
tiles, non-finite input (counts as 0), the mute of a kernel whose output turns non-finite, and denormals.

    run(frame) -> clock after it

The frame says what to play (contiguous float32 rows, changed in place; events as float64 rows of stream sample,
knob and value, sorted, the last one at an infinite sample) and where a program's arrays lie.
"""

from typing import Any

from llvmlite import ir

from . import tables
from .abi import DOUBLES, FLOAT_ROWS, FLOATS, KERNEL_KIND, made_array
from .code import DOUBLE, FLOAT, INDEX, POINTER, Code, Value, whole
from .kernel import TILE
from .machine import Machine
from .moving_knobs import MovingKnobs

EXPONENT = 0x7F800000
FLUSH_DENORMALS = 0x8040
ROUNDING = 0x1F80
WORD = ir.IntType(32)


class Runner:
    """Emits the runner into one function; the helpers of a step are methods."""

    def __init__(self, module: ir.Module, machine: Machine) -> None:
        function = ir.Function(module, ir.FunctionType(INDEX, [INDEX]), "wetdry_run")
        self.code = Code(ir.IRBuilder(function.append_basic_block("entry")), machine, 1)
        self.wide = self.code.narrow(machine.lanes)
        b = self.builder = self.code.builder
        self.frame = b.inttoptr(function.args[0], INDEX.as_pointer())
        self.channels, self.total, self.clock = (self.entry(at) for at in (tables.CHANNELS, tables.TOTAL, tables.CLOCK))
        self.audio, self.events = (
            b.inttoptr(self.entry(tables.AUDIO), POINTER),
            b.inttoptr(self.entry(tables.EVENTS), DOUBLE.as_pointer()),
        )
        self.table = b.inttoptr(self.entry(tables.TABLE), INDEX.as_pointer())
        self.knob_table = b.inttoptr(self.entry(tables.KNOB_TABLE), DOUBLE.as_pointer())
        self.knobs = b.inttoptr(self.entry(tables.KNOB_ROWS), POINTER)
        doubles, floats = DOUBLE.as_pointer(), POINTER
        self.memory, self.reset_memory = (
            b.inttoptr(self.entry(at), doubles) for at in (tables.MEMORY_AT, tables.RESET_MEMORY_AT)
        )
        self.state, self.reset_state = (b.inttoptr(self.entry(at), floats) for at in (tables.STATE_AT, tables.RESET_STATE_AT))
        self.weights = b.inttoptr(self.entry(tables.WEIGHTS_AT), floats)
        self.kernels, self.knob_count = self.entry(tables.KERNELS), self.entry(tables.KNOB_COUNT)

    def entry(self, place: int) -> Value:
        return self.builder.load(self.builder.gep(self.frame, [whole(place)]))

    def at(self, pointer: Value, *offset: int | Value) -> Value:
        return self.code.at(pointer, *offset)

    def emit(self) -> None:
        """Emit the whole function."""
        b = self.builder
        mode = exchange_float_mode(b, ir.Constant(WORD, ROUNDING | FLUSH_DENORMALS))
        knobs = MovingKnobs(self.code, self.wide, self.events, self.knob_table, self.knobs, self.knob_count)
        self._clean()

        def tile(start: Value, clock: Value, event: Value) -> list[Value]:
            column = b.and_(clock, whole(TILE - 1))
            room, left = b.sub(whole(TILE), column), b.sub(self.total, start)
            frames = b.select(b.icmp_signed("<", room, left), room, left)
            event = knobs.follow(clock, column, frames, event)
            self.code.loop(self.kernels, (), lambda k: self._play(k, start, frames, clock, column))
            return [b.add(start, frames), b.add(clock, frames), event]

        start = [whole(0), self.clock, whole(0)]
        _, clock, _ = self.code.repeat(start, lambda start, *_: b.icmp_signed("<", start, self.total), tile)
        exchange_float_mode(b, mode)
        b.ret(clock)

    def _bad(self, pointer: Value) -> Value:
        """Return whether the float at `pointer` is a NaN or an infinity."""
        b = self.builder
        bits = b.load(b.bitcast(pointer, WORD.as_pointer()))
        return b.icmp_signed("==", b.and_(bits, ir.Constant(WORD, EXPONENT)), ir.Constant(WORD, EXPONENT))

    def _any_bad(self, first: Value, count: Value) -> Value:
        """Return whether any of `count` floats is bad: whether the largest of their exponents is all ones."""
        b, lanes = self.builder, self.wide.lanes
        words = ir.VectorType(WORD, lanes)
        exponents, none = ir.Constant(words, [EXPONENT] * lanes), ir.Constant(words, [0] * lanes)

        def larger(i: Value, largest: Value) -> list[Value]:
            found = b.and_(b.bitcast(self.wide.load(self.at(first, i)), words), exponents)
            return [b.select(b.icmp_unsigned(">", found, largest), found, largest)]

        together = b.and_(count, whole(-lanes))
        (largest,) = self.code.loop(together, [none], larger, step=lanes)
        bad = b.icmp_signed("==", b.call(self._largest_of(words), [largest]), ir.Constant(WORD, EXPONENT))
        rest = self.at(first, together)
        return self.code.loop(b.sub(count, together), [bad], lambda i, bad: [b.or_(bad, self._bad(self.at(rest, i)))])[0]

    def _largest_of(self, words: Any) -> ir.Function:
        name, module = f"llvm.vector.reduce.umax.v{words.count}i32", self.builder.module
        return module.globals.get(name) or ir.Function(module, ir.FunctionType(WORD, [words]), name)

    def _clean(self) -> None:
        """A non-finite input sample counts as 0."""
        b, zero = self.builder, ir.Constant(FLOAT, 0.0)
        count = b.mul(self.channels, self.total)

        def silence(i: Value) -> None:
            place = self.at(self.audio, i)
            b.store(b.select(self._bad(place), zero, b.load(place)), place)

        self.code.when(self._any_bad(self.audio, count), lambda: self.code.loop(count, (), silence) and None)

    def _play(self, k: Value, start: Value, frames: Value, clock: Value, column: Value) -> None:
        """Play one kernel; mute it where its output turns non-finite, and begin it anew at the next tile."""
        b, code = self.builder, self.code
        row = b.mul(k, whole(tables.COLUMNS))
        columns = [b.load(self.at(self.table, row, c)) for c in range(tables.COLUMNS)]
        muted_at = self.at(self.table, row, tables.MUTED)
        begins = b.icmp_signed("==", column, whole(0))

        def restart() -> None:
            for live, fresh, first, last in ((self.memory, self.reset_memory, tables.MEMORY, tables.MEMORY_END),
                                             (self.state, self.reset_state, tables.STATE, tables.STATE_END)):  # fmt: skip
                size, offset = b.sub(columns[last], columns[first]), columns[first]

                def copy(i: Value, live: Value = live, fresh: Value = fresh, offset: Value = offset) -> None:
                    b.store(b.load(self.at(fresh, offset, i)), self.at(live, offset, i))

                code.loop(size, (), copy)
            b.store(whole(0), muted_at)

        code.when(b.and_(b.icmp_signed("!=", columns[tables.MUTED], whole(0)), begins), restart)
        muted = b.icmp_signed("!=", b.load(muted_at), whole(0))
        with b.if_else(muted) as (silent, playing):
            with silent:
                self._silence(start, b.add(start, frames))
            with playing:
                self._call(columns, start, frames, clock)
                bad = self._any_bad_column(start, frames)
                with b.if_then(b.icmp_signed("<", bad, frames)):
                    b.store(whole(1), muted_at)
                    self._silence(b.add(start, bad), b.add(start, frames))

    def _call(self, columns: list[Value], start: Value, frames: Value, clock: Value) -> None:
        b = self.builder

        def part(kind: Any, base: Value, first: int) -> Value:
            return made_array(b, kind, self.at(base, columns[first]), [b.sub(columns[first + 1], columns[first])])

        audio = made_array(b, FLOAT_ROWS, self.audio, [self.channels, self.total])
        rows = b.sub(columns[tables.KNOBS_END], columns[tables.KNOBS])
        knobs = made_array(b, FLOAT_ROWS, self.at(self.knobs, b.mul(columns[tables.KNOBS], whole(TILE))), [rows, whole(TILE)])
        arenas = [
            part(DOUBLES, self.memory, tables.MEMORY),
            part(FLOATS, self.state, tables.STATE),
            part(FLOATS, self.weights, tables.WEIGHTS),
        ]
        kernel = b.inttoptr(columns[tables.ADDRESS], KERNEL_KIND.as_pointer())
        b.call(kernel, [audio, start, frames, clock, knobs, *arenas])

    def _any_bad_column(self, start: Value, frames: Value) -> Value:
        """Return the first of this call's columns that holds a bad value, or `frames`."""
        b, code = self.builder, self.code

        def row(channel: Value, best: Value) -> list[Value]:
            first = self.at(self.audio, b.mul(channel, self.total), start)
            bad = self._any_bad(first, frames)

            def earlier(i: Value, best: Value) -> list[Value]:
                here = b.and_(self._bad(self.at(first, i)), b.icmp_signed("<", i, best))
                return [b.select(here, i, best)]

            count = b.select(bad, frames, whole(0))
            return code.loop(count, [best], earlier)

        return code.loop(self.channels, [frames], row)[0]

    def _silence(self, first: Value, last: Value) -> None:
        b, code = self.builder, self.code

        def row(channel: Value) -> None:
            start = self.at(self.audio, b.mul(channel, self.total), first)
            code.loop(b.sub(last, first), (), lambda i: b.store(ir.Constant(FLOAT, 0.0), self.at(start, i)) and None)

        code.loop(self.channels, (), row)


def exchange_float_mode(builder: ir.IRBuilder, mode: Value) -> Value:
    """Set the x86 float control register and return the one before; nothing on other machines."""
    if not builder.module.triple.startswith(("x86_64", "amd64")):
        return mode
    kind, byte_pointer = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer()]), ir.IntType(8).as_pointer()
    cell = builder.alloca(WORD)
    address = builder.bitcast(cell, byte_pointer)
    builder.call(builder.module.declare_intrinsic("llvm.x86.sse.stmxcsr", (), kind), [address])
    before = builder.load(cell)
    builder.store(mode, cell)
    builder.call(builder.module.declare_intrinsic("llvm.x86.sse.ldmxcsr", (), kind), [address])
    return before
