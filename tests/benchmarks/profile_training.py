"""Where a training step's time goes: python tests/benchmarks/profile_training.py CAPTURE [--steps 100]

Prints milliseconds and shares of cutting the batch, net, loss, backward pass, optimiser and validation, all on the default
net and recipe; exits 1 where data and metrics (the validation, at its share) cost more than a tenth of a step.
"""

import argparse
import sys
import time
from collections import defaultdict

import torch

from wetdry.models.losses import TakePower, named
from wetdry.models.nets import build
from wetdry.models.training import Batches, CaptureDataset, Recipe, default_spec
from wetdry.models.training.module import SHARE_OF_VALIDATION, SHORTEST_PAUSE_SECONDS
from wetdry.models.training.run import training_threads
from wetdry.models.training.validation import validation_esr

ALLOWED = 0.1


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture")
    parser.add_argument("--steps", type=int, default=100)
    chosen = parser.parse_args()
    recipe = Recipe()
    data = CaptureDataset(chosen.capture, "train", recipe.segment)
    record = data.folder.record
    spec = default_spec(record.sample_rate, record.knobs, data.level)
    data.context = spec.receptive_field - 1
    net, loss, batches = build(spec, 0), named(recipe.loss), Batches(data, recipe.batch_size, 0)
    optimiser = torch.optim.Adam(net.parameters(), lr=recipe.learning_rate)
    spent: dict[str, float] = defaultdict(float)

    def lap(name: str) -> None:
        nonlocal clock
        spent[name] += time.perf_counter() - clock
        clock = time.perf_counter()

    with training_threads(net):
        for step in range(chosen.steps + 10):
            if step == 10:
                spent.clear()
            clock = time.perf_counter()
            batch = batches.batch(step)
            lap("data")
            prediction = net(batch["dry"], batch["raw"])[:, data.context :]
            lap("net")
            value = loss(prediction, batch["wet"], TakePower(batch["power"], batch["emphasised_power"]), step)
            lap("loss")
            optimiser.zero_grad()
            value.backward()
            lap("backward")
            optimiser.step()
            lap("optimiser")
        validation = CaptureDataset(data.folder, "validation", 1)
        clock = time.perf_counter()
        validation_esr(net, spec.receptive_field, validation)
        once = time.perf_counter() - clock
    step_seconds = sum(spent.values()) / chosen.steps
    pause = max(SHORTEST_PAUSE_SECONDS, once / SHARE_OF_VALIDATION)
    spent["validation"] = once / pause * step_seconds * chosen.steps
    for name, seconds in spent.items():
        print(f"{name:11s} {1e3 * seconds / chosen.steps:8.2f} ms {seconds / chosen.steps / step_seconds:7.1%}")
    audio = recipe.batch_size * recipe.segment / record.sample_rate
    print(f"{1 / step_seconds:.1f} steps/s, {audio / step_seconds:.0f} s of audio a second; one validation {once:.1f} s")
    share = (spent["data"] + spent["validation"]) / sum(spent.values())
    print(f"data and metrics: {share:.1%} of the time, {ALLOWED:.0%} allowed")
    return int(share > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
