"""Channels taken out of a net: what is left answers as the whole net does with these channels silent."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from named_specs import KNOBS, SHAPES
from random_specs import drawn_weights, one_thread, positions, signal

from wetdry.models import Model
from wetdry.models.errors import InvalidValue
from wetdry.models.nets import from_weights
from wetdry.models.pruning import groups_of, narrowed, silenced, with_channels
from wetdry.models.spec import Activation, Dense, ModelSpec, WaveNet, WaveNetArray, tcn, wavenet
from wetdry.models.spec.nets import nam

SPECS = {
    "array": wavenet(48000, KNOBS, channels=5, dilations=(1, 2, 4)),
    "gated": wavenet(48000, KNOBS, channels=4, dilations=(1, 3), gating="gated"),
    "bottleneck": ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=(WaveNetArray(
        channels=6, bottleneck=3, dilations=(1, 2), film=False, activation=Activation(name="prelu", slopes=3)),)),)),
    "two arrays": nam(48000, KNOBS, channels=6),
    "tcn": tcn(48000, KNOBS, channels=6, blocks=3, kernel_size=3, growth=4),
    "gain": tcn(48000, (), channels=5, blocks=2, kernel_size=3, growth=4, ends="gain"),
}  # fmt: skip


def answer(model):
    with one_thread(), torch.no_grad():
        raw = torch.from_numpy(positions(model.spec))[None].double() if model.spec.knobs else None
        return from_weights(model.spec, model.weights).double()(torch.from_numpy(signal(model.spec, 400)).double(), raw).numpy()


@pytest.mark.parametrize("name", SPECS)
def test_a_channel_taken_out_is_a_silent_one(name):
    spec = SPECS[name]
    model = Model(spec, drawn_weights(spec, 3))
    whole = answer(model)
    for group in groups_of(spec):
        out = [0, group.channels - 1]
        quiet = silenced(silenced(model, group, out[0]), group, out[1])
        small = narrowed(model, {group.name: [c for c in range(group.channels) if c not in out]})
        assert small.weight_count < model.weight_count and small.spec.multiply_adds < spec.multiply_adds
        assert not np.allclose(answer(quiet), whole, atol=1e-4), group.name
        np.testing.assert_allclose(answer(small), answer(quiet), atol=1e-12, err_msg=group.name)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_kept_whole_is_the_model(name):
    model = Model(SPECS[name], drawn_weights(SPECS[name], 4))
    same = narrowed(model, {})
    assert same.spec == model.spec
    assert all(np.array_equal(same.weights[n], w) for n, w in model.weights.items())


def test_shapes_follow_the_counts():
    spec = with_channels(SPECS["two arrays"], {g.name: g.channels - 1 for g in groups_of(SPECS["two arrays"])})
    first, second = spec.layers[0].arrays
    assert (first.channels, first.head_channels, second.channels, second.width) == (5, 2, 2, 2)


@pytest.mark.parametrize("spec", [SHAPES["linear"], ModelSpec(sample_rate=48000.0, layers=(Dense(channels=1),))])
def test_a_net_without_such_channels_is_refused(spec):
    with pytest.raises(InvalidValue, match=r"wetdry distil"):
        groups_of(spec)


def test_tied_channels_are_refused():
    array = WaveNetArray(channels=4, dilations=(1,), groups=2, film=False)
    with pytest.raises(InvalidValue, match=r"layers\.0\.arrays\.0: .*groups"):
        groups_of(ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=(array,)),)))
