"""Code: the handful of vector building blocks that every emitted kernel is made of.

A vector holds `lanes` float32 (or, in `double`, float64). Sums are `llvm.fmuladd` without fast-math flags, in one order
for every sample, so that a sample never depends on how time was cut.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from .machine import Machine

FLOAT, DOUBLE, INDEX, BYTE = ir.FloatType(), ir.DoubleType(), ir.IntType(64), ir.IntType(8)
POINTER = FLOAT.as_pointer()
Value = Any  # an llvmlite value: the library has no types to check


def whole(value: int | Value) -> Value:
    """Return a 64-bit whole number; values pass."""
    return ir.Constant(INDEX, value) if isinstance(value, int) else value


class Code:
    """Emits into the function whose builder it holds; `lanes` may be narrower than the machine's vectors.

    `element` is what a lane holds: FLOAT, or DOUBLE, whose pointers count in float64.
    """

    def __init__(self, builder: ir.IRBuilder, machine: Machine, lanes: int | None = None, element: ir.Type = FLOAT) -> None:
        self.builder, self.machine, self.element = builder, machine, element
        self.lanes = lanes or machine.lanes
        self.vector = ir.VectorType(element, self.lanes) if self.lanes > 1 else element

    def narrow(self, lanes: int) -> "Code":
        """Return the same place with vectors of `lanes` floats."""
        return Code(self.builder, self.machine, lanes, self.element)

    def double(self) -> "Code":
        """Return the same place with vectors of float64, half as many."""
        return Code(self.builder, self.machine, max(1, self.lanes // 2), DOUBLE)

    # whole numbers

    def add(self, *terms: int | Value) -> Value:
        """Return the sum of whole numbers."""
        total = whole(terms[0])
        for term in terms[1:]:
            if not (isinstance(term, int) and term == 0):
                total = self.builder.add(total, whole(term))
        return total

    def multiply(self, a: int | Value, b: int | Value) -> Value:
        """Return the product of whole numbers."""
        return self.builder.mul(whole(a), whole(b))

    # memory

    def at(self, pointer: Value, *offset: int | Value) -> Value:
        """Return `pointer` moved by the sum of `offset` elements."""
        return self.builder.gep(pointer, [self.add(*offset)])

    def load(self, pointer: Value) -> Value:
        """Load a vector, aligned or not."""
        place = pointer if self.lanes == 1 else self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.builder.load(place, align=4)

    def store(self, value: Value, pointer: Value) -> None:
        """Store a vector, aligned or not."""
        place = pointer if self.lanes == 1 else self.builder.bitcast(pointer, self.vector.as_pointer())
        self.builder.store(value, place, align=4)

    def spread(self, pointer: Value) -> Value:
        """Load one element into every lane."""
        return self.fill(self.builder.load(pointer, align=4))

    def fill(self, scalar: Value) -> Value:
        """Put one element into every lane."""
        if self.lanes == 1:
            return scalar
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), None))

    def real(self, value: float) -> Value:
        """Return a constant in every lane."""
        return ir.Constant(self.vector, [value] * self.lanes) if self.lanes > 1 else ir.Constant(self.element, value)

    def ramp(self) -> Value:
        """Return 0, 1, 2, … over the lanes."""
        return ir.Constant(self.vector, [float(i) for i in range(self.lanes)]) if self.lanes > 1 else ir.Constant(FLOAT, 0.0)

    # arithmetic

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """Return a * b + c, fused where the machine can."""
        kind = "f64" if self.element == DOUBLE else "f32"
        name = f"llvm.fmuladd.v{self.lanes}{kind}" if self.lanes > 1 else f"llvm.fmuladd.{kind}"
        module = self.builder.module
        function = module.globals.get(name) or ir.Function(module, ir.FunctionType(self.vector, [self.vector] * 3), name)
        return self.builder.call(function, [a, b, c])

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """Return the polynomial with `coefficients`, constant first, in pairs so that the steps overlap (Estrin)."""
        terms = [self.real(c) for c in coefficients]
        while len(terms) > 1:
            pairs = [self.multiply_add(high, x, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[len(terms) // 2 * 2 :]
            x = self.builder.fmul(x, x)
        return terms[0]

    def minimum(self, a: Value, b: Value) -> Value:
        """Return the smaller; b where a is NaN."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def maximum(self, a: Value, b: Value) -> Value:
        """Return the larger; b where a is NaN."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    # control

    def repeat(self, carried: Sequence[Value], test: Callable[..., Value], body: Callable[..., Sequence[Value]]) -> list[Value]:
        """While `test(*carried)` holds, replace `carried` by `body(*carried)`; return the last."""
        builder = self.builder
        before = builder.block
        head, inside, after = (builder.append_basic_block(name) for name in ("head", "inside", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        values = []
        for value in carried:
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            values.append(phi)
        builder.cbranch(test(*values), inside, after)
        builder.position_at_end(inside)
        for phi, value in zip(values, body(*values), strict=True):
            phi.add_incoming(value, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return values

    def loop(self, count: int | Value, carried: Sequence[Value], body: Callable[..., Sequence[Value] | None],
             step: int = 1) -> list[Value]:  # fmt: skip
        """Run `body(index, *carried)`, which returns the next `carried`, for index 0, step, … below count; return the last."""
        end = whole(count)

        def again(index: Value, *values: Value) -> list[Value]:
            after = body(index, *values) or []
            return [self.builder.add(index, whole(step)), *after]

        return self.repeat([whole(0), *carried], lambda index, *_: self.builder.icmp_signed("<", index, end), again)[1:]

    def when(self, condition: Value, body: Callable[[], object]) -> None:
        """Run `body` where `condition` holds."""
        with self.builder.if_then(condition):
            body()
