"""No allocation after the start: a malloc that counts, and numba's own counts, over 100,000 blocks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from installed_programs import installed_program

HERE = Path(__file__).parent
FLAT_BYTES = 1 << 19


@pytest.mark.skipif(sys.platform != "linux", reason="a malloc of one's own is preloaded on Linux")
def test_playing_a_hundred_thousand_blocks_allocates_nothing(tmp_path):
    library = tmp_path / "counted_malloc.so"
    subprocess.run(
        [installed_program("gcc", "cc"), "-O2", "-shared", "-fPIC", "-o", library, HERE / "counted_malloc.c"], check=True
    )
    counting = {"LD_PRELOAD": str(library), "NUMBA_NRT_STATS": "1"}
    ran = subprocess.run([sys.executable, HERE / "live_without_allocation.py"], env=os.environ | counting, capture_output=True,
                         text=True, timeout=280)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    before, after = found["before"], found["after"]
    assert after["blocks"] - before["blocks"] >= 100_000 and found["moves"] > 200 and found["missed"] == 0
    assert before["numba"] > 0 and after["python"] > before["python"] + 100  # they count
    assert [after[what] - before[what] for what in ("resident", "device", "numba")] == [0, 0, 0]
    assert after["bytes"] - before["bytes"] < FLAT_BYTES
