"""What a rival costs a process that has just started: the library, the file, the first block, and memory."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..benchmark.engines import OURS
from ..fresh_process import answer_of
from .figures import Spread, Start
from .players import INT8, Recipe

_OF_ENGINES = {
    OURS: "wetdry.effects",
    "torch": "torch",
    "torchscript": "torch",
    "onnxruntime": "onnxruntime",
    INT8: "onnxruntime",
}
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
    command = ["-P", str(CHILD), json.dumps(asked)]  # as a file: nothing of this package is there before
    return start_of([answer_of(command, engine) for _ in range(runs)])


def start_of(found: Sequence[dict[str, Any]]) -> Start:
    """Sum up what the processes said."""
    keys = ("library_seconds", "load_seconds", "first_block_seconds", "library_bytes", "resident_bytes")
    spreads = {key: Spread.of(one[key] for one in found) for key in keys}
    return Start(**spreads)  # pyright: ignore[reportArgumentType]
