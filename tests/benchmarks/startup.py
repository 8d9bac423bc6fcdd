"""Seconds to import and to the first sound, each in a fresh process with a warm cache: `python tests/benchmarks/startup.py`."""

import platform
import statistics
import subprocess
import sys

import numba
import numpy

NATIVE = "import numpy as np, pedalboard; pedalboard.Distortion()(np.zeros(48000, 'float32'), 48000)"
SOUND = "import numpy as np; from wetdry import TubeSaturator; TubeSaturator()(np.zeros(48000, 'float32'), 48000)"
CASES = {
    "python alone": "pass",
    "import numpy": "import numpy",
    "import wetdry": "import wetdry",
    "first sound of TubeSaturator": SOUND,
    "first sound of pedalboard.Distortion": NATIVE,
}
RUNS = 7


def seconds(code: str) -> float:
    """Return the seconds that `code` takes in a fresh process, the process's own start left out."""
    timed = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True, cwd="/").stdout)


if __name__ == "__main__":
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {numpy.__version__}, numba {numba.__version__}")
    seconds(SOUND)
    taken = {name: [] for name in CASES}
    for _ in range(RUNS):  # interleaved, so that a busy moment hits all alike
        for name, code in CASES.items():
            taken[name].append(seconds(code))
    for name, times in taken.items():
        print(f"{name:<38} median {statistics.median(times):.3f} s, best {min(times):.3f} s of {RUNS}")
