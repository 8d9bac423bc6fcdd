"""The net at every so-manieth sample: the samples of the whole answer, gradients included, for every layer kind."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import LAYERS, one_thread, positions, random_model, signal
from synthetic_capture import KNOBS, RATE, write_capture

from wetdry.models.errors import InvalidValue
from wetdry.models.nets import build, from_weights, thinned
from wetdry.models.nets.thinned import spacing_before
from wetdry.models.spec import Conv1d, Multiply, Residual, tcn
from wetdry.models.training import train

SMALL = tcn(RATE, KNOBS, channels=4, blocks=3, kernel_size=5, growth=10, hidden=(4,), ends="gain")


@pytest.fixture(autouse=True)
def quick():
    with one_thread():
        yield


def mono_model(kind):
    for seed in range(100):
        model = random_model(seed, kind)
        if (model.spec.input_channels, model.spec.output_channels) == (1, 1):
            return model
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind_gives_the_same_samples(kind):
    model = mono_model(kind)
    net = from_weights(model.spec, model.weights).double()
    audio = torch.from_numpy(signal(model.spec, 700)).double()
    raw = torch.from_numpy(positions(model.spec))[None].double() if model.spec.knobs else None
    whole = net(audio, raw)
    for every in (1, 2, 7, 30):
        torch.testing.assert_close(thinned(net, audio, raw, every), whole[:, ::every], atol=1e-12, rtol=0)


def test_gradients_are_those_of_the_samples_that_count():
    net, audio, raw = build(SMALL, 0).double().eval(), 0.3 * torch.randn(2, 3000).double(), torch.rand(2, len(KNOBS)).double()
    found = []
    for answer in (net(audio, raw)[:, ::100], thinned(net, audio, raw, 100)):
        net.zero_grad()
        answer.square().mean().backward()
        found.append({name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys() and len(found[0]) > 10
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, atol=1e-12, rtol=1e-9)


def test_a_coarse_grid_reaches_as_far_down_as_the_dilations_allow():
    body = tuple(Conv1d(channels=2, kernel_size=3, dilation=d) for d in (1, 10, 100))
    assert spacing_before(body, 100) == [1, 10, 100, 100]
    assert spacing_before(body, 50) == [1, 10, 50, 50]
    assert spacing_before((Residual(body=body[1:], shortcut=(Conv1d(channels=2, kernel_size=2, dilation=4),)),), 100) == [
        2,
        100,
    ]
    assert spacing_before((Multiply(body=body[2:]),), 100) == [100, 100]


@pytest.mark.parametrize(("audio", "raw"), [((2, 1, 50), (2, 2)), ((2, 50), (2, 2, 50)), ((2, 50), None)])
def test_other_shapes_are_refused(audio, raw):
    with pytest.raises(InvalidValue, match=r"\(batch"):
        thinned(build(SMALL), torch.zeros(audio), None if raw is None else torch.zeros(raw), 10)


def test_training_hears_every_nth_sample(tmp_path):
    capture = write_capture(tmp_path / "capture", takes=12, frames=3000)
    numbers = {"batch_size": 4, "segment": 2000, "every": 10, "spec": SMALL, "epochs": 60, "learning_rate": 0.02,
               "loss": "esr-plain", "accelerator": "cpu"}  # fmt: skip
    model = train(capture, tmp_path, **numbers)
    first = train(capture, tmp_path / "short", **numbers | {"epochs": 0.3})
    assert model.training["every"] == 10
    assert model.training["validation_esr"]["median"] < 0.8 * first.training["validation_esr"]["median"]
    with pytest.raises(InvalidValue, match="esr-plain"):
        train(capture, tmp_path / "other", **numbers | {"loss": "esr+stft"})
