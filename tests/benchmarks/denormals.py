"""What silence costs: a minute of it after a loud signal against a minute of noise: `python tests/benchmarks/denormals.py`.

Prints the ratio a model; above 1.2, numbers too small to be normal slow the processor down. Decaying states are what makes
them, so the loud signal ends at once and the minute is played in blocks as a host would.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from random_specs import LAYERS, named_model, random_model

from wetdry import NeuralEffect

RATE, SECONDS, BLOCK, ROUNDS, BAR = 48000, 60, 4096, 3, 1.2
SHAPES = ("nam nano", "nam feather", "a2 lite", "convnet", "tcn-300 knobs", "lstm 16", "gru 16", "proteus", "over features",
          "separable")  # fmt: skip
SLICES = 12  # turns that silence and noise take within a minute, so that both meet the same machine


def seconds(effect: NeuralEffect, audio: np.ndarray) -> float:
    """Return the seconds that a stream of blocks takes."""
    begun = time.perf_counter()
    for start in range(0, audio.shape[1], BLOCK):
        effect(audio[:, start : start + BLOCK], effect.sample_rate, reset=False)
    return time.perf_counter() - begun


def ratios(model, length: float) -> list[float]:
    """Return (time of silence over time of noise) of every turn that the two streams take."""
    channels, random = model.spec.input_channels, np.random.default_rng(0)
    part = int(length * RATE / SLICES)
    noise = (0.3 * random.standard_normal((channels, part))).astype(np.float32)
    silence, loud = np.zeros((channels, part), np.float32), np.ones((channels, RATE), np.float32)
    found = []
    for _ in range(ROUNDS):
        quiet, busy = NeuralEffect(model), NeuralEffect(model)
        for effect in (quiet, busy):
            effect(loud, effect.sample_rate, reset=False)
        found += [seconds(quiet, silence) / seconds(busy, noise) for _ in range(SLICES)]
    return found


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    models = {name: named_model(name) for name in SHAPES} | {f"{kind}, seed 0": random_model(0, kind) for kind in LAYERS}
    print(f"{length:g} s of silence after a loud second over {length:g} s of noise, one thread")
    print(f"median of {ROUNDS * SLICES} turns, bar {BAR}")
    worst = 0.0
    for name, model in models.items():
        middle = statistics.median(ratios(model, length))
        worst = max(worst, middle)
        print(f"{name:<20}{middle:>7.3f}{'  above the bar' if middle > BAR else ''}", flush=True)
    print(f"{'worst':<20}{worst:>7.3f}")
    sys.exit(worst > BAR)
