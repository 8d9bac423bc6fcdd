"""What the live engine's compiled code stands on: ordered loads and stores, addresses, the system's clock and semaphores.

Everything here runs without the interpreter lock. A ring has one writer and one reader; each owns its index and publishes it by
a releasing store, which the other side reads by an acquiring load, so what was written before it is seen (Lamport's queue).
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from llvmlite import ir
from numba import types

from ....effects.kernels.kernel import enable_cache

OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy"}
CACHE_LINE = 8  # int64s: indices that two threads write lie this far apart
WAITS = sys.platform == "linux"  # elsewhere the resident call looks again every POLL_NANOSECONDS: not run there yet
POLL_NANOSECONDS = 200_000
MONOTONIC = 1
SEMAPHORE_BYTES = 32

_clock_gettime = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.int64))
_sem_post = types.ExternalFunction("sem_post", types.int32(types.int64))
_sem_clockwait = types.ExternalFunction("sem_clockwait", types.int32(types.int64, types.int32, types.int64))
_nanosleep = types.ExternalFunction("nanosleep", types.int32(types.int64, types.int64))


intrinsic: Any = numba.extending.intrinsic
carray: Any = numba.__dict__["carray"]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of the engine at its first call; kept on disk."""
    dispatcher: Any = numba.jit(**OPTIONS)(function)
    enable_cache(dispatcher, function)
    return dispatcher


@intrinsic
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """load(array int64[::1], index) → the value, by an acquiring load."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_place(context, builder, signature, arguments), "acquire", 8)

    return types.int64(array, types.intp), emit


@intrinsic
def store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """store(array int64[::1], index, value), by a releasing store."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store_atomic(arguments[2], _place(context, builder, signature, arguments), "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), emit


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


@intrinsic
def pointer(typing_context: Any, address: Any) -> Any:
    """pointer(address int64) → what `numba.carray` takes."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), emit


@intrinsic
def address_of_pointer(typing_context: Any, at: Any) -> Any:
    """address_of_pointer(void pointer) → its address, int64."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(types.voidptr), emit


@intrinsic
def call(typing_context: Any, function: Any, argument: Any) -> Any:
    """call(address of an int64 → int64 function, argument) → what it returns."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = ir.IntType(64)
        known = builder.inttoptr(arguments[0], ir.FunctionType(number, [number]).as_pointer())
        return builder.call(known, [arguments[1]])

    return types.int64(types.int64, types.int64), emit


@compiled
def nanoseconds(pair):
    """Return the monotonic clock, that of `time.monotonic`; `pair` is scratch, two int64."""
    _clock_gettime(types.int32(MONOTONIC), pair.ctypes.data)
    return pair[0] * 1_000_000_000 + pair[1]


@compiled
def wake(semaphore):
    """Wake who waits at a semaphore (its address); never blocks."""
    if WAITS:
        _sem_post(semaphore)


@compiled
def wait(semaphore, pair, longest_nanoseconds):
    """Wait at a semaphore, at most so long; `pair` is scratch."""
    if WAITS:
        until = nanoseconds(pair) + longest_nanoseconds
        pair[0], pair[1] = until // 1_000_000_000, until % 1_000_000_000
        _sem_clockwait(semaphore, types.int32(MONOTONIC), pair.ctypes.data)
    else:
        sleep(pair, min(longest_nanoseconds, POLL_NANOSECONDS))


@compiled
def sleep(pair, duration_nanoseconds):
    """Sleep; `pair` is scratch."""
    pair[0], pair[1] = duration_nanoseconds // 1_000_000_000, duration_nanoseconds % 1_000_000_000
    _nanosleep(pair.ctypes.data, 0)


class Semaphore:
    """A semaphore of the system, at `address`, for compiled code and for Python threads; waiting releases the lock."""

    def __init__(self) -> None:
        self._memory = (ctypes.c_char * SEMAPHORE_BYTES)()
        self.address = ctypes.addressof(self._memory)
        if WAITS:
            ctypes.CDLL(None).sem_init(self._memory, 0, 0)
