"""Conditioning: the dense layers between knobs and FiLMs, evaluated where a tile begins and a knob has moved."""

from dataclasses import dataclass

import numpy as np
from llvmlite import ir

from ...models.spec import Activation, Conditioning
from ..kernels import curves
from ..kernels.arena import lines
from ..kernels.code import DOUBLE, Code, Value
from .plan import Plan, Shared

SETTLED, SEEN = 1, 2  # places in memory: whether start equals end everywhere, and the knob positions last seen


@dataclass(frozen=True, eq=False)
class Film:
    """One FiLM: where its scales, then its shifts, lie among all (`films`)."""

    films: "Films"
    offset: int

    def places(self) -> list[Shared]:
        """Return where the values at the tile's start and at its end lie."""
        return [Shared(self.films.start + self.offset), Shared(self.films.end + self.offset)]


class Films:
    """All FiLMs of a net: their weights side by side, so that one matrix times one vector evaluates them all.

    In the shared state: the values at the tile's start, then those at its end, each FiLM's scales before its shifts.
    A move of a knob is ramped across the tile.
    """

    def __init__(self, plan: Plan, conditioning: Conditioning, knobs: int, weights: dict[str, np.ndarray]) -> None:
        self.plan, self.conditioning, self.knobs, self.weights = plan, conditioning, knobs, weights
        self.parts: list[np.ndarray] = []
        self.size = self.start = self.end = 0

    def add(self, weight: np.ndarray, bias: np.ndarray, padded: int) -> Film:
        """Return where the FiLM with this dense layer will lie, for rows padded to `padded`."""
        rows = len(bias) // 2
        part = np.zeros((2, padded, weight.shape[1] + 1), np.float32)
        part[:, :rows] = np.concatenate([weight, bias[:, None]], axis=1).reshape(2, rows, -1)
        self.parts.append(part.reshape(2 * padded, -1))
        film = Film(self, self.size)
        self.size += 2 * padded
        return film

    def place(self) -> None:
        """Reserve the shared state and pack the dense layers; called when every FiLM is known."""
        size = lines(self.size)
        table = np.zeros((size, self.parts[0].shape[1]), np.float32)
        table[: self.size] = np.concatenate(self.parts)
        self.start, self.end = self.plan.share(size), self.plan.share(size)
        self.dense = []
        for i in range(len(self.conditioning.hidden)):
            weight, bias = (self.weights[f"conditioning.{i}.{name}"] for name in ("weight", "bias"))
            full = np.zeros((lines(len(bias)), weight.shape[1] + 1), np.float32)
            full[: len(bias)] = np.concatenate([weight, bias[:, None]], axis=1)
            self.dense.append((full, self.plan.share(len(full))))
        self.first = self.plan.share(self.knobs)
        self.packed = [self.plan.pack(m.T) for m, _ in self.dense] + [self.plan.pack(table.T)]
        self.size = size

    def emit(self, code: Code, knobs: tuple[Value, Value], memory: Value, shared: Value, weights: Value) -> None:
        """Emit the update at a tile's start."""
        b, flag = code.builder, ir.IntType(1)
        positions = [b.load(code.at(knobs[0], code.multiply(knobs[1], k))) for k in range(self.knobs)]
        moved, fresh = ir.Constant(flag, 0), ir.Constant(flag, 0)
        for k, position in enumerate(positions):
            place = b.gep(memory, [code.add(SEEN + k)])
            before, now = b.load(place), b.fpext(position, DOUBLE)
            moved = b.or_(moved, b.fcmp_unordered("!=", before, now))
            fresh = b.or_(fresh, b.fcmp_unordered("uno", before, before))
            b.store(now, place)
        settled = b.gep(memory, [code.add(SETTLED)])
        unsettled = b.fcmp_ordered("==", b.load(settled), ir.Constant(DOUBLE, 0.0))
        start, end = code.at(shared, self.start), code.at(shared, self.end)

        def copy() -> None:
            code.loop(self.size, (), lambda j: code.store(code.load(code.at(end, j)), code.at(start, j)), step=code.lanes)

        code.when(b.or_(moved, unsettled), copy)
        b.store(b.select(moved, ir.Constant(DOUBLE, 0.0), ir.Constant(DOUBLE, 1.0)), settled)

        def evaluate() -> None:
            source = code.at(shared, self.first)
            for k, position in enumerate(positions):
                raw = code.narrow(1).multiply_add(position, ir.Constant(ir.FloatType(), 2.0), ir.Constant(ir.FloatType(), -1.0))
                b.store(raw, code.at(source, k))
            curve = Activation(name=self.conditioning.activation)
            for (matrix, place), packed in zip(self.dense, self.packed, strict=False):
                out = code.at(shared, place)
                multiply(code, out, source, code.at(weights, packed), matrix.shape[1] - 1, len(matrix), curve)
                source = out
            multiply(code, end, source, code.at(weights, self.packed[-1]), self.conditioning.hidden[-1], self.size, None)

        code.when(moved, evaluate)
        code.when(fresh, copy)


def multiply(
    code: Code, out: Value, source: Value, weights: Value, inputs: int, outputs: int, curve: Activation | None
) -> None:
    """out = curve(W · source + bias); weights lie as [input][output], the bias as the last input; outputs fill vectors."""

    vectors = next(n for n in (4, 2, 1) if outputs % (n * code.lanes) == 0)  # several sums at once, none waits for another

    def group(index: Value) -> None:
        totals = [code.load(code.at(weights, inputs * outputs, index, v * code.lanes)) for v in range(vectors)]

        def add(i: Value, *totals: Value) -> list[Value]:
            factor, row = code.spread(code.at(source, i)), code.at(weights, code.multiply(i, outputs), index)
            return [code.multiply_add(factor, code.load(code.at(row, v * code.lanes)), t) for v, t in enumerate(totals)]

        for v, total in enumerate(code.loop(inputs, totals, add)):
            code.store(curves.apply(code, curve, total) if curve else total, code.at(out, index, v * code.lanes))

    code.loop(outputs, (), group, step=vectors * code.lanes)
