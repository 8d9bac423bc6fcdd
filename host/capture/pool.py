"""Worker processes for a capture: fed two takes ahead, replaced when they die, killed with the parent."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ...models.errors import CaptureError, FileProblem, InvalidType, InvalidValue, PluginError, WetdryError

AHEAD = 2
ATTEMPTS = 2


class _Process:
    """One worker process and the jobs it has not answered yet."""

    def __init__(self, start: dict[str, Any], inbox: "queue.Queue[tuple[_Process, dict[str, Any] | None]]") -> None:
        self.pending: deque[dict[str, Any]] = deque()
        self.since = time.monotonic()
        self.ready = False
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the worker)
        command = [sys.executable, "-P", "-m", "wetdry.host.capture.worker"]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()
        self.send(start)

    def send(self, message: dict[str, Any]) -> None:
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps(message) + "\n")
            self.child.stdin.flush()
        except OSError:
            pass  # it died; the listener says so

    def _listen(self, inbox: "queue.Queue[tuple[_Process, dict[str, Any] | None]]") -> None:
        assert self.child.stdout is not None
        for line in self.child.stdout:
            try:
                inbox.put((self, json.loads(line)))
            except ValueError:
                continue
        inbox.put((self, None))

    def last_words(self) -> str:
        """Return how it ended: the exit code or signal, and the last line of its log."""
        code = self.child.wait()
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return f"exit code {code}" + (f", last said: {lines[-1].strip()[:160]}" if lines else "")

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()
        self.log.close()


class Pool:
    """Runs checks and takes in `count` worker processes.

    Attributes:
        process_seconds: seconds the workers spent inside the target's process calls, for takes.
        wall_seconds: from the first take sent to the last one answered.
    """

    def __init__(self, count: int, start: dict[str, Any], take_timeout: float) -> None:
        self._start, self._timeout = start, take_timeout
        self._inbox: queue.Queue[tuple[_Process, dict[str, Any] | None]] = queue.Queue()
        self._workers = [_Process(start, self._inbox) for _ in range(count)]
        self._deaths = 0
        self.process_seconds = self.wall_seconds = 0.0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()

    @property
    def efficiency(self) -> float:
        """Seconds inside the target over (workers x wall seconds after start-up)."""
        return self.process_seconds / (len(self._workers) * self.wall_seconds) if self.wall_seconds else 0.0

    def checks(self, settings: list[dict[str, Any]]) -> dict[str, Any]:
        """Run the checks in one worker and return what they found; the others start up meanwhile."""
        found: dict[str, Any] = {}
        self._run(
            [{"do": "checks", "settings": settings, "number": "checks"}], lambda _, answer: found.update(answer["checks"])
        )
        return found

    def takes(self, jobs: list[dict[str, Any]], done: Callable[[dict[str, Any]], None]) -> None:
        """Render and write every job; `done` is called with each finished one."""
        while not all(w.ready for w in self._workers):
            self._wait(lambda _, answer: None, deque())
        begun = time.perf_counter()

        def finished(job: dict[str, Any], answer: dict[str, Any]) -> None:
            self.process_seconds += answer["seconds"]
            done(job)

        self._run(jobs, finished)
        self.wall_seconds = time.perf_counter() - begun

    def _run(self, jobs: list[dict[str, Any]], finished: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
        waiting = deque({**job, "attempt": 1} for job in jobs)
        while waiting or any(w.pending for w in self._workers):
            for ahead in range(1, AHEAD + 1):
                for worker in self._workers:
                    if waiting and len(worker.pending) < ahead:
                        job = waiting.popleft()
                        if not worker.pending:
                            worker.since = time.monotonic()
                        worker.pending.append(job)
                        worker.send(job)
            self._wait(finished, waiting)

    def _wait(self, finished: Callable[[dict[str, Any], dict[str, Any]], None], waiting: deque[dict[str, Any]]) -> None:
        for worker in self._workers:
            if (worker.pending or not worker.ready) and time.monotonic() - worker.since > self._timeout:
                worker.child.kill()  # its listener reports the death
        try:
            worker, answer = self._inbox.get(timeout=1.0)
        except queue.Empty:
            return
        if worker not in self._workers:
            return
        worker.since = time.monotonic()
        if answer is None:
            self._replace(worker, waiting)
        elif "error" in answer:
            raise _error(answer)
        elif "ready" in answer:
            worker.ready = True
        else:
            finished(worker.pending.popleft(), answer)

    def _replace(self, worker: _Process, waiting: deque[dict[str, Any]]) -> None:
        """A worker died: its oldest job is the suspect; a second death over it ends the capture."""
        words = worker.last_words()
        self._deaths += 1
        if worker.pending:
            suspect = worker.pending[0]
            suspect["attempt"] += 1
            if suspect["attempt"] > ATTEMPTS:
                what = "the checks" if suspect["do"] == "checks" else f"take {suspect['number']} ({suspect['values']})"
                raise CaptureError(
                    f"the target crashed or hung twice over {what} ({words}): narrow the knobs' ranges and run again"
                )
        elif not worker.ready and self._deaths > ATTEMPTS:
            raise CaptureError(f"the workers die at start-up ({words}): try the target with wetdry inspect first")
        waiting.extendleft(reversed(worker.pending))
        worker.pending.clear()
        self._workers[self._workers.index(worker)] = _Process(self._start, self._inbox)
        worker.log.close()


def _error(answer: dict[str, Any]) -> WetdryError:
    """Return the error a worker met, of the same kind where its constructor takes a message."""
    kind = {k.__name__: k for k in (FileProblem, InvalidType, InvalidValue, PluginError)}.get(answer["error"], CaptureError)
    return kind(answer["message"])
