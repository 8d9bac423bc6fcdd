"""Who renders a capture: dask workers, of this machine or of many, each with a plugin process a thread (`seats`)."""

import queue
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from ...models.errors import CaptureError, FileProblem, InvalidType, InvalidValue, PluginError, WetdryError
from .._distributed import client_of, local_cluster, lost_its_workers, quiet
from . import seats

PATIENCE_SECONDS = 60.0  # that long no worker may be there, before the first take and during a capture
LOST = 10  # rounds of dask workers lost over a take
Job = dict[str, Any]


class Crew:
    """Runs checks and takes on dask workers.

    Args:
        start: what each plugin process is told first, see `worker.Worker`.
        take_timeout: seconds one take may take.
        workers: how many plugin processes of this machine.
        scheduler: address of a dask scheduler, a cluster or a client: its workers render, as many as it has; None: this
            machine does.

    Attributes:
        workers: plugin processes when the first take began.
        process_seconds: seconds they spent inside the target's process calls, for takes.
        wall_seconds: from the first take sent to the last one answered.

    Raises:
        CaptureError: no scheduler, or no worker; a worker cannot play the target; the target or its workers keep dying.
    """

    def __init__(self, start: dict[str, Any], take_timeout: float, workers: int, scheduler: Any = None) -> None:
        self._start, self._timeout, self._run = start, take_timeout, f"capture-{uuid.uuid4().hex[:12]}"
        self._held = ExitStack()
        self._held.enter_context(quiet())
        try:
            self._cluster = self._held.enter_context(local_cluster(workers)) if scheduler is None else None
            self._client, ours = client_of(self._cluster or scheduler)
            if ours:
                self._held.enter_context(self._client)
        except BaseException:
            self._held.close()
            raise
        self._inbox: queue.Queue[Any] = queue.Queue()
        self.workers = 0
        self.process_seconds = self.wall_seconds = 0.0

    def __enter__(self) -> "Crew":
        try:
            self._wait_for_workers()
            self._everywhere(seats.prepare, self._run, self._start, self._timeout)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._held, suppress(OSError):  # a scheduler that has gone: its workers' processes end with them, or when idle
            if self._client.status == "running":
                self._client.run(seats.dismiss, self._run, on_error="ignore")

    @property
    def efficiency(self) -> float:
        """Seconds inside the target over (plugin processes x wall seconds after start-up)."""
        return self.process_seconds / (self.workers * self.wall_seconds) if self.wall_seconds else 0.0

    def speed(self) -> dict[str, Any]:
        """Return how busy the processes were, as plain JSON data."""
        return {"efficiency": round(self.efficiency, 4), "process_seconds": round(self.process_seconds, 3),
                "wall_seconds": round(self.wall_seconds, 3), "workers": self.workers}  # fmt: skip

    def checks(self, settings: list[dict[str, Any]]) -> dict[str, Any]:
        """Run the checks in one process and return what they found; the others load the target meanwhile."""
        found: dict[str, Any] = {}
        job = {"do": "checks", "settings": settings, "number": "checks"}
        self._play([job], lambda _, answer: found.update(answer["checks"]))
        return found

    def takes(self, jobs: list[Job], done: Callable[[Job], None]) -> None:
        """Render and write every job; `done` is called with each finished one."""
        self.workers = sum(self._everywhere(seats.until_ready, self._run).values())
        begun = time.perf_counter()

        def finished(job: Job, answer: dict[str, Any]) -> None:
            self.process_seconds += answer["seconds"]
            done(job)

        self._play(jobs, finished)
        self.wall_seconds = time.perf_counter() - begun

    def _play(self, jobs: list[Job], finished: Callable[[Job, dict[str, Any]], None]) -> None:
        under_way = dict(zip(self._submit(jobs, 1), [(job, 1) for job in jobs], strict=True))
        last_seen = time.monotonic()
        try:
            while under_way:
                try:
                    future = self._inbox.get(timeout=1.0)
                except queue.Empty:
                    last_seen = self._still_there(last_seen)
                    continue
                if future not in under_way:
                    continue
                job, rounds = under_way.pop(future)
                answer = self._answer(future, job, rounds)
                if answer is None:
                    under_way[self._submit([job], rounds + 1)[0]] = job, rounds + 1
                elif "error" in answer:
                    raise _error(answer)
                else:
                    finished(job, answer)
                last_seen = time.monotonic()
        finally:
            if under_way:
                self._client.cancel(list(under_way), force=True)

    def _submit(self, jobs: list[Job], rounds: int) -> list[Any]:
        call = partial(seats.play, self._run, self._start, self._timeout)
        keys = [(f"{self._run}-{rounds}", job["number"]) for job in jobs]
        futures = self._client.map(call, jobs, key=keys, pure=False)
        for future in futures:
            future.add_done_callback(self._inbox.put)
        return futures

    def _answer(self, future: Any, job: Job, rounds: int) -> dict[str, Any] | None:
        """Return what a task answered; None where dask gave it up because its workers were lost."""
        try:
            return future.result()
        except Exception as error:  # wetdry's errors come as answers: this is of dask, or of an installation
            if lost_its_workers(error):
                if rounds < LOST:
                    return None
                raise CaptureError(f"{job['number']} lost its dask workers {LOST} times: look at their logs") from None
            if future.status != "error":  # no task's doing
                raise _gone(self._client) from None
            raise _unfit("a dask worker", error) from error

    def _still_there(self, last_seen: float) -> float:
        """Return now where there are workers. Raises CaptureError where there have been none for too long."""
        if self._cluster is not None or self._addresses():
            return time.monotonic()
        if time.monotonic() - last_seen > PATIENCE_SECONDS:
            raise CaptureError(
                f"all dask workers have gone for {PATIENCE_SECONDS:g} s; what is finished is kept: start workers with "
                "`dask worker ADDRESS`, and run the capture again"
            )
        return last_seen

    def _wait_for_workers(self) -> None:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not self._addresses():
            if time.monotonic() > give_up:
                raise CaptureError(f"the dask scheduler has no workers: start some with `dask worker {_address(self._client)}`")
            time.sleep(0.1)

    def _addresses(self) -> list[str]:
        try:
            return list(self._client.nthreads())
        except Exception:  # comm errors have many kinds
            raise _gone(self._client) from None

    def _everywhere(self, call: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return worker → what a call gives there; a worker that is lost meanwhile is left out."""
        found = self._client.run(call, *arguments, on_error="return")
        there = self._addresses()
        for address, answer in found.items():
            if isinstance(answer, Exception) and address in there:
                raise _unfit(f"the dask worker {address}", answer)
        return {address: answer for address, answer in found.items() if not isinstance(answer, Exception)}


def _address(client: Any) -> str:
    return str(getattr(client.scheduler, "address", "ADDRESS"))


def _unfit(who: str, error: Exception) -> CaptureError:
    return CaptureError(f"{who} cannot capture ({error!r:.200}): install the same wetdry there as here")


def _gone(client: Any) -> CaptureError:
    return CaptureError(f"the dask scheduler at {_address(client)} has gone; what is finished is kept: run the capture again")


def _error(answer: dict[str, Any]) -> WetdryError:
    """Return the error a worker met, of the same kind where its constructor takes a message."""
    kind = {k.__name__: k for k in (FileProblem, InvalidType, InvalidValue, PluginError)}.get(answer["error"], CaptureError)
    where = str(answer.get("where", "inproc://"))
    return kind(answer["message"] + ("" if where.startswith("inproc://") else f" (on the dask worker {where})"))
