"""`wetdry effects` as a user meets it."""

import json

import numpy as np
import pytest
import soundfile
from command import RATE, noise, refused, wetdry

from wetdry import TubeSaturator
from wetdry.effects import REGISTRY, CabinetIR


def test_lists_every_effect_with_its_knobs(tmp_path):
    done = wetdry("effects", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name, kind in REGISTRY.items():
        assert name in done.stdout
        for knob in kind().parameters:
            assert knob in done.stdout, knob
    for word in ("asymmetric soft clipping", "0 to 48 dB", "12 dB", "latency", "tail", "Warm Bass"):
        assert word in done.stdout, word


def test_tells_it_as_json(tmp_path):
    found = {each["name"]: each for each in json.loads(wetdry("effects", "--json", cwd=tmp_path).stdout)}
    assert set(found) == set(REGISTRY)
    gain = json.loads(wetdry("effects", "Gain", "--json", cwd=tmp_path).stdout)
    assert gain == found["Gain"]
    assert gain["knobs"][0]["values"] == "-120 to 48 dB"


def test_shows_one(tmp_path):
    done = wetdry("effects", "TubeSaturator", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("TubeSaturator: asymmetric soft clipping", "gain into the curve", "log", "Warm Bass", "source: "):
        assert word in done.stdout, word


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_draws_one_at_a_preset(tmp_path, suffix):
    path = tmp_path / f"out/tube{suffix}"
    done = wetdry("effects", "TubeSaturator", "--plot", path, "--preset", "Warm Bass", "--set", "bias=0.5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    content = path.read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".svg": b"<?xml"}[suffix])
    if suffix == ".svg":
        for word in ("Warm Bass", "bias 0.5", "transfer curve", "harmonics", "drive_db (dB)", "aliasing", "dBFS", "Hz", "2nd"):
            assert word.encode() in content.replace(b"&#160;", b" "), word


def test_renders_at_a_preset(tmp_path):
    soundfile.write(tmp_path / "dry.wav", noise(), RATE, subtype="FLOAT")
    arguments = ["dry.wav", "wet.wav", "--preset", "Warm Bass", "--set", "mix=0.4"]
    done = wetdry("render", "TubeSaturator", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    wet, _ = soundfile.read(tmp_path / "wet.wav", dtype="float32")
    assert np.array_equal(wet, TubeSaturator.preset("Warm Bass", mix=0.4)(noise()[:, 0], RATE))


BAD = {
    "no such effect": (["effects", "TubeSaturater"], ["TubeSaturater", "did you mean TubeSaturator"]),
    "no such preset": (["effects", "TubeSaturator", "--plot", "a.png", "--preset", "Warm Bas"], ["Warm Bass"]),
    "no such knob": (["effects", "TubeSaturator", "--plot", "a.png", "--set", "drive=3"], ["drive_db"]),
    "suffix": (["effects", "TubeSaturator", "--plot", "a.doc"], ["a.doc", ".png"]),
    "a plot of all": (["effects", "--plot", "a.png"], ["name of an effect"]),
    "a preset without a plot": (["effects", "Gain", "--preset", "Pad"], ["--plot"]),
    "a preset of a plugin": (["render", "none.vst3", "a.wav", "b.wav", "--preset", "Pad"], ["a.wav"]),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line(tmp_path, arguments, words):
    refused(wetdry(*arguments, cwd=tmp_path), *words)
    assert not list(tmp_path.glob("*.png"))


def test_a_preset_needs_a_built_in_effect(tmp_path):
    soundfile.write(tmp_path / "dry.wav", noise(), RATE)
    done = wetdry("render", "pedalboard.Distortion", "dry.wav", "wet.wav", "--preset", "Pad", cwd=tmp_path)
    refused(done, "--preset", "TubeSaturator", "pedalboard.Distortion")


def test_an_effect_plays_from_a_file(tmp_path):
    response = np.exp(-np.arange(480) / 50).astype(np.float32)
    soundfile.write(tmp_path / "cab.wav", response, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "dry.wav", noise(), RATE, subtype="FLOAT")
    done = wetdry("render", "CabinetIR", "dry.wav", "wet.wav", "--file", "cab.wav", "--set", "mix=0.5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    wet, _ = soundfile.read(tmp_path / "wet.wav", dtype="float32")
    assert np.array_equal(wet, CabinetIR(tmp_path / "cab.wav", mix=0.5)(noise()[:, 0], RATE))
    done = wetdry("effects", "CabinetIR", "--file", "cab.wav", "--plot", "cab.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"CabinetIR cab.wav" in (tmp_path / "cab.svg").read_bytes().replace(b"&#160;", b" ")


BAD_FILES = {
    "none": (["effects", "CabinetIR", "--plot", "a.png", "--file", "none.wav"], ["none.wav"]),
    "no use for one": (["effects", "Gain", "--file", "none.wav"], ["Gain", "no file"]),
    "of a plugin": (["render", "pedalboard.Reverb", "dry.wav", "wet.wav", "--file", "dry.wav"], ["--file", "CabinetIR"]),
    "of all": (["effects", "--file", "dry.wav"], ["name of an effect"]),
}


@pytest.mark.parametrize(("arguments", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_file_that_does_not_fit_is_one_line(tmp_path, arguments, words):
    soundfile.write(tmp_path / "dry.wav", noise(), RATE)
    refused(wetdry(*arguments, cwd=tmp_path), *words)
