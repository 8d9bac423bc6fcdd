"""Steps that work value by value, or over the channels of one sample."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...models.spec import Activation
from ..kernels import curves
from ..kernels.code import Code, Value
from .plan import Buffer, Knobs, Operand, Plan, Rows, Step, Weights
from .product import over_time


class Each(Step):
    """out = f(sources) for every row and sample. Subclasses say `f`.

    Args:
        out: written; it may be one of the sources.
        sources: (buffer, first row) each; rows of `out` many are read.
        rows: how many.
        parameters: packed weights, one value a row each.
    """

    def __init__(self, out: Buffer, sources: list[tuple[Buffer, int]], rows: int, parameters: list[int] | None = None) -> None:
        self.out, self.sources, self.rows, self.parameters = out, sources, rows, parameters or []
        self.reads, self.writes = [b for b, _ in sources], [out]

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        """Return f of one vector of each source; parameters are those of the row, in every lane."""
        return values[0]

    def shape(self) -> tuple[Any, ...]:
        return (type(self).__name__, self.rows, len(self.sources), len(self.parameters))

    def operands(self) -> list[Operand]:
        sources: list[Operand] = [Rows(b, 0, row) for b, row in self.sources]
        return [*sources, *(Weights(p) for p in self.parameters), Rows(self.out)]

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        sources, parameters, out = operands[: len(self.sources)], operands[len(self.sources) : -1], operands[-1]

        def chunk(vectors: int, at: Value) -> None:
            def row(index: Value) -> None:
                here = [code.spread(code.at(p, index)) for p in parameters]
                starts = [code.at(pointer, code.multiply(index, stride), at) for pointer, stride in (*sources, out)]
                for v in range(vectors):
                    values = [code.load(code.at(s, v * code.lanes)) for s in starts[:-1]]
                    code.store(self.formula(code, values, here), code.at(starts[-1], v * code.lanes))

            code.loop(self.rows, (), row)

        over_time(code, frames, chunk)


class Copy(Each):
    """out = source."""


class Add(Each):
    """out = a + b."""

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        return code.builder.fadd(values[0], values[1])


class Times(Each):
    """out = a · b."""

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        return code.builder.fmul(values[0], values[1])


class ScaleShift(Each):
    """out = x · scale (+ shift), both rows of samples, or one value a row."""

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        factors = values[1:] + parameters
        if len(factors) == 1:
            return code.builder.fmul(values[0], factors[0])
        return code.multiply_add(values[0], factors[0], factors[1])


class Curve(Each):
    """out = activation(x); a prelu's slopes are its one parameter."""

    def __init__(self, out: Buffer, source: Buffer, rows: int, curve: Activation, slopes: int | None = None) -> None:
        super().__init__(out, [(source, 0)], rows, [] if slopes is None else [slopes])
        self.curve = curve

    def shape(self) -> tuple[Any, ...]:
        return (*super().shape(), repr(self.curve))

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        return curves.apply(code, self.curve, values[0], parameters[0] if parameters else None)


class Gate(Each):
    """gated: out = act(a) · sec(b); blended, s = sec(b): out = s · act(a) + (1 - s) · a; prelu slopes as parameters.

    A curve of None: that half's result is another buffer, in `done`, in the curves' order.
    """

    def __init__(self, out: Buffer, source: Buffer, rows: int, blended: bool, curves: Sequence[Activation | None],
                 slopes: Sequence[int | None], done: Sequence[Buffer]) -> None:  # fmt: skip
        sources = [(source, 0), (source, rows), *((b, 0) for b in done)]
        super().__init__(out, sources, rows, [s for s in slopes if s is not None])
        self.blended, self.curves, self.has = blended, curves, [s is not None for s in slopes]

    def shape(self) -> tuple[Any, ...]:
        return (*super().shape(), self.blended, repr(self.curves))

    def formula(self, code: Code, values: list[Value], parameters: list[Value]) -> Value:
        queue, done = list(parameters), values[2:]
        slopes = [queue.pop(0) if has else None for has in self.has]
        first, share = (curves.apply(code, curve, value, slope) if curve else done.pop(0)
                        for curve, value, slope in zip(self.curves, values, slopes, strict=False))  # fmt: skip
        if not self.blended:
            return code.builder.fmul(first, share)
        return code.multiply_add(share, code.builder.fsub(first, values[0]), values[0])


class Softmax(Step):
    """exp(x - largest) over its sum, across the rows of each sample, from the source's row `first` on."""

    def __init__(self, out: Buffer, source: Buffer, rows: int, first: int = 0) -> None:
        self.out, self.source, self.rows, self.first = out, source, rows, first
        self.reads, self.writes = [source], [out]

    def shape(self) -> tuple[Any, ...]:
        return ("softmax", self.rows)

    def operands(self) -> list[Operand]:
        return [Rows(self.source, 0, self.first), Rows(self.out)]

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        source, out = operands

        def one(at: Value) -> None:
            def place(rows: tuple[Value, Value], index: Value) -> Value:
                return code.at(rows[0], code.multiply(index, rows[1]), at)

            start = code.load(place(source, code.add(0)))
            (largest,) = code.loop(self.rows, (start,), lambda i, m: [code.maximum(m, code.load(place(source, i)))])

            def exponential(index: Value, total: Value) -> list[Value]:
                value = curves.exponential(code, code.builder.fsub(code.load(place(source, index)), largest))
                code.store(value, place(out, index))
                return [code.builder.fadd(total, value)]

            (total,) = code.loop(self.rows, (code.real(0.0),), exponential)

            def divide(index: Value) -> None:
                code.store(code.builder.fdiv(code.load(place(out, index)), total), place(out, index))

            code.loop(self.rows, (), divide)

        code.loop(frames, (), one, step=code.lanes)


class Pool(Step):
    """The largest of the last `taps` samples of each row."""

    def __init__(self, out: Buffer, source: Buffer, rows: int, taps: int) -> None:
        self.out, self.source, self.rows, self.taps = out, source.look_back(taps - 1), rows, taps
        self.reads, self.writes = [source], [out]

    def shape(self) -> tuple[Any, ...]:
        return ("pool", self.rows)

    def operands(self) -> list[Operand]:
        return [Rows(self.source, self.taps - 1), self.taps, Rows(self.out)]

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        (source, stride), taps, (out, out_stride) = operands

        def chunk(vectors: int, at: Value) -> None:
            def row(index: Value) -> None:
                first = code.at(source, code.multiply(index, stride), at)
                starts = [code.load(code.at(first, v * code.lanes)) for v in range(vectors)]

                def tap(k: Value, *largest: Value) -> list[Value]:
                    return [code.maximum(m, code.load(code.at(first, k, v * code.lanes))) for v, m in enumerate(largest)]

                for v, value in enumerate(code.loop(taps, starts, tap)):
                    code.store(value, code.at(out, code.multiply(index, out_stride), at, v * code.lanes))

            code.loop(self.rows, (), row)

        over_time(code, frames, chunk)


class KnobRows(Step):
    """Rows of the knobs' smoothed positions."""

    def __init__(self, out: Buffer, first: int, knobs: int) -> None:
        self.out, self.first, self.knobs = out, first, knobs
        self.writes = [out]

    def shape(self) -> tuple[Any, ...]:
        return ("knobs", self.knobs)

    def operands(self) -> list[Operand]:
        return [Knobs(), Rows(self.out, 0, self.first)]

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        copy_rows(code, frames, self.knobs, operands[0], operands[1])


def copy_rows(code: Code, frames: Value, rows: int, source: tuple[Value, Value], out: tuple[Value, Value]) -> None:
    """Emit a copy that touches no sample beyond `frames`: what lies there may belong to nobody."""
    whole_vectors = code.multiply(code.builder.sdiv(frames, code.add(code.lanes)), code.lanes)
    single = code.narrow(1)

    def row(index: Value) -> None:
        start, end = (code.at(pointer, code.multiply(index, stride)) for pointer, stride in (source, out))

        def move(c: Code) -> Callable[[Value], None]:
            return lambda j: c.store(c.load(c.at(start, j)), c.at(end, j))

        code.loop(whole_vectors, (), move(code), step=code.lanes)
        rest = code.builder.sub(frames, whole_vectors)
        code.loop(rest, (), lambda j: move(single)(code.add(whole_vectors, j)))

    code.loop(rows, (), row)


def slopes_of(plan: Plan, weights: dict[str, np.ndarray], prefix: str, curve: Activation, rows: int) -> int | None:
    """Pack the slopes of a prelu, one a row; None for another curve."""
    if curve.name != "prelu":
        return None
    return plan.pack(np.broadcast_to(weights[f"{prefix}slopes"], rows))
