"""`wetdry convert` as a user meets it, and the levels that .nam players go by."""

import json

import numpy as np
import pytest
from command import filled, refused, wetdry

from wetdry import NeuralEffect, convert
from wetdry.host.model_levels import loudness_and_gain, pink_noise
from wetdry.models import Model, load
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName
from wetdry.models.spec import LSTM, Activation, Conv1d, Dense, ModelSpec


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


def test_a_clone_becomes_a_nam(folder):
    done = wetdry("convert", "clone.safetensors", "amp.nam", "--set", "drive=7.5", "--meta", "name=My Amp",
                  "--meta", "gear_type=amp", "--meta", "input_level_dbu=12.5", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("amp.nam: nam", "bytes", "baked: drive 7.5", "loudness", "gain"):
        assert word in done.stdout
    metadata = json.loads((folder / "amp.nam").read_text())["metadata"]
    assert metadata["name"] == "My Amp" and metadata["gear_type"] == "amp" and metadata["input_level_dbu"] == 12.5
    assert metadata["settings"] == {"drive": 7.5}
    assert -120 < metadata["loudness"] < 20 and 0 <= metadata["gain"] <= 1
    written, clone = load(folder / "amp.nam"), NeuralEffect(load(folder / "clone.safetensors"))
    clone.parameters["drive"].value = 7.5
    dry = (0.3 * np.random.default_rng(0).standard_normal(9000)).astype(np.float32)
    expected = clone(dry, 48000)
    assert np.abs(NeuralEffect(written)(dry, 48000) - expected).max() < 1e-5 * np.abs(expected).max()


def test_there_and_back(folder):
    wetdry("convert", "clone.safetensors", "amp.nam", "--set", "drive=2", cwd=folder)
    for suffix in ("safetensors", "nam"):
        done = wetdry("convert", "amp.nam", f"again.{suffix}", cwd=folder)
        assert done.returncode == 0, done.stderr
        one, two = load(folder / "amp.nam"), load(folder / f"again.{suffix}")
        assert one.spec == two.spec and one.metadata == two.metadata
        assert all((one.weights[name] == two.weights[name]).all() for name in one.weights)


def test_a_factory_clone_by_its_name(folder):
    done = wetdry("convert", "zamtube", "tube.nam", "--set", "tube_drive=9", "--set", "treble=2", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert load(folder / "tube.nam").spec.sample_rate == 48000


def test_what_needs_a_new_player_says_so(folder):
    done = wetdry("convert", "zamcomp", "comp.nam", "--set", "threshold_db=-30", "--set", "ratio=4", "--set", "attack_ms=10",
                  cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "NeuralAmpModelerCore 0.4.1 or newer" in done.stdout
    layers = (LSTM(hidden=2), Dense(channels=1), LSTM(hidden=3), Dense(channels=1))
    spec = ModelSpec(sample_rate=48000.0, layers=layers)
    Model(spec, {name: np.full(s, 0.1, np.float32) for name, s in spec.weight_shapes.items()}).save(folder / "two.safetensors")
    done = wetdry("convert", "two.safetensors", "two.nam", cwd=folder)
    assert "NeuralAmpModelerCore up to 0.5.5 refuses" in done.stdout, done.stderr


BAD = {
    "knobs left": (["clone.safetensors", "o.nam"], ["cannot write .nam", "drive", "--set drive="]),
    "no such knob": (["clone.safetensors", "o.nam", "--set", "dirve=3"], ["did you mean drive"]),
    "out of range": (["clone.safetensors", "o.nam", "--set", "drive=11"], ["drive = 11", "[0, 10]"]),
    "which json": (["clone.safetensors", "o.json", "--set", "drive=1"], ["rtneural", "aidax", "--format"]),
    "no suffix": (["clone.safetensors", "o", "--set", "drive=1"], ["the suffix names no format", ".nam"]),
    "no format": (["clone.safetensors", "o.nam", "--format", "namm"], ["no format named 'namm'", "nam"]),
    "no model": (["text.wav", "o.nam"], ["text.wav", "not a model file"]),
    "no file": (["nothing.safetensors", "o.nam"], ["nothing.safetensors"]),
    "no key": (["clone.safetensors", "o.nam", "--set", "drive=1", "--meta", "gear_tpye=amp"], ["did you mean gear_type"]),
    "no gear": (["clone.safetensors", "o.nam", "--set", "drive=1", "--meta", "gear_type=amb"], ["'amb'", "pedal_amp"]),
    "no value": (["clone.safetensors", "o.nam", "--set", "drive=1", "--meta", "name"], ["key=value"]),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_says_what_to_do(folder, name):
    arguments, words = BAD[name]
    before = sorted(folder.iterdir())
    refused(wetdry("convert", *arguments, cwd=folder), *words)
    assert sorted(folder.iterdir()) == before


def curve(name, gain=1.0):
    spec = ModelSpec(sample_rate=48000.0, layers=(Conv1d(channels=1, bias=False), Activation(name=name)))
    return Model(spec, {"layers.0.weight": np.full((1, 1, 1), gain, np.float32)})


def test_levels_are_those_of_nam():
    clean, quiet, driven = (loudness_and_gain(m) for m in (curve("relu"), curve("relu", 0.1), curve("hardtanh", 1000.0)))
    assert clean[0] == pytest.approx(-14.97 - 10 * np.log10(2), abs=0.1)  # half a wave has half its power
    assert clean[0] - quiet[0] == pytest.approx(20.0, abs=1e-3)
    assert clean[1] == pytest.approx(0.0, abs=1e-3) and quiet[1] == pytest.approx(0.0, abs=1e-3)
    assert driven[0] == pytest.approx(0.0, abs=0.1) and driven[1] > 0.8
    assert loudness_and_gain(curve("relu", 0.0)) is None


def test_levels_beside_the_trainers_own(shared):
    for name in ("wavenet_official", "core_A2", "core_slimmable_container"):
        model = load(shared / f"vectors/nam/{name}.nam")
        loudness, gain = loudness_and_gain(model)
        assert loudness == pytest.approx(model.metadata["loudness"], abs=0.7), name
        assert gain == pytest.approx(model.metadata["gain"], abs=0.1), name


def test_the_noise_has_equal_power_an_octave():
    power = np.abs(np.fft.rfft(pink_noise(96_000, 48_000))) ** 2
    octaves = [power[2 * low : 4 * low].sum() for low in (50, 100, 500, 1000, 4000)]  # bins of half a Hz
    assert max(octaves) / min(octaves) < 1.3


def test_from_python(folder, tmp_path):
    written = convert(folder / "clone.safetensors", tmp_path / "a.nam", settings={"drive": 5}, metadata={"loudness": -20})
    assert written.metadata["loudness"] == -20.0 and not written.spec.knobs
    for metadata, error in (({"gear": 1}, UnknownName), ({"gain": "loud"}, InvalidType), ({"loudness": 1e9}, InvalidValue)):
        with pytest.raises(error):
            convert(written, tmp_path / "b.nam", metadata=metadata)
    assert not (tmp_path / "b.nam").exists()
