"""How fast the default net plays, block by block, on one thread: `python tests/benchmarks/play.py [clone.safetensors]`."""

import platform
import statistics
import sys
import time

import numba
import numpy as np

from wetdry import NeuralEffect, TubeSaturator
from wetdry.models import Model, Parameter, load
from wetdry.models.spec import wavenet

RATE, SEED, ROUNDS, SECONDS = 48000, 0, 9, 2
KNOBS = (Parameter("drive"), Parameter("tone"))


def default_net() -> Model:
    """Return the default shape with random weights; what they are does not change the cost."""
    generator, spec = np.random.default_rng(SEED), wavenet(RATE, KNOBS)
    return Model(spec, {n: (0.1 * generator.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()})


def nanoseconds(effect, audio: np.ndarray, block: int, moving: bool) -> float:
    """Return nanoseconds a sample over a stream of blocks, a knob turned before each where `moving`."""
    name = next(iter(effect.parameters))
    knob = effect.parameters[name].parameter
    effect.reset()
    effect(audio[:block], RATE, reset=False)
    begun = time.perf_counter()
    for i, start in enumerate(range(block, len(audio) - block, block)):
        if moving:
            setattr(effect, name, knob.from_raw(0.5 + 0.4 * np.sin(0.05 * i)))
        effect(audio[start : start + block], RATE, reset=False)
    return (time.perf_counter() - begun) / (len(audio) - 2 * block) * 1e9


if __name__ == "__main__":
    model = load(sys.argv[1]) if len(sys.argv) > 1 else default_net()
    audio = (0.2 * np.random.default_rng(SEED).standard_normal(SECONDS * RATE)).astype(np.float32)
    cases = {
        "net, knobs still": (NeuralEffect(model), False),
        "net, a knob moving": (NeuralEffect(model), bool(model.spec.knobs)),
        "TubeSaturator": (TubeSaturator(), False),
    }
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__}"
    print(f"{platform.machine()}, {versions}, seed {SEED}")
    print(f"{model.spec.multiply_adds} multiply-adds a sample, {RATE} Hz, one thread, median of {ROUNDS} interleaved rounds")
    print(f"{'':<20}{'block':>6}{'ns/sample':>11}{'x real time':>13}")
    for block in (16, 64, 128, 512, 2048):
        taken = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, (effect, moving) in cases.items():
                taken[name].append(nanoseconds(effect, audio, block, moving))
        for name, times in taken.items():
            median = statistics.median(times)
            print(f"{name:<20}{block:>6}{median:>11.0f}{1e9 / RATE / median:>13.1f}")
