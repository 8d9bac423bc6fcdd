"""The runner's knobs: one event queue, one-pole smoothing, and rows of values that kernels read."""

from . import tables
from .code import DOUBLE, FLOAT, INDEX, Code, Value, whole
from .kernel import TILE


class MovingKnobs:
    """Emits what moves the knobs into the runner.

    Args:
        code, wide: the runner's place, with one lane and with the machine's.
        events, table, rows, count: pointers to the events, the knob table and the knobs' rows, and how many knobs.
    """

    def __init__(self, code: Code, wide: Code, events: Value, table: Value, rows: Value, count: Value) -> None:
        self.code, self.wide, self.events, self.table, self.rows, self.count = code, wide, events, table, rows, count

    def follow(self, clock: Value, column: Value, frames: Value, event: Value) -> Value:
        """Fill the knobs' rows for this call; return the next event still to come."""
        b, code = self.code.builder, self.code
        last = b.sitofp(b.add(clock, b.sub(frames, whole(1))), DOUBLE)
        none_due = b.fcmp_ordered(">", b.load(code.at(self.events, b.mul(event, whole(3)))), last)
        with b.if_else(none_due) as (still, moving):
            with still:
                code.loop(self.count, (), lambda k: self._row(k, column, frames))
                before = b.block
            with moving:
                moved = self._move(clock, column, frames, event)
                after = b.block
        still_to_come = b.phi(INDEX)
        still_to_come.add_incoming(event, before)
        still_to_come.add_incoming(moved, after)
        ends = b.icmp_signed("==", b.add(column, frames), whole(TILE))
        code.when(ends, lambda: code.loop(self.count, (), self._arrive) and None)
        return still_to_come

    def _row(self, k: Value, column: Value, frames: Value) -> None:
        """Fill the row of a knob that no event moves in this call."""
        b = self.code.builder
        _, (value, target, *_) = self._knob(k)
        with b.if_else(b.fcmp_ordered("==", value, target)) as (rests, glides):
            with rests:
                self._hold(k, column, frames)
            with glides:
                self._glide(k, column, frames)

    def _hold(self, k: Value, column: Value, frames: Value) -> None:
        """Fill the row of a knob that rests."""
        b, code, wide = self.code.builder, self.code, self.wide
        _, (value, *_) = self._knob(k)
        value, row = b.fptrunc(value, FLOAT), self.code.at(self.rows, b.mul(k, whole(TILE)), column)
        with b.if_else(b.icmp_signed("==", frames, whole(TILE))) as (all_of_it, some):
            with all_of_it:
                for i in range(0, TILE, wide.lanes):
                    wide.store(wide.fill(value), self.code.at(row, i))
            with some:
                code.loop(frames, (), lambda i: b.store(value, self.code.at(row, i)) and None)

    def _move(self, clock: Value, column: Value, frames: Value, event: Value) -> Value:
        """Follow the knobs sample by sample, taking events as they come due; return the next still to come."""
        b, code = self.code.builder, self.code

        def sample(i: Value, event: Value) -> list[Value]:
            now = b.sitofp(b.add(clock, i), DOUBLE)

            def due(event: Value) -> Value:
                return b.fcmp_ordered("<=", b.load(code.at(self.events, b.mul(event, whole(3)))), now)

            def take(event: Value) -> list[Value]:
                row = b.mul(event, whole(3))
                knob = b.fptosi(b.load(code.at(self.events, row, 1)), INDEX)
                value = b.load(code.at(self.events, row, 2))
                b.store(value, self.code.at(self.table, b.mul(knob, whole(tables.KNOB_COLUMNS)), tables.TARGET))
                return [b.add(event, whole(1))]

            (event,) = code.repeat([event], due, take)
            place = b.add(column, i)
            code.loop(self.count, (), lambda k: self._glide(k, place, whole(1)))
            return [event]

        return code.loop(frames, [event], sample)[0]

    def _knob(self, k: Value) -> tuple[list[Value], list[Value]]:
        """Return (places, values) of a knob's columns."""
        places = [
            self.code.at(self.table, self.code.builder.mul(k, whole(tables.KNOB_COLUMNS)), c)
            for c in range(tables.KNOB_COLUMNS)
        ]
        return places, [self.code.builder.load(place) for place in places]

    def _glide(self, k: Value, column: Value, frames: Value) -> None:
        """Follow one knob through this call."""
        b = self.code.builder
        places, (start, target, coefficient, _) = self._knob(k)
        row = self.code.at(self.rows, b.mul(k, whole(TILE)), column)

        def sample(i: Value, value: Value) -> list[Value]:
            step = b.fmul(coefficient, b.fsub(target, value))
            value = b.select(b.fcmp_ordered("==", value, target), value, b.fadd(value, step))
            b.store(b.fptrunc(value, FLOAT), self.code.at(row, i))
            return [value]

        b.store(self.code.loop(frames, [start], sample)[0], places[tables.VALUE])

    def _arrive(self, k: Value) -> None:
        """At a tile's end, and only there: otherwise a cut in time would be heard."""
        b = self.code.builder
        places, (value, target, _, close) = self._knob(k)
        away = b.fsub(target, value)
        near = b.and_(b.fcmp_ordered("<=", away, close), b.fcmp_ordered(">=", away, b.fneg(close)))
        b.store(b.select(near, target, value), places[tables.VALUE])
