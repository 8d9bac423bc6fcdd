"""A JACK server of the test's own on the dummy driver, and another process that plays a controller: real MIDI, no hardware."""

import atexit
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from installed_programs import installed_program

SENDER = Path(__file__).with_name("midi_sender.py")
PATIENCE_SECONDS = 60
PR_SET_PDEATHSIG = 1


def jackd_or_skip():
    """Path of jackd; without it the test skips, and in CI fails."""
    pytest.importorskip("rtmidi")
    return installed_program("jackd")


def server_of_this_process():
    """Run a JACK server until this process ends: JACK's library is not made for one after the other in a process."""
    os.environ["JACK_DEFAULT_SERVER"], process = _started()
    return process


@cache
def _started():
    stack, name = ExitStack(), f"wetdry-tests-{os.getpid()}"
    atexit.register(stack.close)
    return name, stack.enter_context(jack_server(name))


@contextmanager
def jack_server(name):
    """Run a JACK server; this process and its children find it. In step (-S): a starved client loses no messages."""
    command = [jackd_or_skip(), "-n", name, "-r", "-S", "-d", "dummy", "-r", "48000", "-p", "256"]
    before = os.environ.get("JACK_DEFAULT_SERVER")
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, preexec_fn=_end_with_parent)
        os.environ["JACK_DEFAULT_SERVER"] = name
        try:
            _wait_for_server(process, log)
            yield process
        finally:
            end(process)
            if before is None:
                os.environ.pop("JACK_DEFAULT_SERVER", None)
            else:
                os.environ["JACK_DEFAULT_SERVER"] = before


def _end_with_parent():
    """A test process that is killed leaves no server behind: JACK lets eight run on a machine."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_for_server(process, log):
    from wetdry.host.midi.ports import list_ports
    from wetdry.models.errors import PortError

    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        if process.poll() is not None or time.monotonic() > give_up:
            log.seek(0)
            pytest.fail(log.read().decode(errors="replace"))
        try:
            list_ports()
            return
        except PortError:
            time.sleep(0.05)


class Controller:
    """A controller in another process: a virtual port, and messages sent on a schedule."""

    def __init__(self, name, into=None):
        """Open the port `name`; `into`: plug it into that port."""
        command = [sys.executable, str(SENDER), name, *([into] if into else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._answer() == "ready"

    def play(self, schedule):
        """Send [(seconds from now, bytes), …]; returns at once."""
        self.process.stdin.write(json.dumps([(seconds, list(data)) for seconds, data in schedule]) + "\n")
        self.process.stdin.flush()

    def sent(self):
        """Wait until all is sent; return when each message was, by `time.monotonic()`."""
        return self._answer()

    def reach(self, port):
        """Send until the last message sent arrives, and nothing is under way: JACK connects at one of its next cycles."""
        for i in range(PATIENCE_SECONDS):
            self.play([(0, bytes((0xB0, 119, i)))])
            self.sent()
            give_up = time.monotonic() + 1
            while time.monotonic() < give_up:
                if any(arrival.data[2] == i for arrival in port.arrived()):
                    return
                time.sleep(0.005)
        raise AssertionError(f"nothing arrives at {port!r}")

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, "the sender has ended"
        return json.loads(line)

    def unplug(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()  # it ends when it has read all
        self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait(PATIENCE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.unplug()


def end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
