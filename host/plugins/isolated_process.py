"""Our side of the process of an isolated plugin: started, asked, watched, ended."""

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from typing import IO, Any

import numpy as np

from ...models.errors import PluginCrashed
from . import isolated_frames as frames
from .endings import how_it_ended
from .shared_audio import SharedAudio

SLOWEST = 10.0  # times real time that a call may take beyond the timeout before the plugin counts as hung


class IsolatedProcess:
    """A child process with one plugin in it. Whatever goes wrong there raises PluginCrashed here, and ends the child.

    Args:
        path, plugin_name, arguments: what `load_plugin` is to load there.
        name: of the plugin, for messages.
        timeout: seconds it may take to load, or to answer; a call that plays has ten times its audio's length besides.

    Attributes:
        facts: what the child found at the plugin.
    """

    def __init__(self, path: str, plugin_name: str | None, arguments: dict[str, Any], name: str, timeout: float) -> None:
        self._name, self._timeout = name, timeout
        self._audio = SharedAudio()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the process)
        command = [sys.executable, "-P", "-m", "wetdry.host.plugins.isolated_child"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, bufsize=0,
            pass_fds=self._audio.descriptors, start_new_session=True,  # a Ctrl-C is ours, not the plugin's
        )  # fmt: skip
        assert self._child.stdin is not None and self._child.stdout is not None
        self._to, self._from = self._child.stdin.fileno(), self._child.stdout.fileno()
        self._watch = _Watch(self._child, timeout)
        self._end = weakref.finalize(self, _end, self._child, self._watch, self._log, self._audio, os.getpid())
        start = {"path": path, "plugin_name": plugin_name, "arguments": arguments, "audio": self._audio.handle,
                 "timeout": timeout}  # fmt: skip
        self.facts: dict[str, Any] = self._exchange("loading", timeout, start)

    @property
    def alive(self) -> bool:
        """Whether it can be asked: running, and ours."""
        return self.ours and self._child.poll() is None

    @property
    def ours(self) -> bool:
        """Whether it has not been ended, and belongs to this process, not to one that this is a fork of."""
        return self._end.alive and self._watch.owner == os.getpid()

    @property
    def number(self) -> int:
        """The process's number, as the system says."""
        return self._child.pid

    def ask(self, *question: Any) -> Any:
        """Ask for what the child's `Playing.ask` knows. Raises PluginCrashed, and what the plugin's own bridge raises."""
        return self._exchange("being asked", self._timeout, question)

    def play(
        self, planar: np.ndarray, rate: float, block: int, reset: bool, key: np.ndarray | None
    ) -> tuple[np.ndarray, int, int]:
        """Play (channels, samples); return (audio, latency in samples now, samples that were not finite since the reset)."""
        channels, samples = planar.shape
        keys = 0 if key is None else len(key)
        audio = self._audio
        audio.fit(2 * (channels + keys), samples)  # twice: a plugin may have more outputs than inputs
        audio.rows(0, channels, samples)[:] = planar
        if key is not None:
            audio.rows(channels, keys, samples)[:] = key
        request = frames.Request(frames.PLAY, reset, channels, keys, samples, block, rate, audio.size)
        reply, text = self._sent("playing", self._timeout + SLOWEST * samples / rate, request)
        if reply.kind == frames.ERROR:
            raise frames.error_of(frames.unpacked(text))
        return audio.rows(0, reply.channels, reply.length).copy(), reply.latency, reply.non_finite

    def _exchange(self, doing: str, seconds: float, data: Any) -> Any:
        text = frames.packed(data)
        reply, answer = self._sent(doing, seconds, frames.Request(frames.ASK, length=len(text)), text)
        if reply.kind == frames.ERROR:
            if doing == "loading":
                self.end()
            raise frames.error_of(frames.unpacked(answer))
        return frames.unpacked(answer)

    def _sent(self, doing: str, seconds: float, request: frames.Request, text: bytes = b"") -> tuple[frames.Reply, bytes]:
        if not self.ours:  # the pipe's descriptors may be somebody else's by now
            raise PluginCrashed(f"{self._name} has no process here: reset() starts one, knobs kept")
        try:
            self._watch.deadline = time.monotonic() + seconds
            frames.send_request(self._to, request, text)
            reply = frames.receive_reply(self._from)
            answer = b"" if reply.kind == frames.AUDIO else frames.receive(self._from, reply.length)
            self._watch.deadline = math.inf
            return reply, answer
        except (EOFError, OSError):
            raise self._crash(doing, seconds) from None
        except BaseException:  # Ctrl-C: an answer nobody has read is on its way
            self.end()
            raise

    def _crash(self, doing: str, seconds: float) -> PluginCrashed:
        hung = self._watch.barked
        self._child.kill()
        code = self._child.wait()
        self._log.seek(0)
        told = how_it_ended(code, self._log.read().decode(errors="replace"))
        self.end()
        what = f"hung while {doing} (stopped after {seconds:g} s)" if hung else f"crashed while {doing} ({told})"
        again = "load_plugin(..., timeout=300) allows more time" if doing == "loading" else "reset() starts it anew, knobs kept"
        return PluginCrashed(f"{self._name} {what}, in its own process: {again}")

    def end(self) -> None:
        """End the process, if it still runs."""
        self._end()


class _Watch:
    """Kills a child that does not answer by the deadline, from a thread of its own: reading may then simply wait."""

    def __init__(self, child: "subprocess.Popen[bytes]", timeout: float) -> None:
        self.deadline, self.barked, self.owner = math.inf, False, os.getpid()
        self._child, self._every, self._over = child, min(max(timeout / 8, 0.02), 5.0), threading.Event()
        threading.Thread(target=self._run, name="isolated plugin's watch", daemon=True).start()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            if time.monotonic() > self.deadline:
                self.barked = True
                self._child.kill()
                return

    def stop(self) -> None:
        self._over.set()


def _end(child: "subprocess.Popen[bytes]", watch: _Watch, log: IO[bytes], audio: SharedAudio, owner: int) -> None:
    if os.getpid() == owner:
        watch.stop()
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout, log):
        if stream is not None:
            stream.close()
    audio.close()
