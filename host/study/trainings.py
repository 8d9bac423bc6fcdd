"""Trainings side by side, each in a process of its own on one core: the same minutes, the same share of the machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from ...models.errors import TrainingError

Progress = Callable[[str, float, float, str], None]
STAGE = "training"


@dataclass(frozen=True)
class Training:
    """A net to be trained: the capture, the run's folder, where the model goes, `train`'s numbers."""

    net: str
    capture: str
    out: str
    model: str
    numbers: dict[str, Any]

    @property
    def title(self) -> str:
        """What it is called while it runs."""
        return f"{self.net} seed {self.numbers['seed']}"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def train_all(trainings: Sequence[Training], progress: Progress | None) -> None:
    """Train, as many at a time as there are cores; each writes its model.

    Args:
        trainings: in this order.
        progress: called as progress("training", done, len(trainings), what each one under way says).

    Raises:
        TrainingError: one of them ended with an error; the others are ended.
    """
    crew = _Crew(len(trainings), progress)
    with ThreadPoolExecutor(cores()) as pool:
        waiting = [pool.submit(crew.train, training) for training in trainings]
        try:
            for one in waiting:
                one.result()
        except BaseException:
            crew.end()
            raise


class _Crew:
    """The processes under way, and how far each training is."""

    def __init__(self, count: int, progress: Progress | None) -> None:
        self.count, self.progress = count, progress
        self.lock, self.under_way, self.ended = threading.Lock(), dict[str, subprocess.Popen[str]](), False
        self.done, self.notes = dict[str, float](), dict[str, str]()

    def train(self, training: Training) -> None:
        """Train in a process and listen to it."""
        command = [sys.executable, "-m", f"{__package__}.train_child", json.dumps(asdict(training))]
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with self.lock:
            if self.ended:
                return
            child = subprocess.Popen(command, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, **pipes)
            self.under_way[training.title] = child
        said: list[str] = []
        errors = threading.Thread(target=lambda: said.extend(child.stderr or ()))
        errors.start()
        for line in child.stdout or ():
            self._tell(training.title, *json.loads(line))
        status = child.wait()
        errors.join()
        if status and not self.ended:
            reason = next((line.strip() for line in reversed(said) if line.strip()), f"its process ended with {status}")
            raise TrainingError(f"{training.title}: {reason}")
        self._tell(training.title, 1.0, "")

    def end(self) -> None:
        """End what is under way and begin nothing more."""
        with self.lock:
            self.ended = True
            for child in self.under_way.values():
                child.kill()

    def _tell(self, title: str, share: float, note: str) -> None:
        with self.lock:
            self.done[title], self.notes[title] = share, note
            busy = [f"{name} {self.done[name]:.0%} {self.notes[name]}" for name in self.done if self.done[name] < 1]
            if self.progress:
                self.progress(STAGE, sum(self.done.values()), self.count, "; ".join(busy))
