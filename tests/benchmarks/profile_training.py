"""Where a training step's time goes, and how it compares with eager torch: python tests/benchmarks/profile_training.py

Prints milliseconds and shares of cutting the batch, net, loss, backward pass, optimiser and validation, on the default net and
recipe (or those of `--model`: one of standard, the nam-… of one or two arrays, lstm, gru) and a capture of TubeSaturator (or
the folder you name); then the same steps with what runs compiled left to eager torch, taken in turn. Exits 1 where data and
metrics cost more than a tenth of a step, or a step is not twice as fast as eager.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import torch

from wetdry import TubeSaturator, capture
from wetdry.host.evaluation.surroundings import machine, versions
from wetdry.models.losses import TakePower, named
from wetdry.models.net_table import NETS
from wetdry.models.nets import after_lead_in, build
from wetdry.models.nets.recurrent import Recurrent
from wetdry.models.nets.wavenet import WaveNetArray
from wetdry.models.training import Batches, CaptureDataset, Recipe
from wetdry.models.training.beginning import context_of
from wetdry.models.training.module import SHARE_OF_VALIDATION, SHORTEST_PAUSE_SECONDS
from wetdry.models.training.run import training_threads
from wetdry.models.training.validation import validation_esr

ALLOWED, FASTER, ROUND, FIRST = 0.1, 2.0, 10, 2  # shares and ratios asked for; steps in turn; rounds that do not count


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("capture", nargs="?")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--model", default="standard")
    chosen = parser.parse_args()
    recipe = Recipe(**{"epochs": 1.0, **NETS[chosen.model].training})
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.capture or capture(TubeSaturator(), ["drive_db", "tone_hz"], Path(made) / "capture", settings=16)
        return measure(chosen.model, recipe, CaptureDataset(folder, "train", recipe.segment), chosen.steps)


def measure(model: str, recipe: Recipe, data: CaptureDataset, steps: int) -> int:
    record = data.folder.record
    spec = NETS[model].make(float(record.sample_rate), record.knobs, data.level)
    data.context = context_of(spec, recipe)
    net, batches = build(spec, 0), Batches(data, recipe.batch_size, 0)
    optimiser = torch.optim.Adam(net.parameters(), lr=recipe.learning_rate)
    arrays = [module for module in net.modules() if isinstance(module, WaveNetArray | Recurrent)]
    laps: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    for number in range(FIRST + -(-steps // ROUND)):
        for compiled in (True, False):
            for array in arrays:
                array.compiled = compiled
            with training_threads(net):  # eager torch keeps its threads
                made = [step(net, optimiser, batches.batch, recipe, number * ROUND + i) for i in range(ROUND)]
            laps[compiled] += made if number >= FIRST else []
    for array in arrays:
        array.compiled = True
    ours, eager = ({name: median(lap[name] for lap in found) for name in found[0]} for found in laps.values())
    validation = CaptureDataset(data.folder, "validation", 1)
    clock = time.perf_counter()
    with training_threads(net):
        validation_esr(net, spec.receptive_field, validation)
    once = time.perf_counter() - clock
    whole, whole_eager = sum(ours.values()), sum(eager.values())
    ours["validation"] = once / max(SHORTEST_PAUSE_SECONDS, once / SHARE_OF_VALIDATION) * whole
    print("                   ours     share   eager torch")
    for name, seconds in ours.items():
        beside = f"{1e3 * eager[name]:8.2f} ms" if name in eager else ""
        print(f"{name:11s} {1e3 * seconds:8.2f} ms {seconds / whole:7.1%}   {beside}")
    audio = recipe.batch_size * recipe.segment / record.sample_rate
    print(f"{1 / whole:.1f} steps/s, {audio / whole:.0f} s of audio a second; one validation {once:.1f} s")
    share, ratio = (ours["data"] + ours["validation"]) / sum(ours.values()), whole_eager / whole
    print(f"data and metrics: {share:.1%} of the time, {ALLOWED:.0%} allowed")
    print(f"{ratio:.2f} x as fast as eager torch, {FASTER:g} asked")
    print(*machine().values(), *(f"{name} {number}" for name, number in versions("torch").items()), "seed 0", sep=", ")
    return int(share > ALLOWED or ratio < FASTER)


def step(net, optimiser, batch_at, recipe: Recipe, number: int) -> dict[str, float]:
    """Train one step; return the seconds of its parts."""
    spent: dict[str, float] = defaultdict(float)
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        spent[name] += time.perf_counter() - clock
        clock = time.perf_counter()

    batch = batch_at(number)
    lap("data")
    prediction = after_lead_in(net, batch["dry"], batch["raw"], batch["dry"].shape[1] - batch["wet"].shape[1])
    lap("net")
    power = TakePower(batch["power"], batch["emphasised_power"])
    value = named(recipe.loss)(prediction, batch["wet"], power, number)
    lap("loss")
    optimiser.zero_grad()
    value.backward()
    lap("backward")
    optimiser.step()
    lap("optimiser")
    return spent


if __name__ == "__main__":
    sys.exit(main())
