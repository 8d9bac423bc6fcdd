"""Runs in a process of its own: `python -m wetdry.host.benchmark.fresh_child MODEL OPTIONS`; prints one line of JSON."""

import gc
import json
import sys
import time

import numpy as np

from wetdry.effects import Gain, NeuralEffect
from wetdry.host.resident import resident_bytes
from wetdry.models import load


def main(path: str, options: str) -> None:
    """Measure one model file."""
    block = np.zeros(64, np.float32)
    Gain()(block, 48000)
    gc.collect()
    before, begun = resident_bytes(), time.perf_counter()
    effect = NeuralEffect(load(path, **json.loads(options)))
    loaded = time.perf_counter()
    effect.process(block, effect.sample_rate or 48000, reset=False)
    played, after = time.perf_counter(), resident_bytes()
    grown = after - before if before is not None and after is not None else None
    print(json.dumps({"load_seconds": loaded - begun, "first_block_seconds": played - loaded, "resident_bytes": grown}))


if __name__ == "__main__":
    main(*sys.argv[1:])
