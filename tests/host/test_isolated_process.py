"""An isolated plugin's process: nothing is left behind, however its caller ends, forks or is interrupted."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from command import refused, wetdry

from wetdry.host.plugins import load_plugin
from wetdry.models.errors import PluginCrashed

RATE = 48_000


@pytest.fixture
def dry():
    return np.random.default_rng(3).uniform(-0.3, 0.3, RATE // 2).astype(np.float32)


def gone(number, seconds=10.0):
    """Tell whether a process ends within so many seconds; a zombie has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def held():
    """Return the open files of this process, Python's named shared memory of all, and the threads of this process."""
    named = sum(file.name.startswith(("psm_", "wetdry")) for file in Path("/dev/shm").iterdir())
    return len(list(Path("/proc/self/fd").iterdir())), named, threading.active_count()


def test_nothing_is_left_behind(zamtube, dry):
    before = held()
    plugin = load_plugin(zamtube, isolated=True)
    first = plugin.process_number
    plugin(dry, RATE)
    plugin.close()
    assert gone(first) and plugin.process_number is None
    with pytest.raises(PluginCrashed, match="was closed"):
        plugin(dry, RATE, reset=False)
    plugin.reset()
    second = plugin.process_number
    assert second != first
    del plugin
    assert gone(second)
    end = time.monotonic() + 10
    while held() != before and time.monotonic() < end:
        time.sleep(0.02)  # a watch ends within a moment
    assert held() == before


CALLER = """
import os, sys, time, numpy as np
from wetdry import load_plugin
plugin = load_plugin({path!r}, isolated=True)
print(plugin.process_number, flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(60)", "plugin(np.zeros(48000 * 300, 'float32'), 48000)", "pass"])
def test_it_ends_with_its_caller_however_that_ends(zamtube, then):
    code = CALLER.format(path=str(zamtube), then=then)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as caller:
        number = int(caller.stdout.readline())
        if "60" in then or "300" in then:
            time.sleep(0.3)
            caller.kill()
        caller.wait(60)
    assert gone(number)


def test_a_fork_of_the_caller_gets_a_process_of_its_own(zamtube):
    code = CALLER.format(path=str(zamtube), then="""
heard = plugin(np.ones(480, "float32"), 48000)
child = os.fork()
if child == 0:
    number = plugin.process_number
    same = np.array_equal(plugin(np.ones(480, "float32"), 48000), heard) if not plugin.reset() else False
    os.write(1, f"{number} {same}\\n".encode())
    del plugin
    os._exit(0)
os.waitpid(child, 0)
print(np.array_equal(plugin(np.ones(480, "float32"), 48000), heard))
""")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[1:] == ["None True", "True"], done.stderr


def test_ctrl_c_interrupts_a_call_and_not_the_plugin(zamtube):
    code = CALLER.format(path=str(zamtube), then="""
heard = plugin(np.ones(480, "float32"), 48000)
print("playing", flush=True)
try:
    plugin(np.zeros(48000 * 300, "float32"), 48000)
except KeyboardInterrupt:
    print(np.array_equal(plugin(np.ones(480, "float32"), 48000), heard), flush=True)
""")  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as caller:
        number = int(caller.stdout.readline())
        assert caller.stdout.readline() == "playing\n"
        time.sleep(1.0)
        caller.send_signal(signal.SIGINT)
        told, complained = caller.communicate(timeout=120)
    assert told == "True\n", complained
    assert gone(number)


def test_the_benchmark_prints_what_it_adds(zamtube, tmp_path):
    command = ["bench", "--isolation", zamtube, "--block", "64", "--rounds", "1", "--seconds", "0.02"]
    told = wetdry(*command, "--json", "costs.json", cwd=tmp_path).stdout
    assert "ZamTube" in told and "added" in told and "whole" in told
    costs = json.loads((tmp_path / "costs.json").read_text())["costs"]
    assert [cost["buffer_size"] for cost in costs] == [64, 0] and all(cost["apart_us"] > 0 for cost in costs)
    refused(wetdry("bench", "--isolation", cwd=tmp_path), "--isolation needs")
