"""Training on two CPU processes by lightning's strategies: to what one trains, resumed, and written once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from wetdry.models.errors import InvalidValue, TrainingError
from wetdry.models.model import load
from wetdry.models.nets import build, to_weights
from wetdry.models.spec import wavenet
from wetdry.models.training import Batches, CaptureDataset, train
from wetdry.models.training.validation import validation_esr

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_capture import KNOBS, RATE, write_capture

HERE = Path(__file__).parent
SMALL = wavenet(RATE, KNOBS, channels=4, dilations=(1, 2), hidden=(4,))
NUMBERS = {"spec": SMALL, "seed": 1, "batch_size": 4, "segment": 512, "loss": "esr", "accelerator": "cpu",
           "learning_rate": 0.1}  # fmt: skip
SCRIPT = """
import os, sys
sys.path.insert(0, {here!r})
from test_processes import NUMBERS
from wetdry.models.training import train

if __name__ == "__main__":
    capture, out, strategy, *parts = sys.argv[1:]
    before = dict(os.environ)
    for epochs in map(float, parts):
        model = train(capture, out, epochs=epochs, devices=2, strategy=strategy, **NUMBERS)
    model.save(out + "/twin.safetensors")
    print("returned in", os.environ.get("LOCAL_RANK", "the process that called"), dict(os.environ) == before)
"""


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("capture"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "parts"),
    [
        ("ddp", (0.2, 0.4)),
        pytest.param("ddp_spawn", (0.3,), marks=pytest.mark.exhaustive),  # the same by another launcher, and dear
    ],
)
def test_two_processes_train_to_what_one_does(capture, tmp_path, strategy, parts):
    """In several parts too, each of which goes on where the one before ended."""
    for epochs in parts:
        alone = train(capture, tmp_path / "one", epochs=epochs, **NUMBERS)
    (tmp_path / "script.py").write_text(SCRIPT.format(here=str(HERE)))
    command = [sys.executable, "script.py", str(capture), str(tmp_path / "two"), strategy, *map(str, parts)]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "returned" in line] == ["returned in the process that called True"]
    both = load(tmp_path / "two" / "twin.safetensors")
    assert both.training["steps"] == alone.training["steps"] > 4
    start = to_weights(build(SMALL, 1))
    way = max(np.abs(alone.weights[name] - value).max() for name, value in start.items())
    apart = max(np.abs(both.weights[name] - value).max() for name, value in alone.weights.items())
    assert way > 0.005 and apart < 1e-3 * way
    for key in ("median", "worst", "takes"):
        assert both.training["validation_esr"][key] == pytest.approx(alone.training["validation_esr"][key], rel=1e-4)
    assert len(list((tmp_path / "two/training/logs").glob("*/metrics.csv"))) == len(parts), "one a part, not one a process"


def test_shares_of_a_batch_are_the_batch(capture):
    batches = Batches(CaptureDataset(capture, "train", segment=100, context=10), 6, 1)
    whole = batches.batch(3)
    shares = [batches.batch(3, range(rank, 6, 2)) for rank in range(2)]
    for name, value in whole.items():
        assert torch.equal(torch.stack([s[name] for s in shares], 1).flatten(0, 1), value), name


def test_shares_of_a_validation_are_the_validation(capture):
    net, data = build(SMALL, 3), CaptureDataset(capture, "validation", 1)
    whole = validation_esr(net, SMALL.receptive_field, data)
    assert np.allclose([validation_esr(net, SMALL.receptive_field, data, [i])[0] for i in range(2)], whole, rtol=1e-5)
    assert validation_esr(net, SMALL.receptive_field, data, range(5, 2)).shape == (0,)


@pytest.mark.parametrize(("given", "error", "message"), [
    ({"devices": 2, "strategy": "ddp_spawn", "batch_size": 3}, InvalidValue, "3 segments .* 2 processes; take 4"),
    ({"devices": 2, "strategy": "ddp_spwan"}, TrainingError, "strategy 'ddp_spwan'"),
    ({"devices": 0}, TrainingError, "devices 0"),
    ({"devices": "all"}, TrainingError, "devices 'all'"),
    ({"num_nodes": 0}, TrainingError, "num_nodes 0"),
])  # fmt: skip
def test_what_no_strategy_can_do_is_named(capture, tmp_path, given, error, message):
    with pytest.raises(error, match=message):
        train(capture, tmp_path, epochs=0.1, **{**NUMBERS, **given})
