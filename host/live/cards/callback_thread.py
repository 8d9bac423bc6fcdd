"""The sound system's own thread that calls us: scheduled in real time where that is permitted, as ALSA's is not by itself.

A JACK server, Core Audio and WASAPI see to theirs.
"""

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..real_time import PRIORITY as RESIDENT_PRIORITY

PRIORITY = RESIDENT_PRIORITY + 5  # it only moves samples, and wakes the resident call


def native_threads() -> set[int]:
    """Return the system's numbers of this process's threads that Python has not begun; none but on Linux."""
    if sys.platform != "linux":
        return set()
    every = {int(entry.name) for entry in Path("/proc/self/task").iterdir()}
    return every - {thread.native_id for thread in threading.enumerate()}


def schedule(threads: Iterable[int]) -> None:
    """Have threads scheduled in real time; where it is refused, they stay as they are, and the session has said so."""
    for thread in threads:
        with suppress(OSError):
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(PRIORITY))
