"""Recipes: plain data that rebuilds a processor exactly, and says what it cannot hold."""

import json

import numpy as np
import pytest

from wetdry import Chain, Mix, NeuralEffect, TubeSaturator
from wetdry.effects import Effect
from wetdry.host.recipe import build, describe
from wetdry.models import Model, Parameter, load
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, PluginError, UnknownName
from wetdry.models.spec import wavenet

pedalboard = pytest.importorskip("pedalboard")
RATE = 48000


def audio():
    return (0.2 * np.random.default_rng(0).standard_normal((2, 3000))).astype(np.float32)


@pytest.mark.parametrize("make", [
    lambda: TubeSaturator(drive_db=33, bias=-0.4),
    lambda: Chain([pedalboard.LadderFilter(mode=pedalboard.LadderFilter.Mode.HPF12, cutoff_hz=900), None, TubeSaturator()]),
    lambda: Mix([pedalboard.Compressor(-30, 8), Chain([pedalboard.Delay(0.01)])], [-3, 2]),
    lambda: pedalboard.Reverb(room_size=0.9, freeze_mode=0.0),
])  # fmt: skip
def test_rebuilds_what_sounds_the_same(make):
    processor = make()
    again = build(json.loads(json.dumps(describe(processor))))
    assert np.array_equal(again(audio(), RATE), processor(audio(), RATE))


def test_every_native_plugin_that_plays_without_a_file():
    made = 0
    for name in dir(pedalboard):
        kind = getattr(pedalboard, name)
        if not (isinstance(kind, type) and issubclass(kind, pedalboard.Plugin)) or issubclass(kind, pedalboard.Pedalboard):
            continue
        try:
            plugin = kind()
        except (TypeError, RuntimeError):
            continue  # abstract, or it needs a file
        if isinstance(plugin, pedalboard.Chain | pedalboard.Mix) or name == "IIRFilter":
            continue
        again = build(json.loads(json.dumps(describe(plugin))))
        assert describe(again) == describe(plugin), name
        made += 1
    assert made > 20


def test_a_vst3_with_its_knobs(zamtube):
    from wetdry import load_plugin

    plugin = load_plugin(zamtube, parameter_values={"tube_drive": 6.0, "treble": 2.0})
    again = build(json.loads(json.dumps(describe(plugin))))
    assert again.raw_values == plugin.raw_values
    assert np.array_equal(again(audio()[0], RATE), plugin(audio()[0], RATE))


def test_a_model_by_its_file(tmp_path):
    spec = wavenet(RATE, (Parameter("drive"),), channels=2, dilations=(1,))
    model = Model(spec, {n: np.full(s, 0.1, np.float32) for n, s in spec.weight_shapes.items()})
    with pytest.raises(InvalidType, match="save"):
        describe(NeuralEffect(model))
    model.save(tmp_path / "m.safetensors")
    twin = NeuralEffect(load(tmp_path / "m.safetensors"), drive=0.7)
    assert np.array_equal(build(describe(twin))(audio(), RATE), twin(audio(), RATE))
    (tmp_path / "m.safetensors").unlink()
    with pytest.raises(FileProblem, match=r"m\.safetensors"):
        build({"kind": "model", "path": str(tmp_path / "m.safetensors"), "values": {}})


def test_says_what_it_cannot_hold():
    with pytest.raises(InvalidType, match="not registered"):
        describe(type("Mine", (Effect,), {})())
    with pytest.raises(InvalidType, match="Convolution"):
        describe(pedalboard.Convolution(np.zeros((1, 8), np.float32), sample_rate=RATE))
    with pytest.raises(InvalidType):
        describe(object())


def test_refuses_what_it_does_not_know():
    with pytest.raises(InvalidValue, match="kind"):
        build({"kind": "synth"})
    with pytest.raises(UnknownName, match="TubeSaturator"):
        build({"kind": "effect", "name": "TubeSaturater", "values": {}})
    with pytest.raises(PluginError, match="Reverbb"):
        build({"kind": "native", "name": "Reverbb", "values": {}})


def test_knobs_of_natives_inside_a_chain():
    chain = Chain([pedalboard.HighpassFilter(80), TubeSaturator()])
    chain.parameters["cutoff_frequency_hz"].value = 200
    assert chain[0].cutoff_frequency_hz == pytest.approx(200)
    assert chain.parameters["cutoff_frequency_hz"].units == "Hz"
