"""Running what a plugin might break in a process of its own, which answers in a file after every stage of its work."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..quiet import KEEP_STDERR
from .cache import recall
from .endings import how_it_ended

CHATTER = ("Attempting to load VST", "Creating VST instance", "Initialising VST")  # a host's own, whatever the plugin does


@dataclass(frozen=True)
class Ending:
    """How a child ended.

    Attributes:
        answer: what it wrote last; {} if nothing.
        hung: whether it was stopped after its time.
        crash: how it died before it was done ("SIGSEGV", its last line, "exit code 3"); "" where it did not.
        log: everything printed there, without a host's chatter.
    """

    answer: dict[str, Any]
    hung: bool
    crash: str
    log: str

    @property
    def stage(self) -> str:
        """What it was doing."""
        return str(self.answer.get("stage", "starting"))


def run_child(module: str, request: dict[str, Any], timeout: float, stop: threading.Event | None = None) -> Ending:
    """Run `python -m module` with `request` (and the file to answer in, under "answer") as JSON; wait, or stop it.

    It is stopped after `timeout` seconds, or when someone sets `stop`.

    The child leads a process group of its own: whatever a plugin starts there ends with it.
    """
    with tempfile.TemporaryDirectory(prefix="wetdry-child-") as folder:
        answer, log = Path(folder) / "answer.json", Path(folder) / "log"
        command = [sys.executable, "-P", "-m", module, json.dumps({**request, "answer": str(answer)})]
        with log.open("w+b") as sink:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
                                     env={**os.environ, KEEP_STDERR: "1"})  # fmt: skip
            try:
                code = _wait(child, time.monotonic() + timeout, stop)
            finally:
                _end(child)
        lines = log.read_text(errors="replace").splitlines()
        printed = "\n".join(line for line in lines if not line.startswith(CHATTER))
        return Ending(recall(answer) or {}, code is None, how_it_ended(code, printed) if code else "", printed)


def _wait(child: subprocess.Popen[bytes], deadline: float, stop: threading.Event | None) -> int | None:
    while time.monotonic() < deadline and not (stop and stop.is_set()):
        try:
            return child.wait(min(0.2, max(deadline - time.monotonic(), 0.0)))
        except subprocess.TimeoutExpired:
            continue
    return child.poll()


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        if sys.platform != "win32":
            os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.kill()
    child.wait()
