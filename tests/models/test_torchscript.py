"""The TorchScript writer: the file, loaded by torch alone, plays as our player does, whatever the blocks."""

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_specs import LAYERS, named_model, one_thread, positions, random_model, signal

from wetdry import NeuralEffect
from wetdry.models import Model, Parameter
from wetdry.models.errors import CannotHold
from wetdry.models.nets.streaming.layer import Series
from wetdry.models.nets.streaming.positions import Positions
from wetdry.models.nets.torchscript import FACTS_FILE, write
from wetdry.models.spec import Dense, KnobInputs, ModelSpec

RATE = 48000


def written(model, folder):
    path = Path(folder) / "model.ts"
    write(model, path)
    return torch.jit.load(path)


def played(net, audio, knobs, cuts=()):
    edges = [0, *sorted(set(cuts)), audio.shape[1]]
    with one_thread(), torch.inference_mode():
        parts = [net(torch.from_numpy(audio[:, a:b]), torch.from_numpy(knobs)) for a, b in itertools.pairwise(edges)]
    return torch.cat(parts, 1).numpy()


def ours(model, audio, knobs):
    effect = NeuralEffect(model)
    for knob, raw in zip(model.spec.knobs, knobs, strict=True):
        effect.parameters[knob.name].raw_value = float(raw)
    return np.atleast_2d(effect(audio, RATE))


@pytest.mark.parametrize(("kind", "seed"), [*((kind, 0) for kind in LAYERS), ("LSTM", 3), ("GRU", 3), ("WaveNet", 1)])
def test_every_layer_plays_as_our_player_does(kind, seed, tmp_path):
    model = random_model(seed, kind)
    audio, knobs = signal(model.spec, 700, seed), positions(model.spec, seed)
    wanted, net = ours(model, audio, knobs), written(model, tmp_path)
    cuts = np.random.default_rng(seed).integers(1, 700, 7).tolist()
    assert played(net, audio[:, :0], knobs).shape == (len(wanted), 0)
    for _ in range(2):  # after a reset the same again
        assert np.abs(played(net, audio, knobs, cuts) - wanted).max() <= 1e-5 * np.abs(wanted).max()
        net.reset()


@pytest.mark.parametrize("name", ["nam nano", "proteus knob"])
def test_shapes_in_use(name, tmp_path):
    model = named_model(name)
    audio, knobs = signal(model.spec, 1500), positions(model.spec)
    wanted = ours(model, audio, knobs)
    assert np.abs(played(written(model, tmp_path), audio, knobs, [1, 700]) - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_rows_of_a_mono_net_are_played_on_their_own(tmp_path):
    model = next(m for m in (random_model(seed, "LSTM") for seed in range(20)) if m.spec.input_channels == 1)
    audio = np.concatenate([signal(model.spec, 300, seed) for seed in (1, 2)])
    net, knobs = written(model, tmp_path), positions(model.spec)
    both = played(net, audio, knobs, [100])
    assert np.abs(both[: len(both) // 2] - ours(model, audio[:1], knobs)).max() <= 1e-5
    assert np.abs(played(net, audio[1:], knobs) - ours(model, audio[1:], knobs)).max() <= 1e-5  # fewer rows: a new stream


KNOBS = (
    Parameter("depth", "", -2.0, 6.0, 1.0),
    Parameter("tone_hz", "Hz", 20.0, 20000.0, 500.0, scale="log"),
    Parameter("curved", "", 0.0, 10.0, 1.0, scale="points", points=(0.0, 0.5, 1.0, 4.0, 10.0)),
    Parameter("mode", default="b", choices=("a", "b", "c")),
    Parameter("only", default="a", choices=("a",)),
)


@given(st.lists(st.floats(0, 1), min_size=len(KNOBS), max_size=len(KNOBS)))
@settings(max_examples=50, deadline=None)
def test_knobs_are_in_their_units(raws):
    values = [knob.to_number(knob.from_raw(raw)) for knob, raw in zip(KNOBS, raws, strict=True)]
    wanted = [knob.to_raw(knob.from_raw(raw)) for knob, raw in zip(KNOBS, raws, strict=True)]
    found = Positions(KNOBS)(torch.tensor(values))[0].numpy()
    assert np.abs(found - wanted).max() < 2e-6
    ends = Positions(KNOBS)(torch.tensor([1e9] * len(KNOBS)))[0].numpy()
    assert ends.tolist() == [1, 1, 1, 1, 0]


def knob_model():
    layers = (KnobInputs(knobs=len(KNOBS)), Dense(channels=1))
    weight = np.arange(1, 2 + len(KNOBS), dtype=np.float32)[None]
    return Model(ModelSpec(sample_rate=44100.0, layers=layers, knobs=KNOBS),
                 {"layers.1.weight": weight, "layers.1.bias": np.zeros(1, np.float32)},
                 metadata={"name": "five knobs"})  # fmt: skip


def test_the_file_says_what_it_is_and_is_the_same_twice(tmp_path):
    model = knob_model()
    model.save(tmp_path / "model.ts")
    model.save(tmp_path / "again.ts")
    assert (tmp_path / "model.ts").read_bytes() == (tmp_path / "again.ts").read_bytes()
    extra = {FACTS_FILE: ""}
    net = torch.jit.load(tmp_path / "model.ts", _extra_files=extra)
    facts = json.loads(extra[FACTS_FILE])
    assert [Parameter.from_dict(k) for k in facts["knobs"]] == list(KNOBS)
    assert (facts["sample_rate"], facts["metadata"]) == (44100.0, {"name": "five knobs"})
    assert (net.sample_rate, net.input_channels, net.output_channels) == (44100.0, 1, 1)
    values = torch.tensor([6.0, 20000.0, 10.0, 1.0, 0.0])
    assert net(torch.zeros(1, 3), values)[0].tolist() == pytest.approx([2 + 3 + 4 + 5 * 0.5] * 3)


def test_a_layer_without_a_module_is_named():
    with pytest.raises(CannotHold, match=r"cannot write torchscript: layers\.0: .* Oboe"):
        Series((SimpleNamespace(kind="Oboe"),), 1, 0)  # type: ignore[arg-type]
