"""Vector code for kernels: the one building block that numba's plain loops do not reach, a matrix over time.

Sums run over inputs and taps in one fixed order for every sample, in lanes over time, so that a sample does
not depend on how time was cut.
"""

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

GROUP = 4  # outputs computed together; a channel count is padded to a multiple of it
FLOAT, INDEX = ir.FloatType(), ir.IntType(64)


def lanes() -> int:
    """Return floats in a vector of the machine compiled for: 16 with AVX-512, else 8."""
    features = getattr(config, "CPU_FEATURES", None) or llvm.get_host_cpu_features().flatten()
    return 16 if "+avx512f" in features else 8


def _add_product(
    typing_context, state, weights, out, out_stride, groups, source, source_stride, inputs, taps, step, at, frames
):
    """state[out + o·out_stride + j] += Σ weights · state[source + i·source_stride + k·step + j], for j < frames.

    o runs over GROUP · groups outputs, i over inputs, k over taps; the weights lie at `at` in the order
    [group][input][tap][output in group]. Samples up to the next multiple of 64 beyond `frames` are written too.
    """
    signature = types.void(state, weights, *[types.int64] * 10)

    def codegen(context, builder, signature, arguments):
        memory, table = (
            context.make_array(kind)(context, builder, value).data
            for kind, value in zip(signature.args[:2], arguments[:2], strict=True)
        )
        out, out_stride, groups, source, source_stride, inputs, taps, step, at, frames = arguments[2:]
        width = lanes()
        widest = 4 if width == 16 else 2  # vectors of time held in registers beside GROUP outputs

        def emit(count):
            chunk = INDEX(width * count)
            chunks = builder.sdiv(builder.add(frames, INDEX(width * count - 1)), chunk)
            with cgutils.for_range(builder, groups) as group, cgutils.for_range(builder, chunks) as part:
                now = builder.mul(part.index, chunk)
                row = builder.mul(builder.mul(group.index, INDEX(GROUP)), out_stride)
                target = builder.add(builder.add(out, row), now)
                first = builder.add(source, now)
                group_size = builder.mul(builder.mul(inputs, taps), INDEX(GROUP))
                weight = builder.add(at, builder.mul(group.index, group_size))
                _product(
                    builder, memory, table, width, count, target, out_stride, first, source_stride, inputs, taps, step, weight
                )

        with builder.if_else(builder.icmp_signed(">", frames, INDEX(width))) as (several, one):
            with several:
                emit(widest)
            with one:
                emit(1)
        return context.get_dummy_value()

    return signature, codegen


add_product: Any = intrinsic(_add_product)


def _product(builder, memory, table, width, count, target, out_stride, source, source_stride, inputs, taps, step, weight):
    """Emit one group of outputs over one chunk of time, its sums in registers."""
    kind = ir.VectorType(FLOAT, width)
    multiply_add = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fmuladd.v{width}f32"
    )
    undefined, zeros = ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), width), None)

    def place(row, column):
        pointer = builder.gep(memory, [builder.add(row, INDEX(column * width))])
        return builder.bitcast(pointer, kind.as_pointer())

    rows = [builder.add(target, builder.mul(INDEX(o), out_stride)) for o in range(GROUP)]
    places = [place(row, v) for row in rows for v in range(count)]
    sums = [cgutils.alloca_once(builder, kind) for _ in places]
    for total, at in zip(sums, places, strict=True):
        builder.store(builder.load(at, align=4), total)
    with cgutils.for_range(builder, inputs) as i, cgutils.for_range(builder, taps) as k:
        row = builder.add(source, builder.add(builder.mul(i.index, source_stride), builder.mul(k.index, step)))
        samples = [builder.load(place(row, v), align=4) for v in range(count)]
        entry = builder.add(builder.mul(i.index, taps), k.index)
        entry = builder.add(weight, builder.mul(entry, INDEX(GROUP)))
        for o in range(GROUP):
            scalar = builder.load(builder.gep(table, [builder.add(entry, INDEX(o))]))
            factor = builder.shuffle_vector(builder.insert_element(undefined, scalar, ir.IntType(32)(0)), undefined, zeros)
            for v in range(count):
                total = sums[o * count + v]
                builder.store(builder.call(multiply_add, [factor, samples[v], builder.load(total)]), total)
    for total, at in zip(sums, places, strict=True):
        builder.store(builder.load(total), at, align=4)
