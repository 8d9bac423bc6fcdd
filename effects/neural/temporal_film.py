"""LevelFollower: a FiLM whose scale and shift an LSTM sets from the peaks of each block, for the block after it."""

from typing import Any

import numpy as np
from llvmlite import ir

from ...models.spec import TemporalFiLM
from ..kernels import curves
from ..kernels.arena import lines
from ..kernels.code import Code, Value
from .film import multiply
from .plan import Buffer, Cell, Clock, Operand, Plan, Rows, Shared, Step, Weights, filled


class LevelFollower(Step):
    """out = scale · source + shift, both one a row and constant within a block.

    A channel keeps: the block's peaks so far with the LSTM's hidden state behind them (together what its gates read), its
    cell, and the scales and shifts of now.
    """

    def __init__(self, plan: Plan, layer: TemporalFiLM, source: Buffer, out: Buffer, weights: dict[str, np.ndarray],
                 at: str) -> None:  # fmt: skip
        self.source, self.out, self.rows, self.hidden = source, out, source.rows, layer.hidden
        self.block, self.units, self.filled_rows = layer.block_samples, lines(layer.hidden), lines(source.rows)
        self.reads, self.writes = [source], [out]
        bias = weights[f"{at}bias_ih"] + weights[f"{at}bias_hh"]
        gates = np.concatenate([weights[f"{at}weight_ih"], weights[f"{at}weight_hh"], bias[:, None]], axis=1)
        film = np.concatenate([weights[f"{at}weight"], weights[f"{at}bias"][:, None]], axis=1)
        self.gates = plan.pack(_padded(gates, 4, self.units).T)  # [peak, unit, 1][gate, unit]
        self.film = plan.pack(_padded(film, 2, self.filled_rows).T)  # [unit, 1][scale or shift, row]
        self.heard = plan.cell(np.zeros(self.rows + self.units))
        self.cell = plan.cell(np.zeros(self.units))
        self.factors = plan.cell(_padded(film[:, -1:], 2, self.filled_rows).ravel())
        self.sums = plan.share(4 * self.units)

    def shape(self) -> tuple[Any, ...]:
        return ("level follower", self.rows, self.hidden)

    def operands(self) -> list[Operand]:
        return [Rows(self.source), Weights(self.gates), Weights(self.film), Cell(self.heard), Cell(self.cell),
                Cell(self.factors), Shared(self.sums), Clock(), self.block, Rows(self.out)]  # fmt: skip

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        source, gates, film, heard, cell, factors, sums, clock, block, out = operands
        b = code.builder

        def piece(done: Value) -> list[Value]:
            """Play up to the end of the block, or of the call."""
            position, left = b.urem(code.add(clock, done), block), b.sub(frames, done)
            rest = b.sub(block, position)
            ends = b.icmp_signed("<=", rest, left)
            count = b.select(ends, rest, left)
            code.loop(self.rows, (), lambda row: self._row(code, row, done, count, source, factors, heard, out))
            code.when(ends, lambda: self._follow(code, gates, film, heard, cell, factors, sums))
            return [code.add(done, count)]

        code.repeat([code.add(0)], lambda done: b.icmp_signed("<", done, frames), piece)

    def _row(self, code: Code, row: Value, done: Value, count: Value, source: Any, factors: Value, heard: Value,
             out: Any) -> None:  # fmt: skip
        """Scale and shift `count` samples of a row, and note its peak."""
        b, single, top = code.builder, code.narrow(1), code.at(heard, row)
        start, end = (code.at(pointer, code.multiply(row, stride), done) for pointer, stride in (source, out))

        def over(c: Code, first: Value, last: Value, peak: Value) -> Value:
            scale, shift = (c.spread(c.at(factors, row, place)) for place in (0, self.filled_rows))

            def some(j: Value, peak: Value) -> list[Value]:
                j = c.add(first, j)
                value = c.load(c.at(start, j))
                c.store(c.multiply_add(scale, value, shift), c.at(end, j))
                return [c.maximum(curves.magnitude(c, value), peak)]

            return c.loop(b.sub(last, first), (peak,), some, step=c.lanes)[0]

        vectors = code.multiply(b.sdiv(count, code.add(code.lanes)), code.lanes)
        loudest = _largest(code, over(code, code.add(0), vectors, code.real(0.0)))
        loudest = over(single, vectors, count, loudest)
        single.store(single.maximum(loudest, single.load(top)), top)

    def _follow(self, code: Code, gates: Value, film: Value, heard: Value, cell: Value, factors: Value, sums: Value) -> None:
        """Step the LSTM on the block's peaks, and set the next block's scales and shifts."""
        b, hidden = code.builder, code.at(heard, self.rows)
        multiply(code, sums, heard, gates, self.rows + self.hidden, 4 * self.units, None)

        def unit(j: Value) -> None:
            i, f, g, o = (code.load(code.at(sums, j, gate * self.units)) for gate in range(4))
            kept = b.fmul(curves.sigmoid(code, f), code.load(code.at(cell, j)))
            new = code.multiply_add(curves.sigmoid(code, i), curves.tanh(code, g), kept)
            code.store(new, code.at(cell, j))
            code.store(b.fmul(curves.sigmoid(code, o), curves.tanh(code, new)), code.at(hidden, j))

        code.loop(self.units, (), unit, step=code.lanes)
        multiply(code, factors, hidden, film, self.hidden, 2 * self.filled_rows, None)
        single = code.narrow(1)
        code.loop(self.rows, (), lambda row: single.store(single.real(0.0), single.at(heard, row)))


def _padded(table: np.ndarray, parts: int, size: int) -> np.ndarray:
    """(parts · rows, columns) → (parts · size, columns): the rows of each part, then zeros."""
    return np.concatenate([_filled(part, size) for part in np.split(table, parts)])


def _filled(part: np.ndarray, size: int) -> np.ndarray:
    """Return `part` (rows, columns) in float32 with zeros below, (size, columns)."""
    return filled(part, size * part.shape[1]).reshape(size, -1)


def _largest(code: Code, vector: Value) -> Value:
    """Return the largest lane."""
    lanes, word = code.lanes, ir.IntType(32)
    while lanes > 1:
        lanes //= 2
        kind = ir.VectorType(word, lanes)
        low, high = (
            code.builder.shuffle_vector(vector, vector, ir.Constant(kind, list(range(at, at + lanes)))) for at in (0, lanes)
        )
        vector = code.narrow(lanes).maximum(low, high)
    if code.lanes == 1:
        return vector
    return code.builder.extract_element(vector, ir.Constant(word, 0))
