"""One worker process of a capture, seen from outside: asked for takes, watched, killed when it hangs."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any

Answer = dict[str, Any]


class Died(Exception):
    """The process ended before it answered.

    Attributes:
        words: how it ended.
        why: "crash" (of itself, over the job asked for, or hung), "start-up" (of itself, before the target was loaded), or
            "mishap" (over another job, or ended from outside: by a person, or a system short of memory).
    """

    def __init__(self, words: str, why: str) -> None:
        super().__init__(words)
        self.words, self.why = words, why


class _Asked:
    """A job that was sent and not answered yet."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.answer: Future[Answer] = Future()


class PluginProcess:
    """A `worker` process with the plugin on its main thread; several threads may `ask` it, it plays one job at a time.

    Args:
        start: its first message, see `worker.Worker`.
        timeout: seconds without a word after which it counts as hung, and is killed.
    """

    def __init__(self, start: dict[str, Any], timeout: float) -> None:
        self._timeout, self._since = timeout, time.monotonic()
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._asked: dict[Any, _Asked] = {}
        self._playing: Any = None  # the number of the job begun last
        self._hung = self.over = False
        self._refused: Answer | None = None  # its last word, where it cannot play the target at all
        self.ready = threading.Event()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        command = [sys.executable, "-P", "-m", "wetdry.host.capture.worker"]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True)
        self._send(start)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def load(self) -> int:
        """How many jobs it has not answered."""
        return len(self._asked)

    def ask(self, job: dict[str, Any], begun: Callable[[], None]) -> Answer:
        """Send a job and wait for its answer; `begun` is called once the process plays it. Raises Died."""
        asked = _Asked()
        with self._lock:
            if self._refused:
                return self._refused
            if self.over:
                raise Died("ended between two jobs", "mishap")
            if not self._asked:
                self._since = time.monotonic()
            self._asked[job["number"]] = asked
        self._send(job)
        while not asked.begun.wait(1.0):
            self._kill_if_hung()
        begun()
        while not wait([asked.answer], 1.0).done:
            self._kill_if_hung()
        return asked.answer.result()

    def settled(self) -> bool:
        """Whether it has loaded the target, or ended over it."""
        self._kill_if_hung()
        return self.ready.is_set() or self.over

    def kill(self) -> None:
        """End it; whoever waits for an answer gets Died."""
        self.child.kill()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.child.stdin is not None
        with self._sending, suppress(OSError, ValueError):  # it died; the listener says so
            self.child.stdin.write(json.dumps(message) + "\n")
            self.child.stdin.flush()

    def _kill_if_hung(self) -> None:
        if time.monotonic() - self._since > self._timeout:
            self._hung = True
            self.child.kill()

    def _listen(self) -> None:
        assert self.child.stdout is not None and self.child.stdin is not None
        for line in self.child.stdout:
            self._since = time.monotonic()
            try:
                self._refused = self._heard(json.loads(line)) or self._refused
            except ValueError:
                continue
        words = self._last_words()
        with self._lock:
            self.over = True
            asked, self._asked = self._asked, {}
        for number, one in asked.items():
            if self._refused:
                one.answer.set_result(self._refused)
            else:
                one.answer.set_exception(Died(words, self._why(number)))
            one.begun.set()
        self.child.stdout.close()
        with suppress(OSError):  # what it was not sent any more
            self.child.stdin.close()

    def _heard(self, message: Answer) -> Answer | None:
        """Take in a message; return it where it says that the target cannot be played at all."""
        if "ready" in message:
            self.ready.set()
        elif "begun" in message:
            self._playing = message["begun"]
            self._asked[self._playing].begun.set()
        elif message.get("number") in self._asked:
            with self._lock:
                one = self._asked.pop(message["number"])
            one.answer.set_result(message)
        else:
            return message
        return None

    def _last_words(self) -> str:
        """Return how it ended: hung, the signal or exit code, and the last line of its log."""
        code = self.child.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        self._log.close()
        how = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        if self._hung:
            how = f"no answer for {self._timeout:g} s"
        return how + (f", last said: {lines[-1].strip()[:160]}" if lines else "")

    def _why(self, number: Any) -> str:
        if self.child.returncode == -getattr(signal, "SIGKILL", 9) and not self._hung:
            return "mishap"
        if not self.ready.is_set():
            return "start-up"
        return "crash" if number == self._playing else "mishap"
