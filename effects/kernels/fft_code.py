"""The transforms of fft.py as vector code: loads, butterflies in registers, one transposition, stores."""

import math
from collections.abc import Callable

from llvmlite import ir

from .code import INDEX, POINTER, Code, Value, whole
from .fft import SLICE, Fourier

Complex = tuple[Value, Value]


class FourierCode:
    """Emits forward and inverse transform into the module of `code`."""

    def __init__(self, code: Code, transform: Fourier) -> None:
        self.module, self.machine, self.transform = code.builder.module, code.machine, transform
        self.forward = self._function("forward", 6, self._forward)
        self.inverse = self._function("inverse", 4, self._inverse)

    def _function(self, name: str, arguments: int, emit: Callable[..., None]) -> ir.Function:
        kinds = [POINTER] * min(arguments, 5) + [INDEX] * (arguments - 5)
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), f"{name}_{self.transform.size}")
        function.linkage = "internal"
        function.attributes.add("noinline")
        self.code = Code(ir.IRBuilder(function.append_basic_block("entry")), self.machine, self.transform.lanes)
        emit(*function.args)
        self.code.builder.ret_void()
        return function

    # whole transforms

    def _forward(self, before: Value, now: Value, tables: Value, work: Value, out: Value, out_stride: Value) -> None:
        """Transform blocks `before` and `now`; slices of the spectrum go to `out`, `out_stride` floats apart."""

        def twisted(at: Value) -> Complex:
            b = self.code.builder
            samples = self.code.load(self.code.at(before, at)), b.fneg(self.code.load(self.code.at(now, at)))
            return self._times(samples, self._load(tables, at))

        def kept(at: Value) -> Complex:
            return self._load(work, at)

        def keep(at: Value, value: Complex) -> None:
            self._store(value, work, at)

        passes = len(self.transform.passes)
        for number in range(passes):
            self._each_butterfly(number, tables, kept if number else twisted, keep, inverse=False)

        def group(index: Value) -> None:
            lanes = self.transform.lanes
            rows = self._dft([(kept if passes else twisted)(at) for at in self._group_rows(index)], -1)
            turned = [self._times(v, self._lane_turn(tables, index, m)) for m, v in enumerate(rows)]
            bins = self._dft(self._transposed(turned), -1)
            place = self._slice_place(out, out_stride, index)
            for k, value in enumerate(bins):
                self._store_at(value, place, k * lanes, SLICE)

        self.code.loop(self.transform.rows // self.transform.lanes, (), group)

    def _inverse(self, spectrum: Value, tables: Value, work: Value, out: Value) -> None:
        """Transform a spectrum, in slices one behind the other, back into the samples of `now`."""

        def untwisted(at: Value, value: Complex) -> None:
            b, (cosine, sine) = self.code.builder, self._load(tables, at)
            sample = self.code.multiply_add(value[0], sine, b.fneg(b.fmul(value[1], cosine)))
            self.code.store(sample, self.code.at(out, at))

        def keep(at: Value, value: Complex) -> None:
            self._store(value, work, at)

        passes = len(self.transform.passes)

        def group(index: Value) -> None:
            lanes = self.transform.lanes
            place = self._slice_place(spectrum, whole(2 * SLICE), index)
            bins = [self._load_at(place, k * lanes, SLICE) for k in range(lanes)]
            rows = self._transposed(self._dft(bins, 1))
            turned = [self._times_conjugate(v, self._lane_turn(tables, index, m)) for m, v in enumerate(rows)]
            for at, value in zip(self._group_rows(index), self._dft(turned, 1), strict=True):
                (keep if passes else untwisted)(at, value)

        self.code.loop(self.transform.rows // self.transform.lanes, (), group)
        for number in reversed(range(passes)):
            write = keep if number else untwisted
            self._each_butterfly(number, tables, lambda at: self._load(work, at), write, inverse=True)

    def _each_butterfly(self, number: int, tables: Value, read: Callable[[Value], Complex],
                        write: Callable[[Value, Complex], None], inverse: bool) -> None:  # fmt: skip
        """Run one radix pass over all rows."""
        code, lanes = self.code, self.transform.lanes
        span, radix = self.transform.passes[number]
        step = span // radix

        def block(index: Value) -> None:
            def butterfly(j: Value) -> None:
                first = code.multiply(code.add(code.multiply(index, span), j), lanes)
                places = [code.add(first, m * step * lanes) for m in range(radix)]
                factors = code.at(tables, self.transform.pass_turns[number], code.multiply(j, 2 * (radix - 1)))
                turns = [(code.spread(code.at(factors, 2 * m)), code.spread(code.at(factors, 2 * m + 1)))
                         for m in range(radix - 1)]  # fmt: skip
                values = [read(at) for at in places]
                if inverse:
                    values[1:] = [self._times_conjugate(v, t) for v, t in zip(values[1:], turns, strict=True)]
                values = self._dft(values, 1 if inverse else -1)
                if not inverse:
                    values[1:] = [self._times(v, t) for v, t in zip(values[1:], turns, strict=True)]
                for at, value in zip(places, values, strict=True):
                    write(at, value)

            code.loop(step, (), butterfly)

        code.loop(self.transform.rows // span, (), block)

    # places

    def _group_rows(self, index: Value) -> list[Value]:
        lanes = self.transform.lanes
        return [self.code.add(self.code.multiply(index, lanes * lanes), m * lanes) for m in range(lanes)]

    def _slice_place(self, spectrum: Value, stride: Value, group: Value) -> Value:
        """Return where the frequencies of a group lie in the slices of a spectrum."""
        code, groups = self.code, SLICE // self.transform.lanes**2
        if groups == 1:
            return code.at(spectrum, code.multiply(group, stride))
        number, rest = code.builder.udiv(group, whole(groups)), code.builder.urem(group, whole(groups))
        return code.at(spectrum, code.multiply(number, stride), code.multiply(rest, self.transform.lanes**2))

    def _lane_turn(self, tables: Value, group: Value, row: int) -> Complex:
        lanes = self.transform.lanes
        place = self.code.at(tables, self.transform.lane_turns, self.code.multiply(group, 2 * lanes * lanes))
        return self._load_at(place, 2 * lanes * row, lanes)

    def _load(self, pointer: Value, at: Value) -> Complex:
        return self._load_at(self.code.at(pointer, at), 0, self.transform.size)

    def _store(self, value: Complex, pointer: Value, at: Value) -> None:
        self._store_at(value, self.code.at(pointer, at), 0, self.transform.size)

    def _load_at(self, pointer: Value, offset: int, apart: int) -> Complex:
        return self.code.load(self.code.at(pointer, offset)), self.code.load(self.code.at(pointer, offset + apart))

    def _store_at(self, value: Complex, pointer: Value, offset: int, apart: int) -> None:
        for part, where in zip(value, (offset, offset + apart), strict=True):
            self.code.store(part, self.code.at(pointer, where))

    # arithmetic

    def _times(self, x: Complex, w: Complex) -> Complex:
        b, code = self.code.builder, self.code
        return code.multiply_add(x[0], w[0], b.fneg(b.fmul(x[1], w[1]))), code.multiply_add(x[0], w[1], b.fmul(x[1], w[0]))

    def _times_conjugate(self, x: Complex, w: Complex) -> Complex:
        return self._times(x, (w[0], self.code.builder.fneg(w[1])))

    def _dft(self, values: list[Complex], sign: int) -> list[Complex]:
        """Transform values across registers; 1, 2, 4 or 8 of them."""
        if len(values) == 1:
            return values
        b, count = self.code.builder, len(values)
        even, odd = self._dft(values[::2], sign), self._dft(values[1::2], sign)
        odd = [self._turned(v, k, count, sign) for k, v in enumerate(odd)]
        both = list(zip(even, odd, strict=True))
        return [(b.fadd(e[0], o[0]), b.fadd(e[1], o[1])) for e, o in both] + [
            (b.fsub(e[0], o[0]), b.fsub(e[1], o[1])) for e, o in both
        ]

    def _turned(self, x: Complex, k: int, count: int, sign: int) -> Complex:
        """Return x · exp(sign · 2 pi i k / count)."""
        b = self.code.builder
        if k == 0:
            return x
        if 4 * k == count:
            return (x[1], b.fneg(x[0])) if sign < 0 else (b.fneg(x[1]), x[0])
        angle = sign * 2 * math.pi * k / count
        return self._times(x, (self.code.real(math.cos(angle)), self.code.real(math.sin(angle))))

    def _transposed(self, rows: list[Complex]) -> list[Complex]:
        """Return the square of lanes x lanes values with rows and lanes exchanged."""
        return list(zip(*(self._transposed_part([row[part] for row in rows]) for part in (0, 1)), strict=True))

    def _transposed_part(self, rows: list[Value]) -> list[Value]:
        lanes, rows, apart = self.transform.lanes, list(rows), 1
        while apart < lanes:
            low = [j if not j & apart else lanes + j - apart for j in range(lanes)]
            high = [j + apart if not j & apart else lanes + j for j in range(lanes)]
            for i in range(lanes):
                if not i & apart:
                    a, b = rows[i], rows[i + apart]
                    rows[i], rows[i + apart] = self._picked(a, b, low), self._picked(a, b, high)
            apart *= 2
        return rows

    def _picked(self, a: Value, b: Value, places: list[int]) -> Value:
        return self.code.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places))
