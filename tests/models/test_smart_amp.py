"""The SmartGuitarAmp reader: PedalNet's forward pass, written with torch's functions, is what it plays."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent))
import foreign_files as files
from random_specs import answer, one_thread

from wetdry import NeuralEffect
from wetdry.models import load
from wetdry.models.errors import ModelFileError

CURVES = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "softsign": F.softsign, "linear": lambda x: x,
          "gated": lambda x: torch.tanh(x.chunk(2, 1)[0]) * torch.sigmoid(x.chunk(2, 1)[1]),
          "softgated": lambda x: F.softsign(x.chunk(2, 1)[0]) * F.softsign(x.chunk(2, 1)[1])}  # fmt: skip


def pedalnet(item, audio):
    """The net as GuitarML trains and plays it, after silence: audio (inputs, samples) to (outputs, samples)."""
    weights = {(v["layer_idx"], v["name"]): torch.tensor(np.array(v["data"], np.float64)) for v in item["variables"]}
    channels, dilations, quiet = item["residual_channels"], item["dilations"], 4096
    layers = len(dilations)

    def convolved(y, layer, name, bias, taps=1, dilation=1):
        kernel = weights[layer, name].reshape(taps, y.shape[1], -1).permute(2, 1, 0)
        return F.conv1d(F.pad(y, ((taps - 1) * dilation, 0)), kernel, weights[layer, bias], dilation=dilation)

    x = F.pad(torch.tensor(np.asarray(audio, np.float64))[None], (quiet, 0))
    with one_thread(), torch.no_grad():
        y, heard = convolved(x, -1, "W", "b"), []
        for i, dilation in enumerate(dilations):
            a = CURVES[item["activation"]](convolved(y, i, "W_conv", "b_conv", item["filter_width"], dilation))
            heard.append(a)
            y = y + convolved(a, i, "W_out", "b_out")
        assert y.shape[1] == channels
        return convolved(torch.cat(heard, 1), layers, "W", "b")[0, :, quiet:].numpy()


def signal(channels=1, samples=600):
    return (0.4 * np.random.default_rng(9).standard_normal((channels, samples))).astype(np.float32)


def settled(model, audio):
    """What the torch net answers after the model's silence."""
    silence = model.spec.silence_before
    return answer(model, np.pad(audio, ((0, 0), (silence, 0))), np.zeros(0))[:, silence:]


@pytest.mark.parametrize("activation", CURVES)
@pytest.mark.parametrize("more", [{}, {"taps": 2, "dilations": [1, 3, 9, 27], "channels": 3}, {"as_text": False}])
def test_plays_as_pedalnet_does(activation, more, tmp_path):
    item = files.smart_amp(3, activation, **more)
    model, audio = load(files.write(tmp_path, item)), signal()
    expected = pedalnet(item, audio)
    assert np.abs(expected - expected.mean()).max() > 0.05
    assert settled(model, audio) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert NeuralEffect(model)(audio[0], 44100) == pytest.approx(expected[0], rel=1e-5, abs=1e-5)


def test_channels_in_and_out(tmp_path):
    item = files.smart_amp(3, inputs=2, outputs=3)
    model, audio = load(files.write(tmp_path, item)), signal(2)
    assert settled(model, audio) == pytest.approx(pedalnet(item, audio), abs=1e-6)


def test_what_the_file_says(tmp_path):
    model = load(files.write(tmp_path, files.smart_amp(1, level_adjust=12.0, gain_max=20)))
    assert (model.spec.sample_rate, model.spec.silence_before) == (44100.0, 1 + 2 * 11)
    assert model.metadata == {"level_adjust": 12.0, "gain_max": 20}


REFUSED = {
    "unknown activation": (lambda f, _: f.update(activation="swish"), "activation"),
    "no dilations": (lambda f, _: f.update(dilations=[]), "dilations"),
    "one dilation too many": (lambda f, _: f["dilations"].append(1), "variables"),
    "one dilation too few": (lambda f, _: f["dilations"].pop(), "variables.10.name"),
    "other width": (lambda f, _: f.update(residual_channels=5), "variables"),
    "other taps": (lambda f, _: f.update(filter_width=4), "variables.2.data"),
    "a variable missing": (lambda _, v: v.pop(3), "variables"),
    "a variable twice": (lambda _, v: v.append(v[3]), "variables.16"),
    "unknown variable": (lambda _, v: v[3].update(name="b_skip"), "variables.3.name"),
    "layer out of range": (lambda _, v: v[3].update(layer_idx=7), "variables.3.layer_idx"),
    "a weight missing": (lambda _, v: v[2]["data"].pop(), "variables.2.data"),
    "no number": (lambda _, v: v[2]["data"].__setitem__(1, "a lot"), "variables.2.data"),
    "no finite number": (lambda _, v: v[2]["data"].__setitem__(1, "inf"), "variables.2.data"),
    "beyond float32 with the input's bias": (
        lambda _, v: (v[1]["data"].__setitem__(0, "3e38"), v[2]["data"].__setitem__(0, "3e38")), "variables.3.data"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_named(name, tmp_path):
    change, field = REFUSED[name]
    item = files.smart_amp(2)
    change(item, item["variables"])
    path = files.write(tmp_path, item)
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {field}")


def test_smart_amp_pro_is_refused_by_name(tmp_path):
    item = {"conv1d": {}, "conv1d_1": {}, "lstm": {}, "dense": {}, "input_size": 150}
    with pytest.raises(ModelFileError, match="SmartAmpPro"):
        load(files.write(tmp_path, item))
