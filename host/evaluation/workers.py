"""Benches in processes of their own: a plugin lives on its worker's main thread, and its crash stays there."""

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from .bench import Bench
from .plan import Plan

_bench: Bench | None = None


class Workers:
    """Runs a bench's methods: in `count` processes, each with its own bench, or here where `bench` is given.

    Args:
        plan: what each process builds its bench from; None where `bench` is given.
        count: how many processes.
        bench: run everything here, at once, on this bench.
    """

    def __init__(self, plan: Plan | None, count: int, bench: Any = None) -> None:
        self.bench = bench
        self.pool = None
        if plan is not None and bench is None:
            self.pool = ProcessPoolExecutor(count, get_context("spawn"), _start, (plan,))

    def submit(self, method: str, *arguments: Any) -> "Future[Any]":
        """Return the coming outcome of `bench.method(*arguments)`."""
        if self.pool is not None:
            with _main_left_alone():
                return self.pool.submit(_call, method, arguments)
        done: Future[Any] = Future()
        done.set_result(getattr(self.bench, method)(*arguments))
        return done

    def close(self) -> None:
        """End the processes; work not begun is dropped."""
        if self.pool is not None:
            self.pool.shutdown(wait=True, cancel_futures=True)
        elif isinstance(self.bench, Bench):
            self.bench.close()


@contextmanager
def _main_left_alone() -> Iterator[None]:
    """Keep a spawned process from running the caller's script again: a worker needs nothing of it."""
    main = sys.modules["__main__"]
    kept = {name: main.__dict__[name] for name in ("__spec__", "__file__") if name in main.__dict__}
    main.__dict__["__spec__"] = None
    main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        main.__dict__.update(kept)


def _start(plan: Plan) -> None:
    global _bench
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _bench = Bench.from_plan(plan)


def _end_with_the_parent() -> None:
    """A pool's workers outlive a parent that was killed, waiting for work that never comes."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _call(method: str, arguments: tuple[Any, ...]) -> Any:
    return getattr(_bench, method)(*arguments)
