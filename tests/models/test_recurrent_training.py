"""Nets with a state: what a lead-in does to gradients, validation as it plays, and that LSTM and GRU learn a saturator."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import one_thread
from synthetic_capture import KNOBS, RATE, write_capture

from wetdry.effects import NeuralEffect
from wetdry.models import Model
from wetdry.models.errors import InvalidValue, TrainingError
from wetdry.models.net_table import NETS
from wetdry.models.nets import after_lead_in, build, going_on, led_in, to_weights
from wetdry.models.spec import GRU, LSTM, Conv1d, Dense, ModelSpec
from wetdry.models.training import CaptureDataset, predict, train
from wetdry.models.training.validation import validation_esr

LAYERS = {"lstm": LSTM(hidden=5), "gru": GRU(hidden=5), "stepwise": LSTM(hidden=3, activation="fast", initial_state=True)}


@pytest.fixture(autouse=True)
def quick():
    with one_thread():
        yield


def net_of(*layers):
    return build(ModelSpec(sample_rate=RATE, layers=(*layers, Dense(channels=1))), 0).double()


@pytest.mark.parametrize("kind", LAYERS)
def test_a_lead_in_sets_the_state_and_takes_no_gradient(kind):
    net, audio = net_of(LAYERS[kind]), torch.randn(2, 90).double()
    whole = net(audio)
    with led_in(net, 60):
        answer = net(audio)
    torch.testing.assert_close(answer, whole)
    layer, head = net.layers
    states = [s.detach() for s in layer.run(audio[:, None, :60], layer.first_states(audio[:, None]))[1]]
    by_hand = head(layer.run(audio[:, None, 60:], states)[0], None)
    wanted = torch.autograd.grad(by_hand.square().sum(), list(net.parameters()), allow_unused=True)
    found = torch.autograd.grad(answer[:, 60:].square().sum(), list(net.parameters()), allow_unused=True)
    through = torch.autograd.grad(whole[:, 60:].square().sum(), list(net.parameters()), allow_unused=True)
    for a, b in zip(found, wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b)
    assert any(not torch.allclose(a, b) for a, b in zip(found, through, strict=True) if a is not None)


@pytest.mark.parametrize("kind", [LSTM, GRU])
@pytest.mark.parametrize("items, lead", [(9, 0), (33, 20)])
def test_compiled_loops_equal_torch_gradients_too(kind, items, lead):
    layers = (kind(hidden=16, initial_state=True), kind(hidden=8, initial_state=True), Dense(channels=1))
    net = build(ModelSpec(sample_rate=RATE, layers=layers), 0)
    recurrent, audio = list(net.layers)[:2], 2 * torch.randn(items, 150)
    with torch.no_grad():
        for name, weight in net.named_parameters():
            weight.mul_(2.0)
            if "initial" in name:
                weight.normal_()
    found = []
    for compiled in (False, True, True):  # the second time in memory that was used before
        for layer in recurrent:
            layer.compiled = compiled
        net.zero_grad()
        answer = after_lead_in(net, audio, None, lead)
        (answer * torch.linspace(-1, 1, answer.shape[1])).square().sum().backward()
        found.append((answer.detach(), {name: weight.grad for name, weight in net.named_parameters()}))
    for answer, gradients in found[1:]:
        torch.testing.assert_close(answer, found[0][0], rtol=0, atol=3e-6)
        for name, wanted in found[0][1].items():
            if wanted is None:  # of the states before a lead-in
                assert gradients[name] is None and lead
            else:
                torch.testing.assert_close(gradients[name], wanted, rtol=0, atol=1e-5 * float(wanted.abs().max()), msg=name)


@pytest.mark.parametrize("name", ["lstm", "gru", "guitarml", "s4d"])
def test_what_follows_a_lead_in_is_what_it_would_be_in_one_go(name):
    spec = NETS[name].make(RATE, KNOBS, 0.1)
    net, audio, raw = build(spec, 1), torch.randn(8, 400), torch.rand(8, len(KNOBS))
    whole = net(audio, raw)[:, 300:]
    torch.testing.assert_close(after_lead_in(net, audio, raw, 300), whole, rtol=0, atol=3e-6)
    with led_in(net, 300):
        wanted = torch.autograd.grad(net(audio, raw)[:, 300:].square().sum(), list(net.parameters()), allow_unused=True)
    found = torch.autograd.grad(after_lead_in(net, audio, raw, 300).square().sum(), list(net.parameters()), allow_unused=True)
    for a, b in zip(found, wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            torch.testing.assert_close(a, b, rtol=0, atol=1e-5 * float(b.abs().max()) + 1e-7)


@pytest.mark.parametrize("kind", LAYERS)
def test_calls_go_on_from_each_other(kind):
    net, audio = net_of(LAYERS[kind], LSTM(hidden=2)), torch.randn(2, 90).double()
    whole = net(audio)
    for _ in range(2):  # each time from the beginning
        with going_on(net):
            torch.testing.assert_close(torch.cat([net(part) for part in audio.split((1, 40, 49), 1)], 1), whole)
    torch.testing.assert_close(net(audio), whole)


@pytest.mark.parametrize("name", ["lstm", "gru", "guitarml"])
def test_validation_hears_what_the_player_plays(name, tmp_path):
    spec = NETS[name].make(RATE, KNOBS, 0.1)
    net = build(spec, 3)
    dry = np.random.default_rng(0).standard_normal(40_000).astype(np.float32) * 0.3
    raw = np.float32([0.3, 0.8])
    effect = NeuralEffect(Model(spec, to_weights(net)))
    for knob, position in zip(KNOBS, raw, strict=True):
        effect.parameters[knob.name].raw_value = float(position)
    played = effect(dry, RATE)
    np.testing.assert_allclose(predict(net, 1, dry, raw), played, atol=2e-5 * np.abs(played).max())
    data = CaptureDataset(write_capture(tmp_path, takes=1, frames=20_000), "validation", 1)
    one = predict(net, 1, data.dry(1, 0, 20_000), data.raw[1]) - data.wet(1)
    assert validation_esr(net, 1, data)[1] == pytest.approx(np.mean(one.astype(float) ** 2) / data.power[1, 0], rel=1e-4)


def test_a_convolution_before_a_state_is_validated_whole():
    net = net_of(Conv1d(channels=2, kernel_size=3, dilation=4), LSTM(hidden=3)).float()
    dry = np.random.default_rng(1).standard_normal(20_000).astype(np.float32)
    silence = np.zeros(net.spec.silence_before, np.float32)
    with torch.no_grad():
        wanted = net(torch.from_numpy(np.concatenate([silence, dry]))[None])[0, len(silence) :].numpy()
    np.testing.assert_allclose(predict(net, net.spec.receptive_field, dry, np.zeros(0, np.float32)), wanted, atol=1e-6)


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_recurrent_nets_learn_a_saturator(name, tmp_path):
    capture = write_capture(tmp_path / "capture", takes=12, frames=3000)
    numbers = {"batch_size": 12, "segment": 250, "lead_in": 250, "learning_rate": 0.02, "accelerator": "cpu"}
    model = train(capture, tmp_path, model=name, epochs=10, **numbers)
    assert model.training["net"] == name and model.training["lead_in"] == 250
    assert model.training["validation_esr"]["median"] < 0.4, "silence scores 1"


def test_training_goes_on_from_a_model(tmp_path):
    capture = write_capture(tmp_path / "capture", takes=12, frames=3000)
    numbers = {"batch_size": 4, "segment": 512, "loss": "esr", "accelerator": "cpu"}
    spec = NETS["dense"].make(RATE, KNOBS, 0.1)
    first = train(capture, tmp_path / "first", spec=spec, epochs=3, learning_rate=0.01, **numbers)
    second = train(capture, tmp_path / "second", start=first, epochs=8, **numbers)
    assert second.spec == first.spec and second.training["learning_rate"] == pytest.approx(0.0015)
    assert second.training["validation_esr"]["mean"] < 0.9 * first.training["validation_esr"]["mean"]
    barely = train(capture, tmp_path / "barely", start=first, epochs=0.01, seed=1, **numbers)
    moved = max(float(np.abs(barely.weights[n] - w).max()) for n, w in first.weights.items())
    assert barely.training["steps"] == 1 and 0 < moved < 0.002
    with pytest.raises(TrainingError, match="another start"):
        train(capture, tmp_path / "second", start=second, epochs=8, **numbers)
    with pytest.raises(InvalidValue, match="model and start"):
        train(capture, tmp_path / "third", start=first, model="dense", epochs=1)
