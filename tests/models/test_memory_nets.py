"""Layers with a memory of seconds in torch: what they refuse, states from call to call, causality, and that they learn."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import one_thread

from wetdry.models import ModelSpec, Parameter
from wetdry.models.errors import InvalidValue
from wetdry.models.nets import build, going_on, led_in
from wetdry.models.nets.memory import at_rest
from wetdry.models.spec import Activation, Conv1d, Dense, StateSpace, TemporalFiLM
from wetdry.models.spec.memory_nets import s4d, tfilm

RATE = 48000.0
KNOBS = (Parameter("threshold"), Parameter("release"))
NETS = {"s4d": s4d(RATE, KNOBS, longest_seconds=0.05), "tfilm": tfilm(RATE, KNOBS, blocks=1, kernel_size=1)}


@pytest.fixture(autouse=True)
def quick():
    with one_thread():
        yield


def spec_of(*layers, **fields):
    return ModelSpec(sample_rate=RATE, layers=layers, **fields)


@pytest.mark.parametrize(("layer", "message"), [
    ({"longest_samples": 10.0}, "layers.0.longest_samples: 10 is not above shortest_samples, 16"),
    ({"shortest_samples": 0.5}, "shortest_samples"), ({"longest_samples": float("nan")}, "longest_samples"),
    ({"longest_samples": 3e6}, "longest_samples"), ({"pairs": 0}, "pairs"), ({"pairs": 257}, "pairs"),
    ({"states": 4}, "states"), ({"kind": "TemporalFiLM", "hidden": 4, "block_samples": 0}, "block_samples"),
    ({"kind": "TemporalFiLM"}, "hidden"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(layer, message):
    with pytest.raises(InvalidValue, match=message):
        ModelSpec(sample_rate=RATE, layers=[{"kind": "StateSpace", **layer}])


def test_states_that_would_ring_for_hours_are_refused():
    lasting = StateSpace(longest_samples=2e6)
    with pytest.raises(InvalidValue, match=r"ring for .* lower their longest_samples"):
        spec_of(*[lasting] * 10)
    with pytest.raises(InvalidValue, match=r"layers\.1\.pairs: 256 for each of 1024"):
        spec_of(Dense(channels=1024), StateSpace(pairs=256))


def test_tails_count_every_state_in_series_and_the_convolutions():
    states = StateSpace(longest_samples=1000), StateSpace(longest_samples=3000)
    spec = spec_of(Conv1d(channels=2, kernel_size=5), *states)
    assert spec.receptive_field == 5
    assert spec.tail_samples == spec.silence_before == 5 + 15 * 3000
    assert spec_of(Conv1d(channels=1, kernel_size=5)).tail_samples == 5


@pytest.mark.parametrize("name", NETS)
def test_calls_that_go_on_from_each_other_are_one_call(name):
    net, audio, raw = build(NETS[name], 1).eval().double(), torch.randn(2, 1700).double(), torch.rand(2, 2).double()
    whole = net(audio, raw)
    with going_on(net):
        parts = [net(piece, raw) for piece in audio.split([1, 700, 128, 63, 64, 65, 679], 1)]
    torch.testing.assert_close(torch.cat(parts, 1), whole)


@pytest.mark.parametrize("name", NETS)
def test_a_lead_in_changes_no_sample_and_keeps_gradients_out(name):
    net, audio, raw = build(NETS[name], 1).eval().double(), torch.randn(2, 1000).double(), torch.rand(2, 2).double()
    audio.requires_grad_()
    whole = net(audio, raw)
    with led_in(net, 600):
        led = net(audio, raw)
    torch.testing.assert_close(led, whole)
    (of_whole,) = torch.autograd.grad(whole[:, 600:].square().sum(), audio)
    (of_led,) = torch.autograd.grad(led[:, 600:].square().sum(), audio)
    assert of_whole[:, :600].abs().max() > 0 and of_led[:, :600].abs().max() == 0


def test_at_rest_a_net_starts_as_after_its_whole_memory_of_silence():
    layer = StateSpace(pairs=3, shortest_samples=5, longest_samples=500)
    curve = Activation(name="tanh")
    spec = spec_of(
        Dense(channels=5), curve, layer, Conv1d(channels=5, kernel_size=4, dilation=30), layer, curve, Dense(channels=1)
    )
    net, audio = build(spec, 2).eval().double(), torch.randn(2, 500).double()
    silence = torch.zeros(2, spec.tail_samples).double()
    long_way = net(torch.cat([silence, audio], 1))[:, silence.shape[1] :]
    with at_rest(net) as samples:
        short_way = net(torch.cat([silence[:, :samples], audio], 1))[:, samples:]
    assert samples == spec.receptive_field == 91
    assert (short_way - long_way).abs().max() < 1e-5 * long_way.abs().max()
    assert (net(audio) - long_way).abs().max() > 1e-2 * long_way.abs().max()
    with at_rest(build(spec.model_copy(update={"prewarm_samples": 7}))) as samples:
        assert samples == 90


def test_a_block_is_modulated_by_the_blocks_before_it_alone():
    net = build(spec_of(TemporalFiLM(hidden=4, block_samples=100)), 0).double()
    audio = torch.randn(1, 400).double()
    first = net(audio)
    for changed in (0, 99, 100, 250, 399):
        other = audio.clone()
        other[0, changed] += 5
        moved = (net(other) != first)[0].nonzero()[:, 0].tolist()
        later = range((changed // 100 + 1) * 100, 400)
        assert moved == [changed, *later]


def test_any_weights_keep_poles_inside_the_unit_circle():
    net = build(spec_of(StateSpace(pairs=4, shortest_samples=1, longest_samples=2e6)), 0)
    state = net.layers[0]
    for value in (-1e30, -100.0, 0.0, 100.0, 1e30):
        with torch.no_grad():
            state.time.fill_(value)
        radius = torch.exp(state._poles()[0]).abs()
        assert (radius < 1).all() and (radius >= np.exp(-1.0) - 1e-12).all()
        out = net(torch.ones(1, 3000))
        assert torch.isfinite(out).all() and out.abs().max() < 100


def test_a_fresh_net_of_any_length_has_gradients_of_its_own_size():
    """Twenty times the signal, the same gradient for each sample: nothing grows over time."""
    for spec in (s4d(RATE, KNOBS), tfilm(RATE, KNOBS)):
        sizes = []
        for samples in (2000, 40_000):
            net = build(spec, 3)
            torch.manual_seed(0)
            audio, raw = 0.3 * torch.randn(1, samples), torch.full((1, 2), 0.5)
            net(audio, raw).square().mean().backward()
            sizes.append(float(torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None]).norm()))
        assert np.isfinite(sizes).all() and 0.1 < sizes[1] / sizes[0] < 10


def level_of(random):
    """Return (signal, its level): magnitudes of noise in bursts, and a one-pole that falls by 1/e in 1000 samples."""
    bursts = np.repeat(random.random(16) * (random.random(16) < 0.6), 250)
    signal = np.abs(bursts * random.standard_normal(4000))
    pole = np.exp(-1 / 1000)
    return signal.astype(np.float32), lfilter([1 - pole], [1, -pole], signal).astype(np.float32)


def test_it_learns_a_release_that_no_short_window_shows():
    random = np.random.default_rng(0)
    net = build(spec_of(Dense(channels=4), StateSpace(shortest_samples=4, longest_samples=4000), Dense(channels=1)), 0)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.05)

    def ratio(batch):
        dry, wet = (torch.from_numpy(np.stack(rows)) for rows in zip(*(level_of(random) for _ in range(batch)), strict=True))
        return (net(dry) - wet).square().mean() / wet.square().mean()

    for _ in range(200):
        optimiser.zero_grad()
        ratio(4).backward()
        optimiser.step()
    assert ratio(8).item() < 0.01
