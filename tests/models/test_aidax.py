"""The AIDA-X reader: gains and skip where the plugin has them, knobs for further inputs, and the file's own test."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import foreign_files as files
from foreign_players import aidax
from random_specs import answer

from wetdry import NeuralEffect
from wetdry.models import load
from wetdry.models.errors import ModelFileError
from wetdry.models.spec import Gain

RATE = 44100


def signal(samples=500):
    return (0.4 * np.random.default_rng(9).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("kind", [files.lstm, files.gru])
@pytest.mark.parametrize("more", [{}, {"in_skip": 1}, {"in_gain": 6.0}, {"out_gain": -3.0},
                                  {"in_skip": 1, "in_gain": -4.5, "out_gain": 2.0}])  # fmt: skip
@pytest.mark.parametrize("knobs", [(), (0.3,), (0.8, 0.25)])
def test_plays_as_the_plugin_does(kind, more, knobs, tmp_path):
    item = files.aidax(4, kind, inputs=1 + len(knobs), **more)
    model = load(files.write(tmp_path, item))
    audio = signal()
    assert answer(model, audio[None], np.array(knobs))[0] == pytest.approx(aidax(item, audio, *knobs), abs=1e-6)
    names = [f"PARAM{i + 1}" for i in range(len(knobs))]
    assert [knob.name for knob in model.spec.knobs] == names
    effect = NeuralEffect(model, **dict(zip(names, knobs, strict=True)))
    silence = np.zeros(model.spec.silence_before)
    expected = aidax(item, np.concatenate([silence, audio]), *knobs)[len(silence) :]
    assert len(silence) == 2048
    assert effect(audio, RATE) == pytest.approx(expected, abs=2e-5)


def test_what_the_file_says(tmp_path):
    model = load(files.write(tmp_path, files.aidax(1)))
    assert model.spec.sample_rate == 44100.0  # written as a text, as the exporter does
    assert load(files.write(tmp_path, files.aidax(1, in_gain=3.0))).metadata == {"name": "a test"}
    assert load(files.write(tmp_path, files.aidax(1, metadata=None))).spec.sample_rate == 48000.0
    older = files.aidax(1, metadata=None, samplerate=96000, author="me")
    assert load(files.write(tmp_path, older)).spec.sample_rate == 96000.0
    assert load(files.write(tmp_path, older)).metadata == {"author": "me"}


def test_a_gain_at_the_bottom_is_silence(tmp_path):
    model = load(files.write(tmp_path, files.aidax(1, out_gain=-90.0)))
    assert model.spec.layers[-1] == Gain(level_db=-200.0)


# The file's own test


def test_the_self_test_is_played_without_gains_and_with_knobs_at_zero(tmp_path):
    load(files.write(tmp_path, files.aidax(2, inputs=3, in_skip=1, in_gain=12.0, out_gain=-12.0)))


@pytest.mark.parametrize(("change", "words"), [
    (lambda f: f["output_batch"].__setitem__(100, f["output_batch"][100] + 3e-4), "sample 100 differs by 0.0003"),
    (lambda f: f["layers"][0]["weights"][1][0].__setitem__(0, 0.7), "differs by"),
    (lambda f: f.update(in_skip=1), "differs by"),
    (lambda f: f["output_batch"].pop(), "299 entries where 300 are needed"),
    (lambda f: f.pop("output_batch"), "missing"),
    (lambda f: f.update(input_batch=[], output_batch=[]), "needs samples"),
])  # fmt: skip
def test_a_file_that_fails_its_own_test_is_refused(change, words, tmp_path):
    item = files.aidax(2)
    change(item)
    path = files.write(tmp_path, item)
    with pytest.raises(ModelFileError, match=words) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: output_batch")


def test_rounding_that_a_steep_net_makes_large_is_no_failure(tmp_path):
    from wetdry.models.formats import self_test

    item = files.aidax(7, hidden=24, input_batch=None, output_batch=None)
    item["layers"][0]["weights"] = files.lstm(np.random.default_rng(7), 1, 24)["weights"]
    item["layers"][0]["weights"][1] = files.numbers(np.random.default_rng(8), 24, 96, scale=6.0)  # it all but wanders
    model = load(files.write(tmp_path, item))
    x = signal(1000)
    fine = self_test.play(model.spec, model.weights, x[None].astype(np.float64))[0]
    rendered = answer(model, x[None], np.zeros(0), _float32())[0]
    assert np.abs(fine - rendered).max() > 1e-5
    load(files.write(tmp_path, item | {"input_batch": x.tolist(), "output_batch": rendered.tolist()}))


def _float32():
    import torch

    return torch.float32


@pytest.mark.parametrize(("more", "field"), [
    ({"in_skip": 2}, "in_skip"), ({"in_skip": True}, "in_skip"), ({"in_gain": "6"}, "in_gain"), ({"out_gain": 1e9}, "out_gain"),
    ({"metadata": []}, "metadata"), ({"metadata": {"samplerate": "fast"}}, "metadata.samplerate"),
    ({"metadata": {"samplerate": "nan"}}, "metadata.samplerate"), ({"metadata": {"samplerate": 0}}, "metadata.samplerate"),
    ({"in_shape": [None, None, 4]}, "layers.0.weights.0"),
])  # fmt: skip
def test_what_does_not_fit_is_named(more, field, tmp_path):
    path = files.write(tmp_path, files.aidax(1) | more)
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {field}: ")


def test_four_inputs_are_too_many(tmp_path):
    path = files.write(tmp_path, files.aidax(1, inputs=4, input_batch=None, output_batch=None))
    with pytest.raises(ModelFileError, match="in_shape: 4 inputs; 1 to 3"):
        load(path)
