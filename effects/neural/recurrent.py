"""Recurrent: an LSTM or GRU, sample by sample, the units in the vectors' lanes.

The latency of one step is all that counts, so divisions are shared: a sigmoid or tanh is kept as numerator and
denominator while it is multiplied on. Weights of sigmoids are halved beforehand: sigmoid(x) = (tanh(x / 2) + 1) / 2.
"""

from typing import Any

import numpy as np
from llvmlite import ir

from ...models.spec import GRU, LSTM
from ..kernels import curves
from ..kernels.code import Code, Value
from .plan import Buffer, Cell, Operand, Plan, Rows, Step, Weights, filled

UNROLLED = 48  # units whose products are emitted one after the other; more run in a loop
CHAINED = 6  # vectors of sums up to which two chains are faster than one
Fraction = tuple[Value, Value]


def filled_up(units: int) -> int:
    """Return `units` filled up to whole vectors of 4, 8 or 16: the fewest operations, a vector of 16 counting as two."""
    lanes = min((4, 8, 16), key=lambda n: (-(-units // n) * max(1, n // 8), -n))
    return -(-units // lanes) * lanes


class Recurrent(Step):
    """One recurrent layer over the rows of `source`, and the dense layer behind it where that has one output.

    Args:
        plan: takes the packed weights and the state.
        layer: what it is.
        source, out: rows; out has one row with `head`, else one a unit.
        weights, at: the model's, and the layer's prefix.
        head: (weight (1, hidden), bias (1,)) of a dense layer, or None.
    """

    def __init__(self, plan: Plan, layer: LSTM | GRU, source: Buffer, out: Buffer, weights: dict[str, np.ndarray],
                 at: str, head: tuple[np.ndarray, np.ndarray] | None) -> None:  # fmt: skip
        self.layer, self.source, self.out, self.head = layer, source, out, head is not None
        self.reads, self.writes = [source], [out]
        self.inputs, self.gates = source.rows, 4 if isinstance(layer, LSTM) else 3
        self.width = filled_up(layer.hidden)
        halves = np.array([0.5, 0.5, 1.0, 0.5][: self.gates], np.float32)  # gates i, f, g, o or r, z, n
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        rows = {name: self._gates(weights[f"{at}{name}"], halves) for name in names}
        bias = rows["bias_ih"] + rows["bias_hh"] if self.gates == 4 else self._split_bias(rows)
        self.bias = plan.pack(bias)
        self.w_ih = plan.pack(rows["weight_ih"].transpose(2, 0, 1))  # [input][gate][unit]
        self.w_hh = plan.pack(rows["weight_hh"].transpose(2, 0, 1))
        starts = [weights.get(f"{at}{s}", np.zeros(layer.hidden, np.float32)) for s in ("initial_hidden", "initial_cell")]
        self.hidden, self.cell = (plan.cell(filled(s, self.width)) for s in starts)
        if head:
            self.head_weight, self.head_bias = plan.pack(filled(head[0][0], self.width)), plan.pack(head[1])

    def _gates(self, values: np.ndarray, halves: np.ndarray) -> np.ndarray:
        """(gates · hidden, …) → (gates, width, …), sigmoid gates halved."""
        split = values.reshape(self.gates, self.layer.hidden, *values.shape[1:])
        full = np.zeros((self.gates, self.width, *values.shape[1:]), np.float32)
        full[:, : self.layer.hidden] = split * halves.reshape(-1, *[1] * (split.ndim - 1))
        return full

    def _split_bias(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """A GRU's biases: r and z summed, then n's of the input and of the state."""
        both, hidden = rows["bias_ih"] + rows["bias_hh"], rows["bias_hh"]
        return np.stack([both[0], both[1], rows["bias_ih"][2], hidden[2]])

    def shape(self) -> tuple[Any, ...]:
        layer = self.layer
        return ("recurrent", layer.kind, layer.activation, layer.hidden, self.inputs, self.head)

    def operands(self) -> list[Operand]:
        given: list[Operand] = [Rows(self.source), Weights(self.w_ih), Weights(self.w_hh), Weights(self.bias),
                                Cell(self.hidden), Cell(self.cell), Rows(self.out)]  # fmt: skip
        return given + ([Weights(self.head_weight), Weights(self.head_bias)] if self.head else [])

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        widest = 16 if self.width > 16 else 8  # two halves of a step overlap better than one whole
        lanes = max(n for n in (4, 8, 16) if n <= min(code.machine.lanes, widest) and self.width % n == 0)
        step = _Step(self, code.narrow(lanes), operands)
        count = self.width // lanes

        def one(j: Value, *state: Value) -> list[Value]:
            return step.emit(j, list(state[:count]), list(state[count:]))

        states = [step.loaded(step.hidden), step.loaded(step.cell)] if self.gates == 4 else [step.loaded(step.hidden)]
        last = code.loop(frames, [v for state in states for v in state], one)
        if self.gates == 4:
            step.keep(last[count:], step.cell)


class _Step:
    """Emits one sample of a recurrent layer; a value of the layer is a list of vectors."""

    def __init__(self, layer: Recurrent, code: Code, operands: list[Any]) -> None:
        self.of, self.code, self.count = layer, code, layer.width // code.lanes
        self.source, self.w_ih, self.w_hh, self.bias, self.hidden, self.cell, self.out, *self.head = operands
        self.fast = layer.layer.activation == "fast"

    def loaded(self, pointer: Value, offset: int = 0) -> list[Value]:
        return [self.code.load(self.code.at(pointer, offset + p * self.code.lanes)) for p in range(self.count)]

    def keep(self, values: list[Value], pointer: Value) -> None:
        for p, value in enumerate(values):
            self.code.store(value, self.code.at(pointer, p * self.code.lanes))

    def emit(self, j: Value, hidden: list[Value], cell: list[Value]) -> list[Value]:
        """Return the next (hidden, cell) and write the output of sample `j`."""
        if self.of.gates == 4:
            hidden, cell = self._lstm(j, cell)
        else:
            hidden = self._gru(j, hidden)
        self.keep(hidden, self.hidden)
        self._leave(j, hidden)
        return hidden + cell

    def _products(self, sums: list[Value], weights: Value, scalars: Any, units: int) -> list[Value]:
        """sums += Σ over `units` of weights · scalar; `scalars(index)` points at one."""
        code, width = self.code, self.of.width * self.of.gates
        vectors = width // code.lanes

        def unit(k: Value, *sums: Value) -> list[Value]:
            factor, row = code.spread(scalars(k)), code.at(weights, code.multiply(k, width))
            return [code.multiply_add(factor, code.load(code.at(row, v * code.lanes)), sums[v]) for v in range(vectors)]

        if units > UNROLLED:
            return code.loop(units, sums, unit)
        for k in range(units):
            sums = unit(code.add(k), *sums)
        return sums

    def _input(self, sums: list[Value], j: Value) -> list[Value]:
        code, (pointer, stride) = self.code, self.source
        return self._products(sums, self.w_ih, lambda i: code.at(pointer, code.multiply(i, stride), j), self.of.inputs)

    def _state(self, sums: list[Value]) -> list[Value]:
        """Add the state's products; few vectors are summed in two chains, so that no sum waits for the one before."""
        code, units, vectors = self.code, self.of.layer.hidden, len(sums)
        if vectors > CHAINED or code.lanes == 16 or units > UNROLLED:
            return self._products(sums, self.w_hh, lambda k: code.at(self.hidden, k), units)
        row = self.of.width * self.of.gates
        half = units // 2
        later = self._products([code.real(0.0)] * vectors, code.at(self.w_hh, half * row),
                               lambda k: code.at(self.hidden, half, k), units - half)  # fmt: skip
        first = self._products(sums, self.w_hh, lambda k: code.at(self.hidden, k), half)
        return [code.builder.fadd(a, b) for a, b in zip(first, later, strict=True)]

    def _biases(self, gates: int, first: int = 0) -> list[Value]:
        return [v for g in range(gates) for v in self.loaded(self.bias, (first + g) * self.of.width)]

    def _lstm(self, j: Value, cell: list[Value]) -> tuple[list[Value], list[Value]]:
        sums = self._state(self._input(self._biases(4), j))
        n, b = self.count, self.code.builder
        i, f, g, o = (sums[gate * n : (gate + 1) * n] for gate in range(4))
        cells, outs = [], []
        for p in range(n):
            enter, keep, new = self._sigmoid(i[p]), self._sigmoid(f[p]), self._tanh(g[p])
            below = b.fmul(enter[1], new[1])
            above = self.code.multiply_add(b.fmul(keep[0], cell[p]), below, b.fmul(b.fmul(enter[0], new[0]), keep[1]))
            cells.append(b.fdiv(above, b.fmul(below, keep[1])))
        for p in range(n):
            leave, squashed = self._sigmoid(o[p]), self._tanh(cells[p])
            outs.append(b.fdiv(b.fmul(leave[0], squashed[0]), b.fmul(leave[1], squashed[1])))
        return outs, cells

    def _gru(self, j: Value, hidden: list[Value]) -> list[Value]:
        n, b, code = self.count, self.code.builder, self.code
        entered = self._input(self._biases(3), j)
        sums = self._state(entered[: 2 * n] + self._biases(1, 3))
        outs = []
        for p in range(n):
            reset, update = self._sigmoid(sums[p]), self._sigmoid(sums[n + p])
            inner = code.multiply_add(b.fdiv(reset[0], reset[1]), sums[2 * n + p], entered[2 * n + p])
            new = b.fdiv(*self._tanh(inner))
            outs.append(code.multiply_add(b.fdiv(*update), b.fsub(hidden[p], new), new))
        return outs

    def _tanh(self, x: Value) -> Fraction:
        if self.fast:
            return curves.fast_tanh(self.code, x), self.code.real(1.0)
        return curves.tanh_fraction(self.code, x)

    def _sigmoid(self, halved: Value) -> Fraction:
        """Return the logistic function of twice `halved`."""
        above, below = self._tanh(halved)
        return self.code.builder.fadd(above, below), self.code.builder.fadd(below, below)

    def _leave(self, j: Value, hidden: list[Value]) -> None:
        code, (pointer, stride) = self.code, self.out
        if not self.of.head:
            single = code.narrow(1)
            units, out = self.of.layer.hidden, code.at(pointer, j)
            code.loop(
                units, (), lambda k: single.store(single.load(code.at(self.hidden, k)), code.at(out, code.multiply(k, stride)))
            )
            return
        weights, bias = self.head
        products = [code.builder.fmul(hidden[0], code.load(weights))]
        for p in range(1, self.count):
            products.append(code.multiply_add(hidden[p], code.load(code.at(weights, p * code.lanes)), products.pop()))
        total = code.builder.fadd(_sum(code, products[0]), code.narrow(1).load(bias))
        code.narrow(1).store(total, code.at(pointer, j))


def _sum(code: Code, vector: Value) -> Value:
    """Add the lanes up, halves first."""
    builder, lanes, word = code.builder, code.lanes, ir.IntType(32)
    while lanes > 1:
        lanes //= 2
        kind = ir.VectorType(word, lanes)
        picks = [ir.Constant(kind, list(range(at, at + lanes))) for at in (0, lanes)]
        low, high = (builder.shuffle_vector(vector, vector, pick) for pick in picks)
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(word, 0))
