"""What oversampling buys TubeSaturator and what it costs: `python tests/benchmarks/aliasing.py`. Prints a Markdown table.

Aliasing: energy off the harmonics over energy on them, -6 dBFS, 48,017 points (`wetdry.models.metrics.aliasing_ratio_db`).
Cost: ns a sample, called from Python once a block, and the ratio to pedalboard.Distortion at the same drive.
"""

import platform
import statistics
import time

import llvmlite
import numpy as np
import pedalboard

from wetdry import TubeSaturator
from wetdry.models.metrics import ALIASING_FREQUENCIES_HZ, aliasing_table

RATE, SEED, DRIVE_DB, BLOCKS = 48000, 0, 30, (64, 512)
ROUNDS, SAMPLES = 41, RATE // 4  # short rounds, so that all are met by the same load of the machine


def nanoseconds(effect, blocks: list[np.ndarray]) -> float:
    """Return nanoseconds a sample of a stream that is under way."""
    begun = time.perf_counter()
    for block in blocks:
        effect.process(block, RATE, reset=False)
    return (time.perf_counter() - begun) / sum(map(len, blocks)) * 1e9


def costs(effects: dict, native, block: int) -> dict[str, tuple[float, float]]:
    """Return name → (least ns a sample, median ratio to `native`) over interleaved rounds."""
    audio = (0.2 * np.random.default_rng(SEED).standard_normal(SAMPLES)).astype(np.float32)
    blocks = [audio[i : i + block] for i in range(0, SAMPLES - block + 1, block)]
    taken: dict[str, list[float]] = {name: [] for name in effects}
    ratios: dict[str, list[float]] = {name: [] for name in effects}
    for _ in range(ROUNDS):
        theirs = nanoseconds(native, blocks)
        for name, effect in effects.items():
            taken[name].append(nanoseconds(effect, blocks))
            ratios[name].append(taken[name][-1] / theirs)
    return {name: (min(taken[name]), statistics.median(ratios[name])) for name in effects}


if __name__ == "__main__":
    native = pedalboard.Distortion(DRIVE_DB)
    effects: dict = {"pedalboard.Distortion": pedalboard.Distortion(DRIVE_DB)}
    for factor in (1, 2, 4, 8):
        effects[f"TubeSaturator {factor}x"] = TubeSaturator(drive_db=DRIVE_DB, bias=0, tone_hz=20000, oversampling=factor)
    aliasing = {
        name: aliasing_table(lambda x, e=effect: e.process(x, RATE), RATE, levels_dbfs=(-6.0,))[:, 0]
        for name, effect in effects.items()
    }
    for effect in effects.values():
        effect.process(np.zeros(SAMPLES, np.float32), RATE, reset=False)
    cost = {block: costs(effects, native, block) for block in BLOCKS}
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, llvmlite {llvmlite.__version__}, "
          f"pedalboard {pedalboard.__version__}")  # fmt: skip
    print(f"{RATE} Hz, drive {DRIVE_DB} dB, bias 0, tone 20 kHz; noise, seed {SEED}, one thread, {ROUNDS} interleaved rounds: "
          "least ns a sample, median ratio\n")  # fmt: skip
    tones = [f"{f:g} Hz" for f in ALIASING_FREQUENCIES_HZ]
    print("| | " + " | ".join([*tones, "latency", *(f"blocks of {b}" for b in BLOCKS)]) + " |")
    print("|---" * (len(tones) + len(BLOCKS) + 2) + "|")
    for name, effect in effects.items():
        cells = [f"{level:.1f} dB" for level in aliasing[name]]
        cells.append(f"{getattr(effect, 'latency_samples', 0)} samples")
        cells += [f"{cost[block][name][0]:.0f} ns ({cost[block][name][1]:.2f})" for block in BLOCKS]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
