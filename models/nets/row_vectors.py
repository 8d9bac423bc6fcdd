"""Two vector loops that carry nearly all the work of training a WaveNet on a CPU.

Both work on rows of float32 samples at addresses in bytes, and keep a 4-row tile of sums in vector registers:

    weigh_rows      out[o, t]  = initial[o, t] + sum over r of weights[r, o] * row[r][t]       (convolutions, 1x1s)
    correlate_rows  sums[l, r] += left[l, t] * row[r][t], lane by lane                          (weight gradients)

A tap of a dilated convolution is just another row that starts earlier, so one loop serves every dilation.
Plain numba leaves these loops unvectorised (too many arrays that might overlap), hence the vector code by hand.
Measured on 2 cores of a Zen 4: 50 billion multiply-adds a second, eager torch 17, torch.compile 2.
"""

from itertools import chain
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_WIDE = bool(llvm.get_host_cpu_features().get("avx512f", False))
LANES, VECTORS = (16, 4) if _WIDE else (8, 2)
STEP = 64  # frames are multiples of this on every machine
TILE_ROWS = 4  # outputs, and rows that are correlated, come in fours
FEW_ROWS, FEW_STEP = 2 * TILE_ROWS, STEP // 2  # the same of `weigh_few`

_INT64, _INT32, _FLOAT = ir.IntType(64), ir.IntType(32), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_BYTES = 4

_loop: Any = intrinsic


def _number(value: int) -> ir.Constant:
    return ir.Constant(_INT64, value)


def _load(code: Any, address: Any) -> Any:
    return code.load(code.inttoptr(address, _VECTOR.as_pointer()), align=_BYTES)


def _store(code: Any, vector: Any, address: Any) -> None:
    code.store(vector, code.inttoptr(address, _VECTOR.as_pointer()), align=_BYTES)


def _spread(code: Any, address: Any) -> Any:
    """Load one float into every lane."""
    value = code.load(code.inttoptr(address, _FLOAT.as_pointer()))
    empty = ir.Constant(_VECTOR, ir.Undefined)
    vector = code.insert_element(empty, value, ir.Constant(_INT32, 0))
    return code.shuffle_vector(vector, empty, ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES))


def _add_product(code: Any, x: Any, y: Any, total: Any) -> None:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    fma = cgutils.get_or_insert_function(code.module, kind, f"llvm.fmuladd.v{LANES}f32")
    code.store(code.call(fma, [x, y, code.load(total)]), total)


def _offset(code: Any, base: Any, *parts: tuple[Any, Any]) -> Any:
    for left, right in parts:
        base = code.add(base, code.mul(left, right))
    return base


def _weigher(tile: int, vectors: int) -> Any:
    """Return `weigh_rows` for tiles of so many rows and vectors: `outs` and `frames` are multiples of what those hold."""

    @_loop
    def weigh_rows(typing, out, out_stride, initial, source, offsets, rows, weights, outs, frames):
        """`out[o] = initial[o] + sum of weights[r, o] * row[r]`; all arguments int64.

        out, initial: address of row 0, its rows `out_stride` bytes apart; initial = 0 starts from zeros.
        source + offsets[r]: address of row r; `offsets` is the address of int64[rows], in bytes.
        weights: address of float32 (rows, outs); `outs` a multiple of the tile's rows, `frames` of its samples.
        """

        def generate(context, code, signature, arguments):
            out, out_stride, initial, source, offsets, rows, weights, outs, frames = arguments
            totals = [[cgutils.alloca_once(code, _VECTOR) for _ in range(vectors)] for _ in range(tile)]
            vector_bytes = [_number(v * LANES * _BYTES) for v in range(vectors)]
            start = code.icmp_signed("!=", initial, _number(0))
            rows_at_once, step = _number(tile), _number(LANES * vectors)
            with (
                cgutils.for_range_slice(code, _number(0), outs, rows_at_once, inc=True) as (o, _),
                cgutils.for_range_slice(code, _number(0), frames, step, inc=True) as (t, _),
            ):
                now = code.mul(t, _number(_BYTES))
                places = [code.add(now, code.mul(code.add(o, _number(j)), out_stride)) for j in range(tile)]
                with code.if_else(start) as (given, none):
                    with given:
                        for place, row in zip(places, totals, strict=True):
                            for at, total in zip(vector_bytes, row, strict=True):
                                code.store(_load(code, code.add(code.add(initial, place), at)), total)
                    with none:
                        for total in chain(*totals):
                            code.store(ir.Constant(_VECTOR, [0.0] * LANES), total)
                with cgutils.for_range(code, rows) as loop:
                    entry = code.inttoptr(_offset(code, offsets, (loop.index, _number(8))), _INT64.as_pointer())
                    row = code.add(code.add(source, now), code.load(entry))
                    loaded = [_load(code, code.add(row, at)) for at in vector_bytes]
                    weight = _offset(code, weights, (code.add(code.mul(loop.index, outs), o), _number(_BYTES)))
                    for j in range(tile):
                        factor = _spread(code, code.add(weight, _number(j * _BYTES)))
                        for vector, total in zip(loaded, totals[j], strict=True):
                            _add_product(code, factor, vector, total)
                for place, row in zip(places, totals, strict=True):
                    for at, total in zip(vector_bytes, row, strict=True):
                        _store(code, code.load(total), code.add(code.add(out, place), at))
            return context.get_dummy_value()

        return types.void(*[types.int64] * 9), generate

    return weigh_rows


weigh_rows = _weigher(TILE_ROWS, VECTORS)
weigh_few = _weigher(2 * TILE_ROWS, VECTORS // 2)  # as many sums, for half as many samples at a time


@_loop
def correlate_rows(typing, sums, left, left_stride, lefts, source, offsets, rows, frames):
    """`sums[l, r, lane] += left[l, t] * row[r][t]` over the t of each lane; all arguments int64.

    sums: address of float32 (lefts, rows, LANES); `lefts` and `rows` multiples of 4, `frames` of STEP.
    left: address of row 0, rows `left_stride` bytes apart; source, offsets as in `weigh_rows`.
    """

    def generate(context, code, signature, arguments):
        sums, left, left_stride, lefts, source, offsets, rows, frames = arguments
        side = range(TILE_ROWS)
        totals = [[cgutils.alloca_once(code, _VECTOR) for _ in side] for _ in side]
        four = _number(TILE_ROWS)
        with (
            cgutils.for_range_slice(code, _number(0), lefts, four, inc=True) as (left_row, _),
            cgutils.for_range_slice(code, _number(0), rows, four, inc=True) as (r, _),
        ):
            places = [[_place(code, sums, rows, left_row, r, i, j) for j in side] for i in side]
            for place, total in zip(chain(*places), chain(*totals), strict=True):
                code.store(_load(code, place), total)
            lines = [_offset(code, left, (code.add(left_row, _number(i)), left_stride)) for i in side]
            entries = [_offset(code, offsets, (code.add(r, _number(j)), _number(8))) for j in side]
            others = [code.add(source, code.load(code.inttoptr(e, _INT64.as_pointer()))) for e in entries]
            with cgutils.for_range_slice(code, _number(0), frames, _number(LANES), inc=True) as (t, _):
                now = code.mul(t, _number(_BYTES))
                vectors = [_load(code, code.add(other, now)) for other in others]
                for line, row in zip(lines, totals, strict=True):
                    factor = _load(code, code.add(line, now))
                    for vector, total in zip(vectors, row, strict=True):
                        _add_product(code, factor, vector, total)
            for place, total in zip(chain(*places), chain(*totals), strict=True):
                _store(code, code.load(total), place)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 8), generate


def _place(code: Any, sums: Any, rows: Any, left: Any, r: Any, i: int, j: int) -> Any:
    cell = code.add(code.mul(code.add(left, _number(i)), rows), code.add(r, _number(j)))
    return _offset(code, sums, (cell, _number(_BYTES * LANES)))
