"""The thread's floating-point mode, kept: a library built with fast maths switches denormals off
as it is loaded, and many plugins are."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

LARGEST_ENVIRONMENT = 256  # bytes; fenv_t is 32 on x86-64, 8 on 64-bit Arm


@cache
def _library() -> Any:
    try:
        library = ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None)
        return library if library.fegetenv and library.fesetenv else None
    except (OSError, AttributeError):
        return None


@contextmanager
def kept_float_mode() -> Iterator[None]:
    """Restore the calling thread's floating-point mode on the way out.

    Without it, Python arithmetic in a process that has loaded ZamTube takes 5e-324 for 0.
    """
    library = _library()
    if library is None:
        yield
        return
    before = ctypes.create_string_buffer(LARGEST_ENVIRONMENT)
    library.fegetenv(before)
    try:
        yield
    finally:
        library.fesetenv(before)
