"""`wetdry models` as a user meets it."""

import json

import numpy as np
import pytest
import soundfile
from command import refused, wetdry
from random_model import random_model

from wetdry.models import Model, Parameter, load
from wetdry.models.spec import wavenet

RATE = 48000
KNOBS = (Parameter("drive", "dB", 0, 10, 5), Parameter("mode", choices=("clean", "hot"), default="hot"))


def clone():
    return random_model(wavenet(RATE, KNOBS, channels=4, dilations=(1, 2)), scale=0.4)


@pytest.fixture
def folder(tmp_path):
    clone().save(tmp_path / "clone.safetensors")
    model = clone()
    name = next(iter(model.weights))
    other = {**model.weights, name: model.weights[name] + np.float32(1e-3)}
    Model(model.spec, other).save(tmp_path / "other.safetensors")
    random_model(wavenet(44100, channels=2, dilations=(1,))).save(tmp_path / "slower.safetensors")
    (tmp_path / "text.nam").write_text("no model")
    return tmp_path


def test_info_prints_it(folder):
    done = wetdry("models", "info", "clone.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    for word in ("WaveNet", "4 channels", "weights", "7 samples, 0.1 ms", "48000 Hz", "knob drive", "multiply-adds",
                 "0 dB to 10 dB, default 5 dB", "clean, hot, default hot", "ns a sample", "x real time"):  # fmt: skip
        assert word in done.stdout, word
    plain = json.loads(wetdry("models", "info", "clone.safetensors", "--json", cwd=folder).stdout)
    assert plain["weights"] == clone().weight_count
    assert plain["ns_per_sample"] > 0
    assert set(plain["knobs"]) == {"drive", "mode"}


def test_info_of_files_people_share(shared, folder):
    done = wetdry("models", "info", shared / "vectors/nam/lstm_official.nam", cwd=folder)
    assert done.returncode == 0, done.stderr
    for word in ("LSTM, Dense", "its state remembers without end", "Darkglass", "24000 samples of silence"):
        assert word in done.stdout, word
    slimmable = ["models", "info", shared / "vectors/nam/core_A2.nam", "--json"]
    for options, weights in ((["--slim", "0"], 1870), ([], 12145)):
        assert json.loads(wetdry(*slimmable, *options, cwd=folder).stdout)["weights"] == weights


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plot_writes_a_figure(folder, suffix):
    done = wetdry("models", "plot", "clone.safetensors", "--out", f"out/amp{suffix}", "--set", "drive=7", cwd=folder)
    assert done.returncode == 0, done.stderr
    content = (folder / f"out/amp{suffix}").read_bytes()
    assert content.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix])
    if suffix == ".svg":
        for word in (b"clone.safetensors", b"drive 7 dB", b"transfer curve", b"dBFS", b"conv.weight"):
            assert word in content.replace(b"&#160;", b" "), word


def test_plot_without_out_writes_beside_the_caller(folder):
    assert wetdry("models", "plot", "clone.safetensors", cwd=folder).returncode == 0
    assert (folder / "clone.png").stat().st_size > 10_000


def test_a_file_and_its_copy_are_the_same(folder):
    load(folder / "clone.safetensors").save(folder / "copy.safetensors")
    done = wetdry("models", "verify", "clone.safetensors", "copy.safetensors", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("no sample differs") == 4  # the defaults and three drawn settings
    assert "the same: ESR 0, tolerance 1e-10" in done.stdout


def test_another_model_is_not_the_same(folder):
    done = wetdry("models", "verify", "clone.safetensors", "other.safetensors", cwd=folder)
    assert done.returncode == 1
    assert "not the same" in done.stdout
    assert "dBFS" in done.stdout
    assert done.stderr == ""
    done = wetdry("models", "verify", "clone.safetensors", "other.safetensors", "--tolerance", "1", cwd=folder)
    assert done.returncode == 0


BAD = {
    "info: no file": (["info", "none.nam"], ["none.nam"]),
    "info: no model": (["info", "text.nam"], ["text.nam", "not a model file"]),
    "info: a folder": (["info", "."], ["folder"]),
    "plot: no model": (["plot", "text.nam"], ["text.nam"]),
    "plot: suffix": (["plot", "clone.safetensors", "--out", "a.doc"], ["a.doc", ".png"]),
    "plot: knob": (["plot", "clone.safetensors", "--set", "dirve=3"], ["did you mean drive"]),
    "verify: no model": (["verify", "clone.safetensors", "text.nam"], ["text.nam"]),
    "verify: rates": (["verify", "clone.safetensors", "slower.safetensors"], ["48000", "44100"]),
    "verify: knob": (["verify", "clone.safetensors", "other.safetensors", "--set", "dirve=3"], ["drive"]),
    "verify: value": (["verify", "clone.safetensors", "other.safetensors", "--set", "drive=99"], ["drive", "10"]),
    "verify: too short": (["verify", "clone.safetensors", "other.safetensors", "--seconds", "1"], ["seconds = 1"]),
    "verify: tolerance": (["verify", "clone.safetensors", "other.safetensors", "--tolerance", "-1"], ["--tolerance"]),
    "unknown": (["infos", "clone.safetensors"], ["infos"]),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line(folder, arguments, words):
    refused(wetdry("models", *arguments, cwd=folder), *words)
    assert not list(folder.glob("*.png"))


def test_the_files_of_the_format_play(folder, shared):
    """render: a .nam where a chain is expected, at another rate than the audio."""
    soundfile.write(folder / "di.wav", 0.1 * np.random.default_rng(0).standard_normal(44100), 44100)
    amp = shared / "vectors/nam/wavenet_official.nam"
    done = wetdry("render", amp, "di.wav", "out.wav", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "resampled there and back" in done.stdout
    assert soundfile.info(folder / "out.wav").frames == 44100
