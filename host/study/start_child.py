"""Runs in a process of its own: `python -P host/study/start_child.py JSON`; prints one line of JSON.

The library is imported first and alone, but for NumPy, so that its time and memory are its own.
"""

import gc
import importlib
import json
import sys
import time

import numpy as np

from wetdry.host.resident import resident_bytes


def main(asked: str) -> None:
    """Measure one rival."""
    given, block = json.loads(asked), np.zeros(64, np.float32)
    gc.collect()
    empty, begun = resident_bytes(), time.perf_counter()
    if given["library"]:
        importlib.import_module(given["library"])
    imported, with_library = time.perf_counter(), resident_bytes()
    from wetdry.effects import Gain
    from wetdry.host.study.players import build

    Gain()(block, 48000)
    gc.collect()
    before, loading = resident_bytes(), time.perf_counter()
    player = build(given["recipe"], given["sample_rate"], given["values"], len(block))
    loaded = time.perf_counter()
    player(block)
    played, after = time.perf_counter(), resident_bytes()
    print(json.dumps({
        "library_seconds": imported - begun, "load_seconds": loaded - loading, "first_block_seconds": played - loaded,
        "library_bytes": _grown(empty, with_library), "resident_bytes": _grown(before, after),
    }))  # fmt: skip


def _grown(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(after - before, 0)


if __name__ == "__main__":
    main(sys.argv[1])
