"""What an evaluation keeps when it is killed: the journal, and workers that end with their parent."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from saturator_capture import random_twin, write_capture

from wetdry.host.evaluation import Evaluation
from wetdry.host.evaluation.journal import Journal


def test_journal_of_rubbish_starts_over(tmp_path):
    path = tmp_path / "cells.jsonl"
    for rubbish in (b"", b"\xff\xfe", b"{}\n", b"[]\n", b'{"key": {"a": 1}}', b'{"key": {"a": 2}}\n{"name": "x", "data": 1}\n'):
        path.write_bytes(rubbish)
        assert "x" not in Journal(path, {"a": 1})
    journal = Journal(path, {"a": 1})
    journal.add("x", [1, 2])
    path.write_bytes(path.read_bytes() + b'{"name": "y", "da')
    again = Journal(path, {"a": 1})
    assert again["x"] == [1, 2] and "y" not in again
    again.add("z", 3)
    assert Journal(path, {"a": 1})["z"] == 3


def alive_in(group):
    """Processes of a group that run; Linux."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end while it is looked at
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(path)
    return found


@pytest.mark.slow
def test_workers_from_a_script_without_a_guard_killed_and_run_again(tmp_path):
    """A script may call evaluate at its top level; kill -9 at any moment loses what is under way and nothing else."""
    capture = write_capture(tmp_path / "capture", seconds=1.2)
    random_twin(capture).save(tmp_path / "clone.safetensors")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, wetdry.host.evaluation as e\n"
        "print('begun', flush=True)\n"
        f"twin, capture = {str(tmp_path / 'clone.safetensors')!r}, {str(capture.path)!r}\n"
        "f = e.evaluate(twin, capture, sys.argv[1], settings=6, corners=False)\n"
        "print(len(f.cells))\n"
    )
    started = subprocess.Popen([sys.executable, str(script), str(tmp_path / "a")], start_new_session=True)
    journal = tmp_path / "a" / "cells.jsonl"
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up and not (journal.exists() and b'"cells' in journal.read_bytes()):
        time.sleep(0.02)
    started.kill()
    started.wait()
    assert b'"cells' in journal.read_bytes()
    give_up = time.monotonic() + 60
    while alive_in(started.pid):
        assert time.monotonic() < give_up, "workers outlive the parent that was killed"
        time.sleep(0.1)
    kept = journal.read_bytes().splitlines()[:-1]
    outputs = []
    for name in ("a", "b"):
        done = subprocess.run([sys.executable, str(script), str(tmp_path / name)], capture_output=True, text=True, timeout=300)
        assert done.stdout.split() == ["begun", "12"], done.stderr
        outputs.append(Evaluation.load(tmp_path / name))
    assert journal.read_bytes().splitlines()[: len(kept)] == kept
    assert outputs[0].cells == outputs[1].cells
    assert outputs[0].probes == outputs[1].probes
