"""Layer kinds one by one: equal to torch's own modules, learning as they do, gradients in every weight."""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import LAYERS, one_thread, positions, random_model
from random_specs import signal as noise

from wetdry.models import ModelSpec, weights_from_state_dict
from wetdry.models.nets import build, from_weights
from wetdry.models.nets.activations import fast_sigmoid, fast_tanh
from wetdry.models.nets.layer import plays
from wetdry.models.spec import GRU, LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense

RATE = 48000.0


@pytest.fixture(autouse=True)
def quick():
    with one_thread():
        yield


class Stacked(nn.Module):
    """A recurrent layer of torch and a dense one, samples before channels."""

    def __init__(self, kind, inputs, hidden, layers):
        super().__init__()
        self.rec, self.lin = kind(inputs, hidden, layers, batch_first=True), nn.Linear(hidden, 2)

    def forward(self, x):
        return self.lin(self.rec(x.mT)[0]).mT


class OverFeatures(nn.Module):
    """A convolution over time and features with its normalisation, (batch, filters, samples, features) inside."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 3, (3, 2), stride=(1, 2), dilation=(2, 1)), nn.BatchNorm2d(3)

    def forward(self, x):
        by_filter = x.reshape(len(x), 5, 2, -1).permute(0, 2, 3, 1)
        y = self.norm(self.conv(nn.functional.pad(by_filter, (0, 0, 4, 0))))
        return y.permute(0, 3, 1, 2).reshape(len(x), 6, -1)


THEIRS = {
    "lstm": (Stacked(nn.LSTM, 3, 5, 2), 3, (LSTM(hidden=5), LSTM(hidden=5), Dense(channels=2))),
    "gru": (Stacked(nn.GRU, 2, 4, 1), 2, (GRU(hidden=4), Dense(channels=2))),
    "convolutions": (
        nn.Sequential(nn.ConstantPad1d((8, 0), 0), nn.Conv1d(4, 8, 5, dilation=2, groups=4), nn.BatchNorm1d(8), nn.PReLU(8),
                      nn.Conv1d(8, 3, 1, bias=False), nn.PReLU()), 4,
        (Conv1d(channels=8, kernel_size=5, dilation=2, groups=4), BatchNorm(), Activation(name="prelu", slopes=8),
         Conv1d(channels=3, bias=False), Activation(name="prelu"))),
    "features": (OverFeatures(), 10, (Conv2d(features=5, filters=3, kernel_size=(3, 2), stride=2, dilation=2),
                                      BatchNorm(channels=3))),
}  # fmt: skip


@pytest.mark.parametrize("name", THEIRS)
def test_a_net_of_torchs_own_modules_plays_and_learns_alike(name):
    theirs, inputs, layers = THEIRS[name]
    torch.manual_seed(0)
    theirs.train()
    for _ in range(5):  # statistics that are not 0 and 1
        theirs(1 + 2 * torch.randn(8, inputs, 100))
    theirs.eval()
    spec = ModelSpec(sample_rate=RATE, layers=layers, input_channels=inputs)
    net = from_weights(spec, weights_from_state_dict(spec, theirs.state_dict()))
    x = torch.randn(2, inputs, 200)
    torch.testing.assert_close(net(x), theirs(x))
    net.train()
    theirs.train()
    rates = [torch.optim.SGD(module.parameters(), lr=0.01) for module in (net, theirs)]
    for _ in range(3):
        x = torch.randn(4, inputs, 150)
        for module, rate in zip((net, theirs), rates, strict=True):
            rate.zero_grad()
            module(x).square().mean().backward()
            rate.step()
    torch.testing.assert_close(net.eval()(x), theirs.eval()(x))


def test_loaded_nets_keep_their_statistics_and_fresh_ones_learn_them():
    spec = ModelSpec(sample_rate=RATE, layers=(BatchNorm(),))
    net = build(spec)
    assert net.training
    net(3 + torch.randn(1, 1000))
    mean = float(net.layers[0].mean)
    assert mean == pytest.approx(0.3, abs=0.05)  # a tenth of the way
    again = from_weights(spec, {name: value.numpy() for name, value in net.state_dict().items()})
    again(torch.randn(1, 1000))
    assert float(again.layers[0].mean) == mean


def test_same_padding_is_what_keras_pads():
    """8 features, 5 taps, stride 2: 1 zero before and 2 after, so the first output starts at feature -1."""
    spec = ModelSpec(sample_rate=RATE, input_channels=8, layers=(
        Conv2d(features=8, filters=1, kernel_size=(1, 5), stride=2, padding="same", bias=False),))  # fmt: skip
    taps, x = np.array([1, 10, 100, 1000, 10000], np.float32), np.arange(1, 9, dtype=np.float32)
    net = from_weights(spec, {"layers.0.weight": taps.reshape(1, 1, 1, 5)})
    padded = np.concatenate([[0], x, [0, 0]])
    want = [padded[2 * i : 2 * i + 5] @ taps for i in range(4)]
    assert net(torch.from_numpy(x).reshape(1, 8, 1)).flatten().tolist() == want


def test_fast_curves_are_near_the_exact_ones_and_finite_everywhere():
    x = torch.linspace(-10, 10, 100_001, dtype=torch.float64)
    assert 3e-4 < float((fast_tanh(x) - torch.tanh(x)).abs().max()) < 4.5e-4
    assert float((fast_sigmoid(x) - torch.sigmoid(x)).abs().max()) < 2.3e-4
    far = torch.tensor([-3e38, -1e10, -1e9, 0.0, 1e9, 3e38])
    assert fast_tanh(far).tolist() == pytest.approx([-1.00808, -1.00808, -1.00808, 0, 1.00808, 1.00808], rel=1e-5)


@pytest.mark.parametrize("kind", [*LAYERS, None])
def test_gradients_reach_every_weight_and_the_audio(kind):
    """Finite in every net; non-zero for each kind of weight in most nets (a dead relu may stop one)."""
    reached = defaultdict(list)
    for seed in range(8):
        model = random_model(seed, kind)
        net = from_weights(model.spec, model.weights).train()
        audio = torch.from_numpy(noise(model.spec, 60, seed))[None].repeat(2, 1, 1).requires_grad_()
        raw = torch.from_numpy(positions(model.spec, seed))[None].repeat(2, 1).requires_grad_()
        (net(audio, raw) - torch.randn(60)).square().mean().backward()
        assert audio.grad is not None and torch.isfinite(audio.grad).all()
        reached["audio"].append(bool(audio.grad.any()))
        if model.spec.knobs:
            assert raw.grad is not None and torch.isfinite(raw.grad).all()
            reached["knobs"].append(bool(raw.grad.any()))
        owners = dict(net.named_modules())
        for name, value in net.named_parameters():
            owner, _, last = name.rpartition(".")
            assert value.grad is None or torch.isfinite(value.grad).all(), name
            reached[type(owners[owner]).__name__, last].append(value.grad is not None and bool(value.grad.any()))
    for what, nets in reached.items():
        assert np.mean(nets) > 0.5, (what, nets)


@pytest.mark.parametrize("kind", [*LAYERS, None])
def test_gradients_are_slopes(kind):
    """Along one direction through all weights, the audio and the knobs at once, against a central difference."""
    for seed in range(6):
        model = random_model(seed, kind)
        net = from_weights(model.spec, model.weights).double().train()
        audio, raw = noise(model.spec, 40, seed), positions(model.spec, seed)
        moved = [torch.from_numpy(array)[None].double().repeat(2, *[1] * array.ndim) for array in (audio, raw)]
        moved = [value.requires_grad_() for value in moved] + list(net.parameters())
        torch.manual_seed(seed)
        directions = [torch.randn_like(value) for value in moved]
        aim = torch.randn(40, dtype=torch.float64)
        net(*moved[:2]).mul(aim).sum().backward()
        slope = sum(float((v.grad * d).sum()) for v, d in zip(moved, directions, strict=True) if v.grad is not None)
        ends = []
        for step in (1e-6, -2e-6):
            with torch.no_grad():
                for value, direction in zip(moved, directions, strict=True):
                    value.add_(direction, alpha=step)
                ends.append(float(net(*moved[:2]).mul(aim).sum()))
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-5), f"{seed}: {model.spec}"


def test_two_modules_of_one_kind_are_refused():
    with pytest.raises(ValueError, match="Dense and Mine"):
        plays("Dense")(type("Mine", (nn.Module,), {}))
