"""States: a diagonal state space, sample by sample, channels in the vectors' lanes, in double precision.

A pole with a memory of seconds lies 1e-5 inside the unit circle: float32 would know its time constant to a percent, and
lose what each sample adds. So coefficients come as two float32 each (48 bits) and states are float64.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from ...models.spec import StateSpace
from ...models.state_spaces import coefficients
from ..kernels.code import DOUBLE, Code, Value
from ..kernels.kernel import TILE
from .plan import Buffer, Clock, Doubles, Operand, Plan, Rows, Settling, Step, Weights

POLE, OUTPUT, SETTLED = 0, 2, 4  # places among a pair's coefficients, real parts before imaginary
COEFFICIENTS = 6
CHANNELS = 8  # rows are filled up to a multiple of what any machine's vector of float64 holds


def in_two(values: np.ndarray, channels: int) -> np.ndarray:
    """Return `values` (…, channels) as the sum of two float32, (2, …, channels), filled up with zeros to `channels`."""
    full = np.zeros((*values.shape[:-1], channels))
    full[..., : values.shape[-1]] = values
    high = full.astype(np.float32)
    return np.stack([high, (full - high).astype(np.float32)])


class States(Step):
    """out = what a state space makes of `source`, both of the layer's channels."""

    def __init__(self, plan: Plan, layer: StateSpace, source: Buffer, out: Buffer, weights: dict[str, np.ndarray],
                 at: str) -> None:  # fmt: skip
        self.pairs, self.source, self.out = layer.pairs, source, out
        self.channels = -(-source.rows // CHANNELS) * CHANNELS
        for buffer in (source, out):
            buffer.allocated = max(buffer.allocated, self.channels)
        self.factors = plan.pack(in_two(coefficients(layer, weights, at), self.channels))
        self.direct = plan.pack(in_two(weights[f"{at}direct"].astype(np.float64), self.channels)[0])
        self.states = plan.remember(2 * self.pairs * self.channels)
        self.reads, self.writes = [source], [out]

    def shape(self) -> tuple[Any, ...]:
        return ("states", self.pairs, self.channels)

    def operands(self) -> list[Operand]:
        return [Rows(self.source), Weights(self.factors), Weights(self.direct), Doubles(self.states), Clock(), Settling(),
                Rows(self.out)]  # fmt: skip

    def define(self, code: Code, frames: Value, column: Value, operands: list[Any]) -> None:
        source, factors, direct, states, clock, settling, out = operands
        wide = code.double()
        inputs, sums = (code.builder.alloca(DOUBLE, TILE * wide.lanes) for _ in range(2))
        b = code.builder
        settles = b.and_(b.icmp_signed("==", column, code.add(0)), b.icmp_signed("<", clock, settling))
        most = 4 if code.machine.registers >= 32 else 2
        count, rest = divmod(self.pairs, most)

        def group(first: Value) -> None:
            group = _Group(self, wide, first, frames, factors, states, inputs, sums)
            level = wide.builder.fpext(code.narrow(wide.lanes).load(code.at(direct, first)), wide.vector)
            group.enter(source, level)
            code.when(settles, lambda: code.loop(self.pairs, (), group.settle) and None)
            code.loop(count, (), lambda n: group.run(code.multiply(n, most), most))
            if rest:
                group.run(code.add(count * most), rest)
            group.leave(out)

        code.loop(self.channels, (), group, step=wide.lanes)


class _Group:
    """Emits one vector of channels, from row `first` on; `inputs` and `sums` hold [sample][lane]."""

    def __init__(self, of: States, code: Code, first: Value, frames: Value, factors: Value, states: Value,
                 inputs: Value, sums: Value) -> None:  # fmt: skip
        self.of, self.code, self.first, self.frames = of, code, first, frames
        self.factors, self.states, self.inputs, self.sums = factors, states, inputs, sums
        self.single = Code(code.builder, code.machine, code.lanes)

    def enter(self, rows: tuple[Value, Value], level: Value) -> None:
        """Turn the source's rows into `inputs`, and start `sums` with what passes directly."""
        code = self.code

        def some(at: Value) -> None:
            loaded = [self.single.load(self._place(rows, lane, at)) for lane in range(code.lanes)]
            for t, value in enumerate(turned(self.single, loaded)):
                value, place = code.builder.fpext(value, code.vector), code.multiply(code.add(at, t), code.lanes)
                code.store(value, code.at(self.inputs, place))
                code.store(code.builder.fmul(level, value), code.at(self.sums, place))

        code.loop(self.frames, (), some, step=code.lanes)

    def leave(self, rows: tuple[Value, Value]) -> None:
        """Turn `sums` into the rows of the output."""
        code = self.code

        def some(at: Value) -> None:
            places = [code.multiply(code.add(at, t), code.lanes) for t in range(code.lanes)]
            narrowed = [code.builder.fptrunc(code.load(code.at(self.sums, p)), self.single.vector) for p in places]
            for lane, value in enumerate(turned(self.single, narrowed)):
                self.single.store(value, self._place(rows, lane, at))

        code.loop(self.frames, (), some, step=code.lanes)

    def settle(self, pair: Value) -> None:
        """Set a pair to where an endless input, of what enters first, would have brought it."""
        real, imaginary = self._factor(pair, SETTLED)
        level = self.code.load(self.inputs)
        for part, factor in enumerate((real, imaginary)):
            self.code.store(self.code.builder.fmul(factor, level), self._state(pair, part))

    def run(self, first: Value, pairs: int) -> None:
        """Play `pairs` pairs from `first` on over all samples, and add what they answer to `sums`."""
        code, b = self.code, self.code.builder
        numbers = [code.add(first, k) for k in range(pairs)]
        poles, outputs = ([self._factor(n, what) for n in numbers] for what in (POLE, OUTPUT))
        turns = [b.fneg(sine) for _, sine in poles]
        subtracted = [b.fneg(imaginary) for _, imaginary in outputs]

        def sample(t: Value, *state: Value) -> list[Value]:
            place = code.multiply(t, code.lanes)
            entering, after, total = code.load(code.at(self.inputs, place)), [], code.load(code.at(self.sums, place))
            for k in range(pairs):
                real, imaginary = state[2 * k : 2 * k + 2]
                cosine, sine = poles[k]
                new = code.multiply_add(turns[k], imaginary, code.multiply_add(cosine, real, entering))
                imaginary = code.multiply_add(cosine, imaginary, b.fmul(sine, real))
                total = code.multiply_add(subtracted[k], imaginary, code.multiply_add(outputs[k][0], new, total))
                after += [new, imaginary]
            code.store(total, code.at(self.sums, place))
            return after

        before = [code.load(self._state(n, part)) for n in numbers for part in range(2)]
        last = code.loop(self.frames, before, sample)
        for k, number in enumerate(numbers):
            for part in range(2):
                code.store(last[2 * k + part], self._state(number, part))

    def _place(self, rows: tuple[Value, Value], lane: int, at: Value) -> Value:
        code = self.single
        return code.at(rows[0], code.multiply(code.add(self.first, lane), rows[1]), at)

    def _state(self, pair: Value, part: int) -> Value:
        code = self.code
        return code.at(self.states, code.multiply(code.add(code.multiply(pair, 2), part), self.of.channels), self.first)

    def _factor(self, pair: Value, what: int) -> list[Value]:
        """Load real and imaginary part of a coefficient, both halves of each added up."""
        code, builder, found = self.code, self.code.builder, []
        second = self.of.pairs * COEFFICIENTS * self.of.channels
        for part in range(2):
            row = code.multiply(code.add(code.multiply(pair, COEFFICIENTS), what + part), self.of.channels)
            halves = [self.single.load(self.single.at(self.factors, row, self.first, half)) for half in (0, second)]
            high, low = (builder.fpext(half, code.vector) for half in halves)
            found.append(builder.fadd(high, low))
        return found


def turned(code: Code, rows: Sequence[Value]) -> list[Value]:
    """Return as many vectors as there are lanes with rows and lanes exchanged."""
    rows, lanes = list(rows), range(code.lanes)
    kind, step = ir.VectorType(ir.IntType(32), code.lanes), 1
    while step < code.lanes:
        for i in (i for i in lanes if not i & step):
            low, high = rows[i], rows[i + step]
            first = [code.lanes + j - step if j & step else j for j in lanes]
            second = [code.lanes + j if j & step else j + step for j in lanes]
            rows[i], rows[i + step] = (code.builder.shuffle_vector(low, high, ir.Constant(kind, m)) for m in (first, second))
        step *= 2
    return rows
