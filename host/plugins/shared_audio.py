"""Audio that two processes see: float32 rows in memory that has no name, so that nothing is left behind by anybody's death."""

import itertools
import mmap
import os
import tempfile

import numpy as np

LEAST_BYTES = 1 << 18
KEPT_BYTES = 1 << 24  # what one long file needed is given back before the next short block

_numbers = itertools.count()


class SharedAudio:
    """Rows of samples shared with another process.

    On POSIX it is a file without a name, handed on by its descriptor; on Windows a mapping by a tag, which goes with
    the last process that holds it.

    Args:
        handle: what `handle` of the process that made it says; None: make it.

    Attributes:
        handle: plain data, for the other process (which inherits `descriptors`).
        size: bytes mapped now; the other process is told with each call and maps as many.
    """

    def __init__(self, handle: int | str | None = None) -> None:
        made = handle is None
        self.handle: int | str = _made() if handle is None else handle
        self.size = 0
        if made:
            self.fit(0, 0)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What the other process must inherit."""
        return (self.handle,) if isinstance(self.handle, int) else ()

    def fit(self, rows: int, samples: int) -> None:
        """Make room for so many rows; only who made it may."""
        needed = rows * samples * 4
        if self.size and self.size >= needed and (self.size <= KEPT_BYTES or needed > KEPT_BYTES):
            return
        size = LEAST_BYTES
        while size < needed:
            size *= 2
        if isinstance(self.handle, int):
            self._memory = None  # nobody looks while it shrinks
            os.ftruncate(self.handle, size)
        self.see(size)

    def see(self, size: int) -> None:
        """Map so many bytes, as the other process does."""
        if size != self.size:
            posix = isinstance(self.handle, int)
            self._memory = mmap.mmap(self.handle, size) if posix else mmap.mmap(-1, size, f"{self.handle}-{size}")  # pyright: ignore[reportCallIssue, reportArgumentType]
            self.size = size

    def rows(self, first: int, count: int, samples: int) -> np.ndarray:
        """Return rows `first … first + count`, float32 (count, samples), over the shared memory itself."""
        assert self._memory is not None
        return np.frombuffer(self._memory, np.float32, count * samples, first * samples * 4).reshape(count, samples)

    def close(self) -> None:
        """Let go of it; views that still stand keep what they show."""
        self._memory = None
        if isinstance(self.handle, int):
            os.close(self.handle)


def _made() -> int | str:
    if os.name == "nt":
        return f"wetdry-audio-{os.getpid()}-{next(_numbers)}"
    if hasattr(os, "memfd_create"):  # not limited by the size of /dev/shm, which is 64 MB in many a container
        return os.memfd_create("wetdry-audio")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
