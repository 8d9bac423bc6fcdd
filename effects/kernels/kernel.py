"""The one kernel type, and how a plain function becomes a kernel.

A kernel changes columns `start … start + frames` of `audio` in place and never crosses a multiple of TILE
on `clock`, the count of samples since the reset:

    kernel(audio float32[:, ::1], start int64, frames int64, clock int64,
           knobs float32[:, ::1], memory float64[::1], state float32[::1], weights float32[::1])

`knobs[k, clock % TILE + i]` is knob k, smoothed, at sample i of the call. `memory` holds filters, counters and
positions, `state` delay lines and scratch, `weights` is read-only. A kernel does not allocate, raise, or depend
on how time was cut.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba import types
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.ccallback import CFunc

TILE = 64
SIGNATURE = types.void(
    types.float32[:, ::1], types.int64, types.int64, types.int64,
    types.float32[:, ::1], types.float64[::1], types.float32[::1], types.float32[::1],
)  # fmt: skip
# `contract` lets multiply-adds fuse; every other fast-maths flag breaks exact block splits or NaN guards.
OPTIONS = {"nopython": True, "nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}


EFFECTS = Path(__file__).parents[1]


@cache
def sources_stamp(folder: Path = EFFECTS) -> str:
    """Return a hash of every source file under effects/, or another folder: a kernel inlines helpers from other files."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class SourcesCache(FunctionCache):
    """numba's disk cache, stale as soon as any file under effects/, or beside the function's own, changes."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        beside = sources_stamp(Path(py_func.__code__.co_filename).parent)
        self._source_stamp: Any = (self._impl.locator.get_source_stamp(), sources_stamp(), beside)
        self._cache_file = IndexDataCacheFile(
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=self._source_stamp
        )


class Kernel:
    """A compiled kernel; compiling (or fetching from numba's disk cache) happens at the first `address`."""

    def __init__(self, function: Callable[..., None]) -> None:
        self.function = function
        self._compiled: Any = None

    @property
    def address(self) -> int:
        """Address of the compiled function, for the runner."""
        if self._compiled is None:
            compiled = CFunc(self.function, (SIGNATURE.args, SIGNATURE.return_type), {}, dict(OPTIONS))
            enable_cache(compiled, self.function)
            compiled.compile()
            self._compiled = compiled
        return int(self._compiled.address)


def enable_cache(compiled: Any, function: Callable[..., Any]) -> None:
    """Cache on disk; a read-only install without a cache folder compiles uncached."""
    try:
        compiled._cache = SourcesCache(function)
    except RuntimeError:
        return


def helper(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call; it is inlined into each of them."""
    return numba.jit(**OPTIONS)(function)
