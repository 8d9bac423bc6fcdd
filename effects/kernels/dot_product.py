"""Dot product for kernels written as plain loops: vector code whose order of summing never depends on the machine."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .abi import data_of
from .code import Code, Value, whole

LANES, SUMS = 8, 2
CHUNK = LANES * SUMS  # counts are multiples of this


def padded(count: int) -> int:
    """Return a count of products rounded up to what `dot` takes."""
    return -(-count // CHUNK) * CHUNK


def _dot(typingctx: Any, a, first_a, b, first_b, count) -> Any:
    """Return the sum of `count` products a[first_a + i] · b[first_b + i]; float32, count a multiple of CHUNK."""
    floats = types.float32[::1]
    signature = types.float32(floats, types.int64, floats, types.int64, types.int64)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Value:
        code = Code(builder, None, LANES)  # type: ignore[arg-type]  # vectors of LANES on every machine
        left, right = (code.at(data_of(builder, arguments[k]), arguments[k + 1]) for k in (0, 2))

        def chunk(i: Value, *sums: Value) -> list[Value]:
            places = [code.add(i, LANES * n) for n in range(SUMS)]
            return [code.multiply_add(code.load(code.at(left, p)), code.load(code.at(right, p)), s)
                    for p, s in zip(places, sums, strict=True)]  # fmt: skip

        total, other = code.loop(arguments[4], [code.real(0.0)] * SUMS, chunk, step=CHUNK)
        total, width = builder.fadd(total, other), LANES
        while width > 1:
            width //= 2
            halves = [_lanes(total, first, width) for first in (0, width)]
            low, high = (builder.shuffle_vector(total, total, mask) for mask in halves)
            total = builder.fadd(low, high)
        return builder.extract_element(total, whole(0))

    return signature, generate


def _lanes(vector: Value, first: int, count: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(ir.IntType(32), count), list(range(first, first + count)))


dot: Any = intrinsic(_dot)
