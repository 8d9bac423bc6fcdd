import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import CaptureError, InvalidValue, TrainingError, UnknownName
from wetdry.models.losses import LOSSES
from wetdry.models.nets import build, from_weights, to_weights
from wetdry.models.spec import Dense, KnobInputs, ModelSpec, tcn, wavenet
from wetdry.models.training import Batches, CaptureDataset, Recipe, default_spec, module, predict, train
from wetdry.models.training.module import settle
from wetdry.models.training.validation import validation_esr

sys.path.insert(0, str(Path(__file__).parent))
from synthetic_capture import KNOBS, RATE, write_capture

SMALL = wavenet(RATE, KNOBS, channels=4, dilations=(1, 2), hidden=(4,))
STEREO = ModelSpec(sample_rate=RATE, layers=(KnobInputs(knobs=2), Dense(channels=3)), knobs=KNOBS, input_channels=2)
QUICK = {"batch_size": 3, "segment": 512, "accelerator": "cpu", "loss": "esr"}


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("capture"))


def test_segments_are_the_takes(capture):
    folder = CaptureFolder.open(capture)
    data = CaptureDataset(folder, "train", segment=3000, context=50)
    assert len(data) == 6 * 2
    take = folder.takes_of("train")[3]
    item = data[7]
    assert int(item["take"]) == 3
    np.testing.assert_array_equal(item["wet"], folder.read_wet(take)[3000:6000])
    np.testing.assert_array_equal(item["dry"], folder.read_dry(take)[2950:6000])
    np.testing.assert_array_equal(item["raw"], folder.raw_of(take))
    np.testing.assert_allclose(item["power"], np.mean(folder.read_wet(take) ** 2), rtol=1e-5)
    first = data[6]
    assert not first["dry"][:50].any(), "a take begins after silence, whatever lies before it in the recording"
    np.testing.assert_array_equal(first["dry"][50:], folder.read_dry(take)[:3000])
    with pytest.raises(IndexError):
        data[12]


def test_batches_hold_every_setting_in_turn_and_depend_on_seed_and_step_alone(capture):
    data = CaptureDataset(capture, "train", segment=100, context=10)
    first, again, other = Batches(data, 4, 1), Batches(data, 4, 1, first_step=2), Batches(data, 4, 2)
    steps = [next(iter(first)) for _ in range(3)]
    assert sorted(torch.cat([s["take"] for s in steps]).tolist()) == sorted([*range(6), *range(6)])
    resumed = next(iter(again))
    assert all(torch.equal(resumed[name], steps[2][name]) for name in resumed)
    assert not torch.equal(next(iter(other))["dry"], steps[0]["dry"])


def test_predict_is_the_net_after_silence(capture):
    net = build(SMALL, 3)
    dry, raw = np.random.default_rng(0).standard_normal(40_000).astype(np.float32), np.float32([0.2, 0.9])
    settled = torch.from_numpy(np.concatenate([np.zeros(500, np.float32), dry]))[None]
    want = net(settled, torch.from_numpy(raw)[None])[0, 500:].detach().numpy()
    np.testing.assert_allclose(predict(net, SMALL.receptive_field, dry, raw), want, atol=1e-6)


def test_training_lowers_esr_and_notes_how(tmp_path):
    heard = []
    capture = write_capture(tmp_path / "capture", takes=24, frames=3000)
    numbers = QUICK | {"spec": SMALL, "epochs": 10, "seed": 1, "learning_rate": 0.02}
    model = train(capture, tmp_path, progress=lambda *a: heard.append(a), **numbers)
    assert model.training["validation_esr"]["median"] < 0.3, "silence scores 1"
    assert model.training["seed"] == 1 and model.training["steps"] == 10 * round(24 * 3000 / (3 * 512))
    assert model.training["capture"] == CaptureFolder.open(capture).data_hash
    stage, done, total, note = heard[-1]
    assert (stage, done, total) == ("train", 1.0, 1.0) and "validation ESR 0." in note
    log = next((tmp_path / "training/logs").glob("*/metrics.csv")).read_text()
    assert "validation_esr" in log.splitlines()[0]
    json.dumps(model.training)
    before = time.monotonic()
    again = train(capture, tmp_path, **numbers)
    assert time.monotonic() - before < 1.5, "a finished run answers at once"
    for name, value in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], value)


def test_same_seed_same_weights(capture, tmp_path):
    models = [train(capture, tmp_path / str(i), spec=SMALL, epochs=1, seed=s, **QUICK) for i, s in enumerate((5, 5, 6))]
    assert all(np.array_equal(models[0].weights[n], models[1].weights[n]) for n in SMALL.weight_shapes)
    assert not all(np.array_equal(models[0].weights[n], models[2].weights[n]) for n in SMALL.weight_shapes)


def test_nets_with_statistics_learn_them_from_what_is_to_be_learned(capture, tmp_path):
    spec = tcn(RATE, KNOBS, channels=4, blocks=2, kernel_size=3, growth=3, hidden=(4,))
    model = train(capture, tmp_path, spec=spec, epochs=3, seed=1, **QUICK)
    statistics = [value for name, value in model.weights.items() if name.endswith(("mean", "variance"))]
    assert len(statistics) == 4 and all(np.abs(s - round(float(s.mean()))).max() > 1e-3 for s in statistics)
    net = from_weights(spec, model.weights).train()
    esr = validation_esr(net, spec.receptive_field, CaptureDataset(capture, "validation", 1))
    assert np.median(esr) == pytest.approx(model.training["validation_esr"]["median"], rel=1e-4)
    assert net.training and all(np.array_equal(model.weights[n], v) for n, v in to_weights(net).items())


def test_a_folder_with_another_run_is_refused(capture, tmp_path):
    train(capture, tmp_path, spec=SMALL, epochs=0.1, seed=1, **QUICK)
    for change, message in (({"seed": 2}, r"another seed \(1 there, 2 asked for\)"),
                            ({"learning_rate": 0.1}, "another learning_rate"),
                            ({"spec": default_spec(RATE, KNOBS)}, "another spec;")):  # fmt: skip
        with pytest.raises(TrainingError, match=message):
            train(capture, tmp_path, **({"spec": SMALL, "epochs": 0.1, "seed": 1} | QUICK | change))
    other = write_capture(tmp_path / "other", seed=9)
    with pytest.raises(TrainingError, match="another capture;"):
        train(other, tmp_path, spec=SMALL, epochs=0.1, seed=1, **QUICK)
    (tmp_path / "training/last.ckpt").write_bytes(b"broken")
    with pytest.raises(TrainingError, match=r"last\.ckpt: cannot be read"):
        train(capture, tmp_path, spec=SMALL, epochs=0.1, seed=1, **QUICK)


@pytest.mark.parametrize(("given", "error", "message"), [
    ({"minutes": -1}, InvalidValue, "minutes = -1"), ({"batch_size": 0}, InvalidValue, "batch_size = 0"),
    ({"precision": "7"}, InvalidValue, "precision '7'"), ({"loss": "ers"}, UnknownName, "did you mean esr"),
    ({"sed": 1}, InvalidValue, "sed"), ({"spec": wavenet(48000, KNOBS)}, InvalidValue, "48000 Hz"),
    ({"accelerator": "abacus"}, TrainingError, "abacus"), ({"spec": STEREO}, InvalidValue, "2 channels in and 3 out"),
])  # fmt: skip
def test_bad_numbers_are_named(capture, tmp_path, given, error, message):
    with pytest.raises(error, match=message):
        train(capture, tmp_path, **({"epochs": 1} | given))


def test_a_validation_that_costs_many_steps_waits_for_the_end(capture, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHORTEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "SHARE_OF_VALIDATION", 1e-3)
    costly = {**QUICK, "batch_size": 1, "segment": 64}  # a validation plays what a hundred steps and more play
    train(capture, tmp_path, spec=SMALL, minutes=0.04, **costly)
    log = next((tmp_path / "training/logs").glob("*/metrics.csv")).read_text().splitlines()
    assert len(log) == 2, "a heading and the last validation; one at the start would have taken more than its share"


def test_a_loss_that_is_no_number_stops_the_run(capture, tmp_path, monkeypatch):
    monkeypatch.setitem(LOSSES, "broken", lambda prediction, target, power, step: prediction.mean() * float("nan"))
    with pytest.raises(TrainingError, match="the loss is nan at step 1; train with a lower learning rate"):
        train(capture, tmp_path, spec=SMALL, epochs=0.01, **(QUICK | {"loss": "broken"}))


def test_no_takes_is_said(tmp_path):
    folder = write_capture(tmp_path / "c", takes=0)
    with pytest.raises(TrainingError, match="no train takes"):
        train(folder, tmp_path)
    with pytest.raises(CaptureError, match=r"capture\.json"):
        train(tmp_path / "nowhere", tmp_path)


def test_recipe_and_default_spec():
    assert Recipe().minutes == 8.0 and Recipe(epochs=1).minutes is None
    spec = default_spec(48000, KNOBS, 0.2)
    assert spec.receptive_field == 2047 and spec.multiply_adds < 25_000 and spec.layers[0].head_scale == 0.2
    assert default_spec(96000, ()).receptive_field == 4095


CHILD = """
import sys
from synthetic_capture import *
from wetdry.models.training import train
from test_training import SMALL, QUICK
import wetdry.models.training.module as module
module.SHORTEST_PAUSE_SECONDS = 0.2
model = train(sys.argv[1], sys.argv[2], spec=SMALL, minutes=float(sys.argv[3]), **QUICK)
print(model.training["steps"], model.training["minutes"])
"""


@pytest.mark.slow
def test_a_killed_run_goes_on(capture, tmp_path):
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": str(here)}
    command = [sys.executable, "-c", CHILD, str(capture), str(tmp_path), "0.1"]
    child = subprocess.Popen(command, env=environment)
    last = tmp_path / "training/last.ckpt"
    try:
        deadline = time.monotonic() + 90
        while not last.exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert child.poll() is None, "it was to be killed under way"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    saved = torch.load(last, weights_only=True)["global_step"]
    assert saved > 0
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    steps, minutes = done.stdout.split()[-2:]
    assert int(steps) > saved
    assert 0.1 <= float(minutes) < 0.15, "the time spent before the kill counts"
    assert len(list((tmp_path / "training/logs").iterdir())) == 2


def test_a_run_killed_before_it_was_validated_is_validated_when_its_time_is_over(capture, tmp_path):
    recipe = {"spec": SMALL, "minutes": 0.002, **QUICK}
    first = train(capture, tmp_path, **recipe)
    (tmp_path / "training/best.ckpt").unlink()
    last = tmp_path / "training/last.ckpt"
    kept = torch.load(last, weights_only=True)
    next(iter(kept["callbacks"].values()))["best"] = float("inf")  # as it stands until then
    torch.save(kept, last)
    again = train(capture, tmp_path, **recipe)
    assert again.training["steps"] == first.training["steps"] + 1
    assert 0 < again.training["validation_esr"]["median"] < 2


def test_settled_statistics_stand_while_the_rest_learns():
    net = build(tcn(RATE, KNOBS, channels=4, blocks=2, kernel_size=3, growth=4), 0)
    names = [name for name, _ in net.named_buffers()]
    assert len(names) == 4

    def statistics():
        return torch.cat([value.clone() for _, value in net.named_buffers()])

    def heard():
        torch.manual_seed(0)
        audio = torch.randn(2, 300)
        return net(torch.cat([audio, 10 * audio]), torch.full((4, len(KNOBS)), 0.5))

    before = statistics()
    heard()
    moved = statistics()
    assert not torch.equal(moved, before)
    settle(net)
    answer = heard()
    answer.square().mean().backward()
    assert torch.equal(statistics(), moved)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in net.named_parameters() if n.endswith("conv.weight"))
    net.eval()
    torch.testing.assert_close(heard(), answer, msg="what is trained is what plays")
