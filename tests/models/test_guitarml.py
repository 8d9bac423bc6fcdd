"""The GuitarML reader: torch's own LSTM and GRU, with skip and knobs, are what it plays."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import foreign_files as files
from foreign_players import guitarml
from random_specs import answer

from wetdry import NeuralEffect
from wetdry.models import load
from wetdry.models.errors import ModelFileError

RATE = 44100


def signal(samples=400):
    return (0.4 * np.random.default_rng(9).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("knobs", [(), (0.3,), (0.8, 0.25)])
def test_plays_as_torch_does(kind, skip, layers, knobs, tmp_path):
    item = files.guitarml(6, kind, 1 + len(knobs), layers=layers, skip=skip, sample_rate=8000)
    model = load(files.write(tmp_path, item))
    audio = signal()
    assert answer(model, audio[None], np.array(knobs)) == pytest.approx(guitarml(item, audio, *knobs), abs=1e-9)
    names = ("drive", "tone")[: len(knobs)]
    assert tuple(knob.name for knob in model.spec.knobs) == names
    silence = np.zeros(4000)  # half a second
    expected = guitarml(item, np.concatenate([silence, audio]), *knobs)[0, len(silence) :]
    effect = NeuralEffect(model, **dict(zip(names, knobs, strict=True)))
    assert effect(audio, 8000) == pytest.approx(expected, abs=2e-5)


def test_several_outputs(tmp_path):
    item = files.guitarml(6, outputs=2, skip=0)
    assert answer(load(files.write(tmp_path, item)), signal()[None], np.zeros(0)) == pytest.approx(
        guitarml(item, signal()), abs=1e-9
    )


def test_without_biases(tmp_path):
    item = files.guitarml(6, bias=False, layers=2)
    item["state_dict"] = {name: value for name, value in item["state_dict"].items() if "bias" not in name}
    assert answer(load(files.write(tmp_path, item)), signal()[None], np.zeros(0)) == pytest.approx(
        guitarml(item, signal()), abs=1e-9
    )


def test_rate_and_knobs_at_rest(tmp_path):
    model = load(files.write(tmp_path, files.guitarml(1, inputs=3) | {"author": "me"}))
    assert (model.spec.sample_rate, model.spec.silence_before) == (44100.0, 22050)
    assert [(k.default, k.minimum, k.maximum) for k in model.spec.knobs] == [(0.5, 0.0, 1.0)] * 2
    assert model.metadata == {"author": "me"}
    model = load(files.write(tmp_path, files.guitarml(1, sample_rate=48000)))
    assert (model.spec.sample_rate, model.spec.silence_before) == (48000.0, 24000)


REFUSED = {
    "another net": (lambda m, _: m.update(model="GatedConvNet"), "model_data.model"),
    "another unit": (lambda m, _: m.update(unit_type="RNN"), "model_data.unit_type"),
    "four inputs": (lambda m, _: m.update(input_size=4), "model_data.input_size"),
    "more inputs than weights": (lambda m, _: m.update(input_size=2), "state_dict.rec.weight_ih_l0"),
    "skip of two": (lambda m, _: m.update(skip=2), "model_data.skip"),
    "skip with two outputs": (lambda m, _: m.update(output_size=2), "model_data.output_size"),
    "another width": (lambda m, _: m.update(hidden_size=7), "state_dict.rec.weight_ih_l0"),
    "a fraction of a width": (lambda m, _: m.update(hidden_size=7.5), "model_data.hidden_size"),
    "more layers than weights": (lambda m, _: m.update(num_layers=2), "state_dict.rec.weight_ih_l1"),
    "fewer layers than weights": (lambda _, s: s.update({"rec.weight_ih_l1": [[1.0]]}), "state_dict.rec.weight_ih_l1"),
    "one bias of two": (lambda _, s: s.pop("rec.bias_hh_l0"), "state_dict.rec.bias_hh_l0"),
    "no dense layer": (lambda _, s: s.pop("lin.weight"), "state_dict.lin.weight"),
    "rows of two lengths": (lambda _, s: s["rec.weight_hh_l0"][3].pop(), "state_dict.rec.weight_hh_l0"),
    "no number": (lambda _, s: s["lin.bias"].__setitem__(0, None), "state_dict.lin.bias"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_named(name, tmp_path):
    change, field = REFUSED[name]
    item = files.guitarml(2)
    change(item["model_data"], item["state_dict"])
    path = files.write(tmp_path, item)
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {field}")


@pytest.mark.parametrize("key", ["model_data", "state_dict"])
def test_half_a_file(key, tmp_path):
    item = files.guitarml(2)
    del item[key]
    with pytest.raises(ModelFileError):
        load(files.write(tmp_path, item))
