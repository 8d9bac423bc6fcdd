"""A JACK server of the test's own on the dummy driver, and another process that plays a controller: real MIDI, no hardware."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

SENDER = Path(__file__).with_name("midi_sender.py")
PATIENCE_SECONDS = 60


def jackd_or_skip():
    """Path of jackd; without it the test skips, and in CI fails."""
    found = shutil.which("jackd")
    if found is None:
        if os.environ.get("WETDRY_CI"):
            pytest.fail("jackd is missing: CI installs Debian's jackd2")
        pytest.skip("jackd is not installed (Debian: jackd2)")
    pytest.importorskip("rtmidi")
    return found


@contextmanager
def jack_server(folder, name):
    """Run a JACK server; this process and its children find it. In step (-S): a starved client loses no messages."""
    command = [jackd_or_skip(), "-n", name, "-r", "-S", "-t", "3000", "-d", "dummy", "-r", "48000", "-p", "256"]
    before, log = os.environ.get("JACK_DEFAULT_SERVER"), Path(folder) / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    os.environ["JACK_DEFAULT_SERVER"] = name
    try:
        _wait_for_server(process, log)
        yield process
    finally:
        end(process)
        if before is None:
            del os.environ["JACK_DEFAULT_SERVER"]
        else:
            os.environ["JACK_DEFAULT_SERVER"] = before


def _wait_for_server(process, log):
    from wetdry.host.midi.ports import list_ports
    from wetdry.models.errors import PortError

    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert process.poll() is None and time.monotonic() < give_up, log.read_text()
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

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, "the sender has ended"
        return json.loads(line)

    def unplug(self):
        self.process.stdin.close()
        self.process.stdout.close()
        end(self.process, asked=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.unplug()


def end(process, asked=False):
    """End a process; `asked`: it is on its way out already."""
    if process.poll() is None:
        if not asked:
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
