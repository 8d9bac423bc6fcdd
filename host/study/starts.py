"""What a rival costs a process that has just started: the library, the file, the first block, and memory."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...models.errors import PluginError
from ..benchmark.engines import OURS
from .figures import Spread, Start
from .players import INT8, Recipe

_OF_ENGINES = {
    OURS: "wetdry.effects",
    "torch": "torch",
    "torchscript": "torch",
    "onnxruntime": "onnxruntime",
    INT8: "onnxruntime",
}
TIMEOUT = 120.0
CHILD = Path(__file__).with_name("start_child.py")


def library_of(recipe: Recipe, engine: str) -> str:
    """Return the module that plays it, "" for NumPy, which is there before."""
    if recipe["plays"] == "model":
        return _OF_ENGINES[recipe["engine"]]
    if recipe["plays"] == "numpy":
        return ""
    return "wetdry.effects" if engine == "kernels" else "pedalboard"


def starts(recipe: Recipe, engine: str, sample_rate: float, values: Mapping[str, Any], runs: int) -> Start:
    """Build a rival in new processes, one after another, and play a block of 64 in each.

    Raises:
        PluginError: a process fails or hangs.
    """
    asked = {"recipe": dict(recipe), "library": library_of(recipe, engine), "sample_rate": sample_rate, "values": dict(values)}
    return start_of([_start(asked) for _ in range(runs)])


def start_of(found: Sequence[dict[str, Any]]) -> Start:
    """Sum up what the processes said."""
    keys = ("library_seconds", "load_seconds", "first_block_seconds", "library_bytes", "resident_bytes")
    spreads = {key: Spread.of(one[key] for one in found) for key in keys}
    return Start(**spreads)  # pyright: ignore[reportArgumentType]


def _start(asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-P", str(CHILD), json.dumps(asked)]  # as a file: nothing of this package is there before
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, env=os.environ)
    except subprocess.TimeoutExpired:
        raise PluginError(f"a fresh process did not play its first block within {TIMEOUT:g} s") from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise PluginError(f"a fresh process cannot play it: {said:.200}")
    return json.loads(done.stdout.splitlines()[-1])
