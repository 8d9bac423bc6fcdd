"""Partitioned convolution as vector code: what one call does, channel by channel."""

from collections.abc import Sequence

from llvmlite import ir

from .abi import data_of, declare_kernel
from .code import DOUBLE, INDEX, POINTER, Code, Value, whole
from .convolution_layout import BIN, CHANNEL_SIZE, COUNTER, LEVELS, PARTITIONS, PAST, PER_LEVEL, RESPONSE, RESPONSE_SIZE, Layout
from .fft import SLICE, lanes_of
from .fft_code import FourierCode
from .kernel import TILE
from .machine import Machine

UNROLLED = 8  # taps of the head in one round of its loop


def module(sizes: tuple[int, ...], machine: Machine) -> ir.Module:
    """Return the kernel's code for levels of these sizes."""
    made = ir.Module()
    made.triple = machine.triple
    function = declare_kernel(made)
    code = Code(ir.IRBuilder(function.append_basic_block("entry")), machine)
    layout = Layout(sizes, lanes_of(machine.lanes))
    Convolution(code, layout, function.args).emit()
    code.builder.ret(ir.Constant(function.function_type.return_type, None))
    return made


class Convolution:
    """Emits the kernel: everything of one call, channel by channel."""

    def __init__(self, code: Code, layout: Layout, arguments: Sequence[Value]) -> None:
        self.code, self.layout, b = code, layout, code.builder
        audio, self.start, self.frames, _, _, memory, state, weights = arguments
        self.audio, self.audio_stride = data_of(b, audio), b.udiv(b.extract_value(audio, [6, 0]), whole(4))
        self.channels = b.extract_value(audio, [5, 0])
        self.state, self.weights = data_of(b, state), data_of(b, weights)
        counter = b.gep(data_of(b, memory), [whole(COUNTER)])
        self.now = b.fptosi(b.load(counter), INDEX)
        b.store(b.sitofp(b.add(self.now, self.frames), DOUBLE), counter)
        self.begins = b.icmp_signed("==", b.and_(self.now, whole(TILE - 1)), whole(0))
        self.transforms = [FourierCode(code, t) for t in layout.transforms]
        self.products = self._products()

    def number(self, place: int) -> Value:
        """Return a whole number of the weights' header."""
        return self.code.builder.fptosi(self.code.builder.load(self.code.at(self.weights, place)), INDEX)

    def floats(self, place: int) -> Value:
        """Return a size or offset of the header in floats."""
        return self.code.multiply(self.number(place), TILE)

    def emit(self) -> None:
        """Emit the body of the kernel."""
        code = self.code

        def channel(c: Value) -> None:
            state = code.at(self.state, self.layout.shared, code.multiply(c, self.floats(CHANNEL_SIZE)))
            response = code.at(self.weights, self.layout.responses, code.multiply(c, self.floats(RESPONSE_SIZE)))
            code.when(self.begins, lambda: self._begin_tile(state, response))
            here = code.builder.and_(self.now, whole(self.layout.ring - 1))
            samples = code.at(self.audio, code.multiply(c, self.audio_stride), self.start)
            self._copy(samples, code.at(state, TILE, here))
            self._head(code.at(state, TILE, here), code.at(state, self.layout.tail), response)
            self._copy(code.at(self.state, self.layout.row), samples)

        code.loop(self.channels, (), channel)

    def _copy(self, source: Value, goal: Value) -> None:
        """Copy this call's samples, and nothing beyond: what lies there may belong to nobody."""
        whole_vectors = self.code.builder.and_(self.frames, whole(-self.code.lanes))
        single = self.code.narrow(1)
        self.code.loop(whole_vectors, (), lambda i: self._move(self.code, source, goal, i), step=self.code.lanes)
        rest = self.code.builder.sub(self.frames, whole_vectors)
        self.code.loop(rest, (), lambda i: self._move(single, source, goal, single.add(whole_vectors, i)))

    def _move(self, code: Code, source: Value, goal: Value, at: int | Value) -> None:
        code.store(code.load(code.at(source, at)), code.at(goal, at))

    # the head

    def _head(self, samples: Value, tail: Value, taps: Value) -> None:
        """Write the first TILE taps' output, and what the partitions add, to the shared row."""
        code, vectors = self.code, 4
        column = code.builder.and_(self.now, whole(TILE - 1))

        def chunk(at: Value) -> None:
            begin = [code.load(code.at(tail, column, at, v * code.lanes)) for v in range(vectors)]

            def round_of_taps(k: Value, *sums: Value) -> list[Value]:
                totals = list(sums)
                for more in range(UNROLLED):
                    tap = code.spread(code.at(taps, k, more))
                    before = code.builder.sub(at, code.add(k, more))
                    totals = [code.multiply_add(tap, code.load(code.at(samples, before, v * code.lanes)), total)
                              for v, total in enumerate(totals)]  # fmt: skip
                return totals

            for v, total in enumerate(code.loop(TILE, begin, round_of_taps, step=UNROLLED)):
                code.store(total, code.at(self.state, self.layout.row, at, v * code.lanes))

        code.loop(self.frames, (), chunk, step=vectors * code.lanes)

    # partitions

    def _begin_tile(self, state: Value, response: Value) -> None:
        """Do a tile's share of all levels, and leave in the tail what they add to it."""
        code, layout, b = self.code, self.layout, self.code.builder
        ring_begins = b.icmp_signed("==", b.and_(self.now, whole(layout.ring - 1)), whole(0))

        def bring_round() -> None:
            for i in range(0, TILE, code.lanes):
                self._move(code, code.at(state, layout.ring), state, i)

        code.when(ring_begins, bring_round)
        tail = code.at(state, layout.tail)
        for i in range(0, TILE, code.lanes):
            code.store(code.real(0.0), code.at(tail, i))
        for number in range(len(layout.sizes)):
            count = self.number(LEVELS + PER_LEVEL * number + PARTITIONS)
            code.when(b.icmp_signed(">", count, whole(0)), lambda n=number, c=count: self._level(n, c, state, response, tail))

    def _level(self, number: int, count: Value, state: Value, response: Value, tail: Value) -> None:
        """Do a tile's share of one level."""
        code, layout, b = self.code, self.layout, self.code.builder
        size, transform = layout.sizes[number], self.transforms[number]
        header = LEVELS + PER_LEVEL * number
        inside = b.and_(self.now, whole(size - 1))
        index = b.udiv(inside, whole(TILE))
        head = b.urem(b.udiv(self.now, whole(size)), count)  # where in the past the newest spectrum lies
        past, response = code.at(state, self.floats(header + PAST)), code.at(response, self.floats(header + RESPONSE))
        tables, work = code.at(self.weights, layout.tables_at + layout.table_places[number]), code.at(self.state, layout.work)
        sums = code.at(state, layout.sums[number])
        block = tail if number == 0 else code.at(sums, 2 * size)
        stride = code.multiply(count, BIN)

        def look() -> None:
            before, now = (
                code.at(state, TILE, b.and_(b.sub(self.now, whole(n * size)), whole(layout.ring - 1))) for n in (2, 1)
            )
            newest = code.at(past, code.multiply(head, BIN))
            b.call(transform.forward, [before, now, tables, work, newest, stride])

        def give() -> None:
            b.call(transform.inverse, [sums, tables, work, block])

        if number:
            for i in range(0, TILE, code.lanes):
                total = b.fadd(code.load(code.at(tail, i)), code.load(code.at(block, inside, i)))
                code.store(total, code.at(tail, i))
        code.when(b.icmp_signed("==", index, whole(0)), look)
        slice_ = code.multiply(index, stride)
        b.call(self.products, [code.at(past, slice_), code.at(response, slice_), count, head,
                               code.at(sums, code.multiply(index, BIN))])  # fmt: skip
        code.when(b.icmp_signed("==", index, whole(size // TILE - 1)), give)

    def _products(self) -> ir.Function:
        """products(past, response, count, head, sums): one slice, summed over all partitions."""
        kinds = [POINTER, POINTER, INDEX, INDEX, POINTER]
        function = ir.Function(self.code.builder.module, ir.FunctionType(ir.VoidType(), kinds), "products")
        function.linkage = "internal"
        function.attributes.add("noinline")
        code = Code(ir.IRBuilder(function.append_basic_block("entry")), self.code.machine)
        past, response, count, head, sums = function.args
        b, vectors = code.builder, 4

        def chunk(at: Value) -> None:
            def partition(p: Value, slot: Value, *totals: Value) -> list[Value]:
                x, h = code.at(past, code.multiply(slot, BIN), at), code.at(response, code.multiply(p, BIN), at)
                done = []
                for v in range(vectors):
                    real, imaginary = totals[2 * v : 2 * v + 2]
                    (xr, xi), (hr, hi) = ([code.load(code.at(place, v * code.lanes + part)) for part in (0, SLICE)]
                                          for place in (x, h))  # fmt: skip
                    real, imaginary = code.multiply_add(xr, hr, real), code.multiply_add(xr, hi, imaginary)
                    done += [code.multiply_add(b.fneg(xi), hi, real), code.multiply_add(xi, hr, imaginary)]
                older = b.select(b.icmp_signed("==", slot, whole(0)), count, slot)
                return [b.sub(older, whole(1)), *done]

            totals = code.loop(count, [head, *[code.real(0.0)] * (2 * vectors)], partition)[1:]
            for n, total in enumerate(totals):
                code.store(total, code.at(sums, at, n // 2 * code.lanes + n % 2 * SLICE))

        code.loop(SLICE, (), chunk, step=vectors * code.lanes)
        b.ret_void()
        return function
