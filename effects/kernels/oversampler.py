"""The code of an oversampling plan: histories, sums and curves over the rows of one channel."""

from collections.abc import Callable

from .code import Code, Value, whole
from .kernel import TILE
from .oversampling import Oversampling, Row, Run, Sum

TOGETHER = 4  # vectors that share a tap: none waits for another's sum
UNROLLED = 6  # taps


class Oversampler:
    """Emits a plan for the channel whose state begins at `channel`; `column` is the place in the tile.

    In order: `take`, `raise_rate`, `curve`, `lower_rate`; then the pointers of `dry` and `wet` stand at the call's first
    sample. Every sum runs over whole vectors: what lies beyond `frames` is written again before it is read.
    """

    def __init__(self, code: Code, plan: Oversampling, channel: Value, weights: Value, frames: Value, column: Value) -> None:
        self.code, self.plan, self.channel, self.weights = code, plan, channel, weights
        self.frames, self.column = frames, column

    def pointer(self, row: Row) -> Value:
        """Return where a row's sample of the call's first column lies."""
        buffer = row.buffer
        return self.code.at(self.channel, buffer.offset + buffer.history - row.back, self.column)

    def take(self, audio: Value) -> None:
        """Read this call's samples; where a tile begins, first move every history to its place."""
        code = self.code
        begins = code.builder.icmp_signed("==", self.column, whole(0))
        code.when(begins, self._move_back)
        source, single = self.pointer(self.plan.source), code.narrow(1)
        code.loop(self.frames, (), lambda i: single.store(single.load(code.at(audio, i)), code.at(source, i)))

    def _move_back(self) -> None:
        code = self.code
        for buffer in self.plan.buffers:
            start = code.at(self.channel, buffer.offset)
            for j in range(0, buffer.history, code.lanes):
                code.store(code.load(code.at(start, j + TILE)), code.at(start, j))

    def raise_rate(self) -> None:
        """Fill the rows of `fast`."""
        for each in self.plan.up_sums:
            self._emit_sum(each)

    def lower_rate(self) -> None:
        """Fill `wet` from the rows of `shaped`."""
        for each in self.plan.down_sums:
            self._emit_sum(each)

    def curve(self, apply: Callable[[Value, Value], Value]) -> None:
        """Fill `shaped` with apply(vector of `fast`, index of its first sample in the call)."""
        code = self.code
        pairs = [(self.pointer(a), self.pointer(b)) for a, b in zip(self.plan.fast, self.plan.shaped, strict=True)]

        def vector(i: Value) -> None:
            for source, out in pairs:
                code.store(apply(code.load(code.at(source, i)), i), code.at(out, i))

        code.loop(self.frames, (), vector, step=code.lanes)

    def _emit_sum(self, each: Sum) -> None:
        code, out = self.code, self.pointer(each.out)
        runs = [(self.pointer(run.row), code.at(self.weights, run.first), run) for run in each.runs]

        def over(vectors: int) -> Callable[[Value], None]:
            def columns(i: Value) -> None:
                totals = [code.real(0.0)] * vectors
                for source, weights, run in runs:
                    totals = self._run(code.at(source, i), weights, run, totals)
                for v, total in enumerate(totals):
                    code.store(total, code.at(out, i, v * code.lanes))

            return columns

        if max(run.count for run in each.runs) <= UNROLLED:
            code.loop(self.frames, (), over(1), step=code.lanes)
            return
        with code.builder.if_else(code.builder.icmp_signed(">", self.frames, whole(code.lanes))) as (many, few):
            with many:
                code.loop(self.frames, (), over(TOGETHER), step=TOGETHER * code.lanes)
            with few:
                over(1)(whole(0))

    def _run(self, source: Value, weights: Value, run: Run, totals: list[Value]) -> list[Value]:
        """Add a run to `totals`, two taps at a time where they mirror each other.

        Taps a whole number of vectors apart read what others have read, one vector on: that is kept in registers.
        """
        code, lanes = self.code, self.code.lanes
        taps = run.count // 2 if run.mirrored else run.count
        strides = taps // lanes if run.count > UNROLLED else 0

        def read(back: int | Value, vector: int) -> Value:
            return code.load(code.at(source, code.builder.sub(whole(vector * lanes), whole(back))))

        def mirror(back: int | Value) -> Value:
            return code.builder.sub(whole(run.count - 1), whole(back))

        def add(back: int | Value, near: list[Value], far: list[Value], sums: list[Value]) -> list[Value]:
            weight = code.spread(code.at(weights, back))
            both = [code.builder.fadd(x, y) for x, y in zip(near, far, strict=True)] if far else near
            return [code.multiply_add(weight, x, total) for x, total in zip(both, sums, strict=True)]

        def strided(j: Value, *totals: Value) -> list[Value]:
            sums, vectors = list(totals), range(len(totals))
            near = [read(j, v) for v in vectors]
            far = [read(mirror(j), v) for v in vectors] if run.mirrored else []
            for stride in range(strides):
                sums = add(code.add(j, stride * lanes), near, far, sums)
                if stride < strides - 1:
                    near = [read(j, -stride - 1), *near[:-1]]
                    far = [*far[1:], read(mirror(j), stride + len(vectors))] if far else far
            return sums

        if strides:
            totals = code.loop(lanes, totals, strided)
        for j in range(strides * lanes, taps):
            near = [read(j, v) for v in range(len(totals))]
            totals = add(j, near, [read(mirror(j), v) for v in range(len(totals))] if run.mirrored else [], totals)
        if run.mirrored and run.count % 2:
            totals = add(taps, [read(taps, v) for v in range(len(totals))], [], totals)
        return totals
