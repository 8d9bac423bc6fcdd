"""What a session asks of the system: real-time scheduling, memory that stays, and a calmer interpreter."""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

PRIORITY = 60  # below a sound server's own threads, above everybody else
LOCKED = 1 | 2 | 4  # mlockall: what is there, what comes, each page as it is first used
LONGEST_WAIT_SECONDS = 5.0
SWITCH_SECONDS = 0.0005  # for Python's own workers beside a busy thread: a tenth of what is usual


class Rights:
    """Takes what is permitted, and gives it back.

    Attributes:
        refused: a line for each thing that the system did not permit.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._before: float | None = None
        self._locked = False
        self._prepared = threading.Event()

    def take(self, real_time: bool) -> list[str]:
        """Lock memory if `real_time`, keep the collector off what is there, switch threads sooner; return what was refused."""
        self._before = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_SECONDS, self._before))
        gc.collect()
        gc.freeze()
        refused = _locked_memory() if real_time else ""
        self._locked = real_time and not refused
        return [refused] if refused else []

    def prepare_thread(self) -> None:
        """Have the calling thread scheduled in real time; where that is refused, `refused` says so."""
        try:
            self._schedule()
        finally:
            self._prepared.set()

    def wait(self, real_time: bool) -> None:
        """Wait until the thread has been prepared."""
        if real_time:
            self._prepared.wait(LONGEST_WAIT_SECONDS)

    def _schedule(self) -> None:
        set_scheduler: Callable[..., Any] | None = getattr(os, "sched_setscheduler", None)
        if set_scheduler is None:
            self.refused.append(f"no real-time scheduling: not tried on {sys.platform}")
            return
        try:
            set_scheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
        except OSError as error:
            self.refused.append(f"no real-time scheduling: {error.strerror}; allow it: a line '@audio - rtprio 95' in "
                                "/etc/security/limits.d/audio.conf, yourself in the group audio")  # fmt: skip

    def give_back(self) -> None:
        """Undo what concerns the whole process."""
        if self._before is not None:
            sys.setswitchinterval(self._before)
            gc.unfreeze()
            self._before = None
        if self._locked:
            ctypes.CDLL(None).munlockall()
            self._locked = False


def _locked_memory() -> str:
    """Lock the process's memory; return why not, or ""."""
    if sys.platform != "linux":
        return f"memory is not locked: not tried on {sys.platform}"
    import resource

    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    if limit != resource.RLIM_INFINITY and os.geteuid() != 0:  # a limit that is reached later would end the process
        return (f"memory is not locked: {limit >> 10} KiB are the limit; allow it: a line '@audio - memlock unlimited' in "
                "/etc/security/limits.d/audio.conf")  # fmt: skip
    library = ctypes.CDLL(None, use_errno=True)
    if library.mlockall(LOCKED):
        return f"memory is not locked: {os.strerror(ctypes.get_errno())}"
    return ""
