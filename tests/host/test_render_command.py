"""`wetdry render`: files through models, effects and plugins, and through a cabinet."""

import numpy as np
import pytest
import soundfile
from command import RATE, filled, noise, refused, wetdry

from wetdry.models import load


@pytest.fixture
def folder(tmp_path):
    return filled(tmp_path)


@pytest.mark.parametrize(("processor", "settings"), [
    ("TubeSaturator", ["--set", "drive_db=24", "--set", "tone_hz=8000"]),
    ("clone.safetensors", ["--set", "drive=7.5"]),
    ("pedalboard.Distortion", ["--set", "drive_db=10"]),
])  # fmt: skip
def test_render(folder, processor, settings):
    done = wetdry("render", processor, "dry.wav", "out/wet.wav", *settings, cwd=folder)
    assert done.returncode == 0, done.stderr
    wet, rate = soundfile.read(folder / "out/wet.wav")
    assert (len(wet), rate) == (RATE, RATE)
    assert "dBFS" in done.stdout


def test_render_plays_foreign_models(folder):
    """TorchScript is a program, and so needs a word more."""
    load(folder / "clone.safetensors").save(folder / "clone.ts")
    load(folder / "clone.safetensors").save(folder / "clone.onnx")
    refused(wetdry("render", "clone.ts", "dry.wav", "wet.wav", cwd=folder), "a program", "trusted:clone.ts")
    for processor in ("clone.safetensors", "trusted:clone.ts", "clone.onnx"):
        done = wetdry("render", processor, "dry.wav", f"{processor[-4:]}.wav", "--set", "drive=2", cwd=folder)
        assert done.returncode == 0, done.stderr
    clone, script, graph = (soundfile.read(folder / f"{name}.wav", dtype="float32")[0] for name in ("sors", "e.ts", "onnx"))
    assert np.abs(script - clone).max() < 1e-5 and np.abs(graph - clone).max() < 1e-5


def test_render_equals_python(folder):
    from wetdry import NeuralEffect

    wetdry("render", "clone.safetensors", "dry.wav", "wet.wav", "--set", "drive=2", cwd=folder)
    wet, _ = soundfile.read(folder / "wet.wav", dtype="float32")
    assert np.array_equal(wet, NeuralEffect(load(folder / "clone.safetensors"), drive=2)(noise()[:, 0], RATE))


def test_render_brings_another_rate_there_and_back(folder):
    done = wetdry("render", "clone.safetensors", "stereo.flac", "wet.flac", cwd=folder)
    assert done.returncode == 0, done.stderr
    info = soundfile.info(folder / "wet.flac")
    assert (info.frames, info.samplerate, info.channels) == (RATE, 44100, 2)
    assert "resampled" in done.stdout


def test_render_through_a_cabinet(folder):
    from wetdry import NeuralEffect

    response = (noise(0.02, 2) * np.exp(-np.arange(960) / 100)[:, None]).astype(np.float32)
    soundfile.write(folder / "cab.wav", response, RATE, subtype="FLOAT")
    done = wetdry("render", "clone.safetensors", "dry.wav", "wet.wav", "--cab", "cab.wav", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "resampled" not in done.stdout
    wet, _ = soundfile.read(folder / "wet.wav", dtype="float32")
    amp = NeuralEffect(load(folder / "clone.safetensors"))(noise()[:, 0], RATE).astype(float)
    wanted = np.stack([np.convolve(amp, response[:, i])[:RATE] for i in range(2)], 1)
    assert np.abs(wet - wanted).max() < 1e-6 * np.abs(wanted).max()


def test_render_says_that_it_resampled_the_cabinet(folder):
    soundfile.write(folder / "cab.wav", 100 * np.eye(1, 400)[0], 96000, subtype="FLOAT")
    done = wetdry("render", "clone.safetensors", "dry.wav", "wet.wav", "--cab", "cab.wav", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "cab.wav is at 96000 Hz: resampled to 48000 Hz" in done.stdout and "above full scale" in done.stdout
    assert len(soundfile.read(folder / "wet.wav")[0]) == RATE


def test_render_warns_of_nothing_below_full_scale(folder):
    soundfile.write(folder / "cab.wav", 1e-3 * np.eye(1, 400)[0], 48000, subtype="FLOAT")
    done = wetdry("render", "clone.safetensors", "dry.wav", "wet.wav", "--cab", "cab.wav", cwd=folder)
    assert "dBFS" in done.stdout and "full scale" not in done.stdout


def test_render_passes_on_how_a_file_is_read(folder):
    for name, options in {"exact.wav": [], "fast.wav": ["--activation", "fast"]}.items():
        done = wetdry("render", "clone.safetensors", "dry.wav", name, *options, cwd=folder)
        assert done.returncode == 0, done.stderr
    exact, fast = (soundfile.read(folder / name)[0] for name in ("exact.wav", "fast.wav"))
    assert 0 < np.abs(exact - fast).max() < 0.01


def test_render_through_a_plugin(folder, zamtube):
    done = wetdry("render", zamtube, "dry.wav", "wet.wav", "--set", "tube_drive=7.5", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert np.abs(soundfile.read(folder / "wet.wav")[0]).max() > 0.01
