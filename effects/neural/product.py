"""Product: a matrix over channels and taps, time in the vectors' lanes, everything after it done in registers.

Several outputs times several vectors of time are summed in registers at once; weights lie in the order
[tile][input][tap][output of the tile] and are broadcast. One function serves every dilation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.spec import Activation
from ..kernels.code import FLOAT, Code, Value
from ..kernels.curves import apply
from ..kernels.kernel import TILE
from .film import Film
from .plan import Buffer, Operand, Plan, Rows, Step, Weights, filled

UNROLLED = 8  # taps emitted one after the other; more run in a loop


def tile_rows(rows: int, groups: Sequence[int]) -> int:
    """Return how many outputs to sum at once: few padded rows first, then few tiles; never across a group."""
    inside = math.gcd(*(rows // g for g in groups if g > 1)) if any(g > 1 for g in groups) else 0
    fitting = [n for n in range(1, 7) if not inside or inside % n == 0]
    return min(fitting, key=lambda n: (-(-rows // n) * n, -(-rows // n)))


@dataclass(frozen=True)
class Term:
    """One convolution of the sum: weight (out, in / groups, taps) over `source`."""

    source: Buffer
    weight: np.ndarray
    dilation: int = 1
    groups: int = 1

    @property
    def taps(self) -> int:
        """Taps of the convolution."""
        return self.weight.shape[2]


def padded_rows(rows: int, groups: Sequence[int] = ()) -> int:
    """Return the rows that a product with `rows` outputs writes."""
    tile = tile_rows(rows, groups)
    return -(-rows // tile) * tile


class Product(Step):
    """out = curve(film(bias + Σ terms)) + plus, and the same added to, or put into, `total`.

    Args:
        plan: takes the packed weights.
        out: where the result goes; None: only into `total`.
        terms: at least one.
        bias: (out,) or None.
        film: None, or where scale and shift lie.
        curve: None, or any activation but softmax.
        slopes: of a prelu, one a row or one.
        plus: rows added last.
        total: a running sum the result (before `plus`) is added to.
        starts_total: whether `total` starts here, instead of being added to.
    """

    def __init__(self, plan: Plan, out: Buffer | None, terms: Sequence[Term], bias: np.ndarray | None = None,
                 film: Film | None = None, curve: Activation | None = None, slopes: np.ndarray | None = None,
                 plus: Buffer | None = None, total: Buffer | None = None, starts_total: bool = False) -> None:  # fmt: skip
        self.rows = terms[0].weight.shape[0]
        self.terms, self.out, self.film, self.curve, self.plus = list(terms), out, film, curve, plus
        self.total, self.starts_total = total, starts_total
        self.tile = tile_rows(self.rows, [t.groups for t in terms])
        padded = -(-self.rows // self.tile) * self.tile
        self.tiles = padded // self.tile
        for buffer in (out, total, plus):
            if buffer is not None:
                buffer.allocated = max(buffer.allocated, padded)
        for term in terms:
            term.source.look_back((term.taps - 1) * term.dilation)
        self.weights = [plan.pack(self._packed(t.weight)) for t in terms]
        self.bias = -1 if bias is None else plan.pack(filled(bias, padded))
        self.slopes = -1 if slopes is None else plan.pack(filled(np.broadcast_to(slopes, self.rows), padded))
        self.reads = [t.source for t in terms] + ([plus] if plus else []) + ([total] if total and not starts_total else [])
        self.writes = [b for b in (out, total) if b]

    def _packed(self, weight: np.ndarray) -> np.ndarray:
        full = np.zeros((self.tiles * self.tile, *weight.shape[1:]), np.float32)
        full[: len(weight)] = weight
        return full.reshape(self.tiles, self.tile, *weight.shape[1:]).transpose(0, 2, 3, 1)

    def shape(self) -> tuple[Any, ...]:
        terms = tuple((t.weight.shape[1], t.taps, t.groups) for t in self.terms)
        return ("product", self.rows, self.tile, terms, self.bias >= 0, self.film is not None, repr(self.curve),
                self.plus is not None, self.out is not None, self.total is not None, self.starts_total)  # fmt: skip

    def operands(self) -> list[Operand]:
        given: list[Operand] = []
        for term, weights in zip(self.terms, self.weights, strict=True):
            given += [Rows(term.source, (term.taps - 1) * term.dilation), term.dilation, Weights(weights)]
        given += [Weights(self.bias)] if self.bias >= 0 else []
        given += self.film.places() if self.film else []
        given += [Weights(self.slopes)] if self.slopes >= 0 else []
        return given + [Rows(b) for b in (self.plus, self.total, self.out) if b]

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        queue = list(operands)
        terms = [(t, queue.pop(0), queue.pop(0), queue.pop(0)) for t in self.terms]
        bias = queue.pop(0) if self.bias >= 0 else None
        film = (queue.pop(0), queue.pop(0)) if self.film else None
        slopes = queue.pop(0) if self.slopes >= 0 else None
        plus, total, out = (queue.pop(0) if b else None for b in (self.plus, self.total, self.out))

        def chunk(vectors: int, at: Value) -> None:
            def one_tile(index: Value) -> None:
                row = code.multiply(index, self.tile)
                sums = self._start(code, bias, row, vectors)
                for term, rows, dilation, weights in terms:
                    sums = self._sum(code, term, rows, dilation, weights, index, row, at, vectors, sums)
                along = [code.builder.fadd(code.ramp(), _float(code, code.add(column, at, 1 + v * code.lanes)))
                         for v in range(vectors)] if film else []  # fmt: skip
                for o in range(self.tile):
                    this = code.add(row, o)
                    ramps = self._ramps(code, film, this) if film else None
                    slope = code.spread(code.at(slopes, this)) if slopes is not None else None
                    for v in range(vectors):
                        value = sums[o * vectors + v]
                        if ramps:
                            scale = code.multiply_add(ramps[1], along[v], ramps[0])
                            shift = code.multiply_add(ramps[3], along[v], ramps[2])
                            value = code.multiply_add(scale, value, shift)
                        if self.curve:
                            value = apply(code, self.curve, value, slope)
                        here = code.add(at, v * code.lanes)
                        self._leave(code, value, this, here, plus, total, out)

            if self.tiles == 1:
                one_tile(code.add(0))
            else:
                code.loop(self.tiles, (), one_tile)

        over_time(code, frames, chunk)

    def _start(self, code: Code, bias: Value | None, row: Value, vectors: int) -> list[Value]:
        if bias is None:
            return [code.real(0.0)] * (self.tile * vectors)
        first = [code.spread(code.at(bias, row, o)) for o in range(self.tile)]
        return [value for value in first for _ in range(vectors)]

    def _sum(self, code: Code, term: Term, rows: tuple[Value, Value], dilation: Value, weights: Value, index: Value,
             row: Value, at: Value, vectors: int, sums: list[Value]) -> list[Value]:  # fmt: skip
        """Add one convolution to the sums, over inputs and then taps."""
        inputs, taps = term.weight.shape[1:]
        pointer, stride = rows
        if term.groups > 1:
            group = code.builder.udiv(row, code.add(self.rows // term.groups))
            pointer = code.at(pointer, code.multiply(code.multiply(group, inputs), stride))
        weights = code.at(weights, code.multiply(index, inputs * taps * self.tile))

        def tap(source: Value, entry: Value, sums: Sequence[Value]) -> list[Value]:
            samples = [code.load(code.at(source, v * code.lanes)) for v in range(vectors)]
            factors = [code.spread(code.at(entry, o)) for o in range(self.tile)]
            return [code.multiply_add(factors[n // vectors], samples[n % vectors], total) for n, total in enumerate(sums)]

        def one_input(i: Value, *sums: Value) -> list[Value]:
            source = code.at(pointer, code.multiply(i, stride), at)
            first = code.at(weights, code.multiply(i, taps * self.tile))
            if taps > UNROLLED:
                return code.loop(taps, sums, lambda k, *s: tap(
                    code.at(source, code.multiply(k, dilation)), code.at(first, code.multiply(k, self.tile)), s))  # fmt: skip
            for k in range(taps):
                sums = tuple(tap(code.at(source, code.multiply(k, dilation)), code.at(first, k * self.tile), sums))
            return list(sums)

        return one_input(code.add(0), *sums) if inputs == 1 else code.loop(inputs, sums, one_input)

    def _ramps(self, code: Code, film: tuple[Value, Value], row: Value) -> list[Value]:
        """Return (scale, its step, shift, its step) of a row."""
        padded, values = self.tiles * self.tile, []
        for half in (0, padded):
            start, end = (code.spread(code.at(place, row, half)) for place in film)
            values += [start, code.builder.fmul(code.builder.fsub(end, start), code.real(1.0 / TILE))]
        return values

    def _leave(self, code: Code, value: Value, row: Value, at: Value, plus: Any, total: Any, out: Any) -> None:
        def place(rows: tuple[Value, Value]) -> Value:
            return code.at(rows[0], code.multiply(row, rows[1]), at)

        if total:
            before = value if self.starts_total else code.builder.fadd(code.load(place(total)), value)
            code.store(before, place(total))
        if plus:
            value = code.builder.fadd(value, code.load(place(plus)))
        if out:
            code.store(value, place(out))


def over_time(code: Code, frames: Value, chunk: Any) -> None:
    """Emit `chunk(vectors, at)` over `frames` samples: several vectors at once while they last, then one by one."""
    most = 4 if code.machine.registers >= 32 else 2
    wide = most * code.lanes
    whole_chunks = code.builder.sdiv(frames, code.add(wide))
    if wide == TILE:
        code.when(code.builder.icmp_signed("==", whole_chunks, code.add(1)), lambda: chunk(most, code.add(0)))
    else:
        code.loop(whole_chunks, (), lambda n: chunk(most, code.multiply(n, wide)))
    done = code.multiply(whole_chunks, wide)
    code.loop(code.builder.sub(frames, done), (), lambda n: chunk(1, code.add(done, n)), step=code.lanes)


def _float(code: Code, value: Value) -> Value:
    return code.fill(code.builder.sitofp(value, FLOAT))
