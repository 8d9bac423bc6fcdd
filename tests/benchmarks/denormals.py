"""What silence costs in models of any shape, after a loud second, against noise: `python tests/benchmarks/denormals.py`.

Prints the ratio a model, and exits 1 above 1.2. `wetdry bench --effects` does the same for the effects.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from random_specs import LAYERS, named_model, random_model

from wetdry import NeuralEffect
from wetdry.host.benchmark.silence import BAR, SECONDS, silence_ratio

SHAPES = ("nam nano", "nam feather", "a2 lite", "convnet", "tcn-300 knobs", "lstm 16", "gru 16", "proteus", "over features",
          "separable")  # fmt: skip


if __name__ == "__main__":
    length = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    models = {name: named_model(name) for name in SHAPES} | {f"{kind}, seed 0": random_model(0, kind) for kind in LAYERS}
    print(f"{length:g} s of silence after a loud second over {length:g} s of noise, one thread, bar {BAR}")
    worst = 0.0
    for name, model in models.items():
        ratio = silence_ratio(lambda model=model: NeuralEffect(model), length, channels=model.spec.input_channels)
        worst = max(worst, ratio)
        print(f"{name:<20}{ratio:>7.3f}{'  above the bar' if ratio > BAR else ''}", flush=True)
    print(f"{'worst':<20}{worst:>7.3f}")
    sys.exit(worst > BAR)
