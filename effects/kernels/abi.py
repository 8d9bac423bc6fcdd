"""How arrays travel between the runner and a kernel: as numba's compiled functions pass them, by value."""

from typing import Any

from llvmlite import ir

from .code import BYTE, DOUBLE, FLOAT, INDEX

KERNEL_NAME = "wetdry_kernel"
RETURNED = BYTE.as_pointer()
DATA, SHAPE, STRIDES = 4, 5, 6  # places in an array's structure


def array_kind(element: Any, dimensions: int) -> ir.LiteralStructType:
    """Return numba's array structure: owner, parent, elements, bytes an element, data, shape, strides in bytes."""
    sizes = ir.ArrayType(INDEX, dimensions)
    return ir.LiteralStructType([BYTE.as_pointer(), BYTE.as_pointer(), INDEX, INDEX, element.as_pointer(), sizes, sizes])


FLOATS, FLOAT_ROWS, DOUBLES = array_kind(FLOAT, 1), array_kind(FLOAT, 2), array_kind(DOUBLE, 1)
# audio, start, frames, clock, knobs, memory, state, weights
KERNEL_KIND = ir.FunctionType(RETURNED, [FLOAT_ROWS, INDEX, INDEX, INDEX, FLOAT_ROWS, DOUBLES, FLOATS, FLOATS])


def declare_kernel(module: ir.Module) -> ir.Function:
    """Add the kernel function to `module`."""
    return ir.Function(module, KERNEL_KIND, KERNEL_NAME)


def data_of(builder: ir.IRBuilder, array: Any) -> Any:
    """Return the data pointer of an array."""
    return builder.extract_value(array, DATA)


def made_array(builder: ir.IRBuilder, kind: ir.LiteralStructType, data: Any, shape: list[Any]) -> Any:
    """Return an array of `shape`, C-contiguous, over `data`."""
    element = kind.elements[DATA].pointee
    size = ir.Constant(INDEX, 8 if element == DOUBLE else 4)
    array = ir.Constant(kind, None)
    count, stride = ir.Constant(INDEX, 1), size
    for axis in reversed(range(len(shape))):
        array = builder.insert_value(array, shape[axis], [SHAPE, axis])
        array = builder.insert_value(array, stride, [STRIDES, axis])
        count, stride = builder.mul(count, shape[axis]), builder.mul(stride, shape[axis])
    for place, value in ((2, count), (3, size), (DATA, data)):
        array = builder.insert_value(array, value, place)
    return array
