"""The writers of RTNeural, AIDA-X and GuitarML JSON: what they write is what was read, and other programs play the same."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
import foreign_files as files
import foreign_players
import keras_reference
from drawn_models import RATE, made, skipped, written
from random_specs import LAYERS, Draw, answer, drawn_weights, positions, signal

from wetdry import NeuralEffect
from wetdry.models import Model, ModelSpec, load
from wetdry.models.errors import CannotHold, ModelFileError
from wetdry.models.spec import (
    GRU,
    LSTM,
    Conditioning,
    Conv1d,
    Conv2d,
    Dense,
    FiLM,
    Gain,
    KnobInputs,
    run_outputs,
)

WRITTEN_AS = {"RTNeural": "rtneural", "AIDA-X": "aidax", "GuitarML": "guitarml"}


# Round trips


def rtneural_layers(seed):
    item = files.FILES["RTNeural"](seed)
    return item | {"layers": [layer for layer in item["layers"] if layer["type"] != "maxpool1d"]}


WHOLE = {
    **{name: make for name, make in files.FILES.items() if name.partition(",")[0] in WRITTEN_AS},
    "RTNeural": rtneural_layers,
    "RTNeural, what it says": lambda seed: rtneural_layers(seed) | {"sample_rate": 96000, "author": "me", "esr": 0.01},
    "RTNeural, three channels in": lambda seed: files.rtneural([files.gru(np.random.default_rng(seed), 3, 4)], inputs=3),
    "RTNeural, two dimensions": lambda seed: files.rtneural([
        files.dense(np.random.default_rng(seed), 1, 14), files.conv2d(np.random.default_rng(seed), 7, 2, 3, 3, 2, dilation=4),
        files.batchnorm(np.random.default_rng(seed), 3, kind="batchnorm2d", num_filters_in=3, num_features_in=6)
        | {"shape": [None, None, 6, 3]}]),
    "AIDA-X, an older file": lambda seed: files.aidax(seed, metadata=None, samplerate=96000, author={"name": "me"}),
    "AIDA-X, silent": lambda seed: files.aidax(seed, out_gain=-95.0, input_batch=None, output_batch=None),
    "GuitarML, two outputs without bias": lambda seed: files.guitarml(seed, outputs=2, skip=0, bias=False, sample_rate=96000),
    "GuitarML, what it says": lambda seed: files.guitarml(seed) | {"author": "me", "metadata": {"a": [1, {"b": 2}]}},
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_read_written_read(name, tmp_path):
    model = load(files.write(tmp_path, WHOLE[name](11)))
    path, _ = written(model, tmp_path, WRITTEN_AS[name.partition(",")[0]])
    again = load(path)
    assert again.spec == model.spec
    assert again.metadata == model.metadata
    assert all(np.array_equal(again.weights[key], value) for key, value in model.weights.items())
    first = path.read_bytes()
    again.save(path, WRITTEN_AS[name.partition(",")[0]])
    assert path.read_bytes() == first


@pytest.mark.parametrize("name", ["dense", "conv", "gru", "gru_1d", "lstm"])
def test_vectors(name, shared, tmp_path):
    model = load(shared / "vectors" / "rtneural" / f"{name}.json")
    again = load(written(model, tmp_path, "rtneural")[0])
    assert again.spec == model.spec
    assert all(np.array_equal(again.weights[key], value) for key, value in model.weights.items())


# What other programs play


def drawn_row(seed):
    """Return a model of layers that RTNeural has, gains between them."""
    draw, layers = Draw([seed, 9]), []
    inputs = channels = draw.one(1, 1, 2, 3)
    for kind in draw.random.choice(["Activation", "BatchNorm", "Conv1d", "Conv2d", "Dense", "GRU", "LSTM", "Gain"], 5):
        curve = draw.curve(channels, ("tanh", "relu", "sigmoid", "softmax", "elu", "prelu", "leaky_relu"))
        drawn = LAYERS[str(kind)](draw, channels) if kind != "Activation" else [curve.model_copy(update={"alpha": 1.0})]
        plain = {"activation": "exact", "initial_state": False}
        if isinstance(drawn[-1], Conv2d) and drawn[-1].kernel_size[1] > drawn[-1].features + 1:
            continue  # which RTNeural does not survive
        layers += [x.model_copy(update=plain) if isinstance(x, LSTM | GRU) else x for x in drawn]
        channels = run_outputs(tuple(layers), inputs)[-1]
    return made(*layers, seed=seed, input_channels=inputs)


@pytest.mark.parametrize("seed", range(24))
def test_rtneural_plays_the_same(seed, tmp_path):
    model = drawn_row(seed)
    path, item = written(model, tmp_path, "rtneural")
    audio = signal(model.spec, 200, seed)
    expected = answer(model, audio, np.zeros(0))
    size = max(np.abs(expected).max(), 1.0)
    assert pytest.approx(expected, abs=2e-6 * size) == keras_reference.play(item, audio.T).T
    assert answer(load(path), audio, np.zeros(0)) == pytest.approx(expected, abs=2e-6 * size)
    assert load(path).spec.sample_rate == RATE


def test_rtneural_hears_knobs_as_channels(tmp_path):
    model = made(Gain(level_db=6.0), KnobInputs(knobs=2), GRU(hidden=5), Dense(channels=1), knobs=("drive", "tone"))
    path, item = written(model, tmp_path, "rtneural")
    audio, raw = signal(model.spec, 300), positions(model.spec)
    inputs = np.concatenate([audio, np.repeat(raw[:, None], 300, 1)])
    assert pytest.approx(answer(model, audio, raw), abs=1e-6) == keras_reference.play(item, inputs.T).T
    assert load(path).spec.input_channels == 3


ONE_ROW = {
    "plain": lambda *knobs: (*knobs, LSTM(hidden=8), Dense(channels=1)),
    "gru": lambda *knobs: (*knobs, GRU(hidden=16), Dense(channels=1, bias=False)),
    "a size between": lambda *knobs: (*knobs, LSTM(hidden=10), Dense(channels=1)),
    "a gru of a size between": lambda *knobs: (*knobs, GRU(hidden=3), Dense(channels=1)),
    "1x1 convolution": lambda *knobs: (*knobs, LSTM(hidden=8), Conv1d(channels=1)),
    "skip": lambda *knobs: (skipped(*knobs, LSTM(hidden=8), Dense(channels=1)),),
    "skip, knobs before it": lambda *knobs: (*knobs, skipped(GRU(hidden=8), Dense(channels=1))),
    "gains": lambda *knobs: (Gain(level_db=6.0), Gain(level_db=1.5), *knobs, LSTM(hidden=8), Dense(channels=1),
                             Gain(level_db=-4.0)),
    "gains in the skip": lambda *knobs: (skipped(Gain(level_db=6.0), *knobs, LSTM(hidden=8), Gain(level_db=-3.0),
                                                 Dense(channels=1), Gain(level_db=-4.0)),),
    "gains around the skip that cancel": lambda *knobs: (Gain(level_db=6.0), skipped(*knobs, LSTM(hidden=8), Dense(channels=1)),
                                                         Gain(level_db=-6.0)),
}  # fmt: skip


def one_row(name, knobs):
    names = ("a", "b")[:knobs]
    return made(*ONE_ROW[name](*([KnobInputs(knobs=knobs)] if knobs else [])), knobs=names)


@pytest.mark.parametrize("knobs", [0, 1, 2])
@pytest.mark.parametrize("name", ONE_ROW)
@pytest.mark.parametrize("format", ["aidax", "guitarml"])
def test_plugins_play_the_same(format, name, knobs, tmp_path):
    model = one_row(name, knobs)
    path, item = written(model, tmp_path, format)
    audio, raw = signal(model.spec, 300), positions(model.spec)
    expected = answer(model, audio, raw)[0]
    assert np.std(expected) > 0.01
    player = foreign_players.aidax if format == "aidax" else lambda *a: foreign_players.guitarml(*a)[0]
    assert player(item, audio[0], *raw) == pytest.approx(expected, abs=2e-6)
    again = load(path)  # which checks AIDA-X's self-test
    assert again.spec.sample_rate == RATE
    assert answer(again, audio, raw)[0] == pytest.approx(expected, abs=2e-6)


def test_aidax_keeps_gains_and_skip_as_they_are(tmp_path):
    body = skipped(KnobInputs(knobs=1), LSTM(hidden=8), Dense(channels=1))
    model = made(Gain(level_db=2.5), body, Gain(level_db=-7.25), knobs=("drive",), prewarm_samples=2048)
    path, item = written(model, tmp_path, "aidax")
    assert (item["in_skip"], item["in_gain"], item["out_gain"], item["metadata"]["samplerate"]) == (1, 2.5, -7.25, 44100)
    assert item["metadata"]["PARAM1"] == "drive, 0 to 1"
    assert load(path).spec.layers == model.spec.layers


def test_a_stack_in_guitarml(tmp_path):
    model = made(GRU(hidden=6), GRU(hidden=6), GRU(hidden=6), Dense(channels=2))
    _, item = written(model, tmp_path, "guitarml")
    audio = signal(model.spec, 300)
    assert foreign_players.guitarml(item, audio[0]) == pytest.approx(answer(model, audio, np.zeros(0)), abs=1e-6)


def test_a_baked_film_behind_the_state(tmp_path):
    model = made(LSTM(hidden=8), FiLM(), Dense(channels=1), knobs=("drive",), conditioning=Conditioning(hidden=(4,)))
    with pytest.raises(CannotHold, match=r"drive cannot be turned .* bake them first"):
        model.save(tmp_path / "clone.aidax")
    path = tmp_path / "baked.aidax"
    model.baked({"drive": 0.8}).save(path)
    audio = signal(model.spec, 300)
    assert answer(load(path), audio, np.zeros(0)) == pytest.approx(answer(model, audio, np.array([0.8])), abs=2e-6)


# AIDA-X's self-test


@pytest.mark.parametrize("name", ["a size between", "gains", "skip, knobs before it"])
def test_the_self_test_is_whole(name, tmp_path):
    _, item = written(one_row(name, 2), tmp_path, "aidax")
    x, y = np.array(item["input_batch"]), np.array(item["output_batch"])
    assert len(x) == 2048
    assert np.std(y) > 1e-4
    plain = item | {"in_gain": 0, "out_gain": 0}
    assert foreign_players.aidax(plain, x, 0, 0) == pytest.approx(y, abs=1e-6)
    item["output_batch"][50] += 2e-4
    with pytest.raises(ModelFileError, match="the file's own test fails: sample 50"):
        load(files.write(tmp_path, item))


def test_the_self_test_of_a_steep_net_holds_in_float32(tmp_path):
    model = made(LSTM(hidden=24), Dense(channels=1))
    model.weights["layers.0.weight_hh"] *= 3.0
    _, item = written(model, tmp_path, "aidax")
    x, y = np.array(item["input_batch"], np.float32), np.array(item["output_batch"])
    again = load(tmp_path / "aidax.json")
    assert np.abs(answer(again, x[None], np.zeros(0), torch.float32)[0] - y).max() < 1e-5  # what the plugin allows
    softer = x[None] / 3  # where it would not
    assert np.abs(answer(again, softer, np.zeros(0), torch.float32) - answer(again, softer, np.zeros(0))).max() > 1e-5


# Where a net starts


@pytest.mark.parametrize("name", ["lstm_1x10", "lstm_official"])
def test_a_nam_that_settles_becomes_an_aidax(name, shared, tmp_path):
    model = load(shared / "vectors" / "nam" / f"{name}.nam")
    model.save(tmp_path / "amp.aidax")
    audio = signal(model.spec, 3000)
    expected = NeuralEffect(model)(audio, model.spec.sample_rate)
    assert NeuralEffect(load(tmp_path / "amp.aidax"))(audio, model.spec.sample_rate) == pytest.approx(expected, abs=3e-5)


def test_a_first_state_that_would_be_heard_is_refused(tmp_path):
    spec = ModelSpec(sample_rate=8000.0, layers=(LSTM(hidden=8, initial_state=True), Dense(channels=1)))
    model = Model(spec, drawn_weights(spec, 0))
    model.save(tmp_path / "forgets.json", "guitarml")  # after half a second nothing of it is left
    bias = model.weights["layers.0.bias_ih"]
    bias[8:16] = 30.0  # the gate that keeps stays open, the one that lets in shut
    bias[:8] = -30.0
    for format in ("rtneural", "aidax", "guitarml"):
        with pytest.raises(CannotHold, match=r"initial_state: .* away from where it starts"):
            model.save(tmp_path / "keeps.json", format)
    assert not (tmp_path / "keeps.json").exists()
