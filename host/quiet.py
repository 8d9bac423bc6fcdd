"""What native code prints on stderr, kept off the terminal: plugin frameworks warn at every load and unload."""

import os
import sys
import tempfile
import threading
from typing import Any

KEEP_STDERR = "WETDRY_KEEP_STDERR"  # set in child processes, whose stderr is a log that tells why a plugin died


class QuietStderr:
    """A `with` block in which nothing arrives on stderr, whatever writes there.

    The file descriptor is the whole process's: the first thread in diverts it and the last one out puts it back.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # an engine may be collected, quietly, while another block is being entered
        self._inside = 0
        self._diverted: tuple[int, Any] | None = None  # the terminal, and the file written instead

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1 and not os.environ.get(KEEP_STDERR):
                self._diverted = _divert()

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._diverted is not None:
                terminal, sink = self._diverted
                self._diverted = None
                os.dup2(terminal, 2)
                os.close(terminal)
                sink.close()


def _divert() -> tuple[int, Any] | None:
    try:
        sys.stderr.flush()
        terminal = os.dup(2)
    except (OSError, AttributeError, ValueError):
        return None  # no stderr to be quiet on
    sink = tempfile.TemporaryFile()  # noqa: SIM115 (it is open until the last block ends)
    os.dup2(sink.fileno(), 2)
    return terminal, sink


_QUIET = QuietStderr()


def quiet_stderr() -> QuietStderr:
    """Return the block in which native code prints nothing on stderr."""
    return _QUIET
