"""What CabinetIR costs beside pedalboard.Convolution, both called from Python: `python tests/benchmarks/convolution.py`."""

import platform
import statistics
import time

import numba
import numpy as np
import pedalboard

from wetdry.effects import CabinetIR

RATE, SEED, ROUNDS = 48000, 0, 41
SAMPLES = RATE // 4  # of a round: short ones, so that both are met by the same load of the machine
LENGTHS, BLOCKS = (0.02, 0.2, 1.0, 3.0), (64, 256, 512, 1024)


def response(seconds: float) -> np.ndarray:
    """Return decaying noise."""
    length = round(seconds * RATE)
    noise = np.random.default_rng(SEED).standard_normal(length) * np.exp(-6.0 * np.arange(length) / length)
    return (noise / np.abs(noise).max()).astype(np.float32)


def nanoseconds(effect, blocks: list[np.ndarray]) -> float:
    """Return nanoseconds a sample of a stream that is under way."""
    begun = time.perf_counter()
    for block in blocks:
        effect.process(block, RATE, reset=False)
    return (time.perf_counter() - begun) / sum(block.shape[-1] for block in blocks) * 1e9


if __name__ == "__main__":
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    print(f"{platform.machine()}, {versions}, pedalboard {pedalboard.__version__}, seed {SEED}")
    print(f"{RATE} Hz, one thread, best of {ROUNDS} interleaved rounds of {SAMPLES} samples; ratio of these, median of ratios")
    print(f"{'channels':>8}{'response':>10}{'block':>7}{'CabinetIR':>11}{'pedalboard':>12}  ns/sample{'ratio':>8}{'median':>8}")
    for channels in (1, 2):
        audio = (0.2 * np.random.default_rng(SEED).standard_normal((channels, SAMPLES))).astype(np.float32)
        for seconds in LENGTHS:
            taps = response(seconds)
            for block in BLOCKS:
                blocks = [np.ascontiguousarray(audio[:, i : i + block]) for i in range(0, SAMPLES - block + 1, block)]
                effects = CabinetIR((taps, RATE)), pedalboard.Convolution(taps, sample_rate=RATE)
                for effect in effects:
                    nanoseconds(effect, blocks)
                rounds = [[nanoseconds(effect, blocks) for effect in effects] for _ in range(ROUNDS)]
                ours, theirs = (min(column) for column in zip(*rounds, strict=True))
                median = statistics.median(a / b for a, b in rounds)
                costs = f"{ours:>11.1f}{theirs:>12.1f}{'':>11}{ours / theirs:>8.2f}{median:>8.2f}"
                print(f"{channels:>8}{seconds:>8g} s{block:>7}{costs}", flush=True)
