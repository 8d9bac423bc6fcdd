"""What a dask worker does in a capture: it keeps one plugin process a thread, and has them play the takes it is given.

A dask worker runs its tasks on threads, and plugins want a main thread: each gets a process (`plugin_process`). A task
leaves dask's thread as soon as its take is begun, so that the next one waits in the process, not on the network.
This file imports no effect: a dask worker that was lost is there again the sooner.
"""

import asyncio
import threading
import weakref
from collections import Counter
from typing import Any

from .plugin_process import Died, PluginProcess

CRASHES, START_UPS, MISHAPS = 2, 3, 20  # deaths over one job that end the capture, see `Died`

_seats: "weakref.WeakKeyDictionary[Any, dict[str, Seats]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


class Seats:
    """The plugin processes of one dask worker for one capture."""

    def __init__(self, start: dict[str, Any], timeout: float, count: int) -> None:
        self._start, self._timeout = start, timeout
        self._lock = threading.Lock()
        self._closed = False
        self.processes = [PluginProcess(start, timeout) for _ in range(count)]

    def play(self, job: dict[str, Any], begun: Any) -> dict[str, Any]:
        """Return the answer to a job; a process that dies is replaced, and the job asked for again."""
        what = "the checks" if job["do"] == "checks" else f"take {job['number']} ({job.get('values')})"
        deaths: Counter[str] = Counter()
        while not self._closed:
            try:
                return self._least_busy().ask(job, begun)
            except Died as end:
                deaths[end.why] += 1
                words = end.words
            if deaths["crash"] == CRASHES:
                return _problem(
                    f"the target crashed or hung twice over {what} ({words}): narrow the knobs' ranges and run again"
                )
            if deaths["start-up"] == START_UPS:
                return _problem(f"the workers die at start-up ({words}): try the target with wetdry inspect first")
            if deaths["mishap"] == MISHAPS:
                return _problem(f"the worker was lost {MISHAPS} times over {what} ({words}): is there memory enough for it?")
        return _problem("the capture has ended")

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            self._closed = True
            for process in self.processes:
                process.kill()
            self.processes = []

    def _least_busy(self) -> PluginProcess:
        with self._lock:
            if self._closed:
                raise Died("the capture has ended", "mishap")
            for i, process in enumerate(self.processes):
                if process.over:
                    self.processes[i] = PluginProcess(self._start, self._timeout)
            return min(self.processes, key=lambda p: p.load)


def _problem(message: str) -> dict[str, Any]:
    return {"error": "CaptureError", "message": message}


def take_seats(dask_worker: Any, run: str, start: dict[str, Any], timeout: float, count: int | None = None) -> Seats:
    """Return the seats of a dask worker for a capture, made where it has none yet: `count`, or one a thread."""
    with _lock:
        of_worker = _seats.setdefault(dask_worker, {})
        if run not in of_worker:
            of_worker[run] = Seats(start, timeout, dask_worker.state.nthreads if count is None else count)
        return of_worker[run]


def prepare(run: str, start: dict[str, Any], timeout: float, dask_worker: Any) -> None:
    """Start a dask worker's processes, so that they load the target before the first take."""
    take_seats(dask_worker, run, start, timeout)


async def until_ready(run: str, dask_worker: Any) -> int:
    """Wait until each process of a dask worker has loaded the target, or cannot; return how many there are."""
    processes = _seats[dask_worker][run].processes
    while not all(p.settled() for p in processes):
        await asyncio.sleep(0.02)
    return len(processes)


def dismiss(run: str, dask_worker: Any) -> None:
    """End a dask worker's processes of a capture; a task that comes late finds them ended."""
    take_seats(dask_worker, run, {}, 0.0, count=0).close()


def play(run: str, start: dict[str, Any], timeout: float, job: dict[str, Any]) -> dict[str, Any]:
    """Run a job as a dask task; return the answer, with the worker's address."""
    from distributed import get_worker, secede

    worker = get_worker()
    left = threading.Event()

    def begun() -> None:
        if not left.is_set():
            left.set()
            secede()

    return {**take_seats(worker, run, start, timeout).play(job, begun), "where": worker.address}
