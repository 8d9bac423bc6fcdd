"""The RTNeural reader: every layer plays as Keras' own layout says, and as RTNeural's vectors sound."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import foreign_files as files
import keras_reference
from random_specs import answer

from wetdry import NeuralEffect
from wetdry.models import Model, ModelSpec, load, weights_from_state_dict
from wetdry.models.errors import ModelFileError
from wetdry.models.formats import self_test
from wetdry.models.spec import LSTM, Conv1d, Dense

RATE = 48000
r = np.random.default_rng(5)  # drawn from once, here: the files of this table are the same in every run
LAYERS = {
    "dense": [files.dense(r, 1, 3, activation="tanh"), files.dense(r, 3, 2, bias=False, activation="sigmoid")],
    "time-distributed-dense": [files.dense(r, 1, 3, activation="relu") | {"type": "time-distributed-dense"}],
    "no activation key": [{k: v for k, v in files.dense(r, 1, 3).items() if k != "activation"}],
    "softmax": [files.dense(r, 1, 4, activation="softmax")],
    "elu": [files.dense(r, 1, 4), files.curve("elu", 4)],
    "conv1d": [files.conv1d(r, 1, 4, taps=5, dilation=7, activation="tanh")],
    "conv1d, groups": [files.dense(r, 1, 6), files.conv1d(r, 6, 4, groups=2, dilation=2), files.conv1d(r, 4, 4, groups=4)],
    "conv1d, no bias": [files.conv1d(r, 1, 3, bias=False)],
    "conv1d, numbers for lists": [files.conv1d(r, 1, 3, strides=1, padding="causal") | {"kernel_size": [3, 3][-1:]}],
    "conv2d": [files.dense(r, 1, 14), files.conv2d(r, 7, 2, 3, 3, 2, dilation=4, activation="relu")],
    "conv2d, strided": [files.dense(r, 1, 14), files.conv2d(r, 7, 2, 3, 2, 3, stride=2)],
    "conv2d, same": [files.dense(r, 1, 16), files.conv2d(r, 8, 2, 3, 2, 4, stride=3, padding="same")],
    "conv2d, same, odd": [files.dense(r, 1, 7), files.conv2d(r, 7, 1, 2, 2, 4, padding="same")],
    "batchnorm": [files.dense(r, 1, 4), files.batchnorm(r, 4), files.batchnorm(r, 4, affine=False, epsilon=5.0)],
    "batchnorm2d": [files.dense(r, 1, 6), files.batchnorm(r, 3, kind="batchnorm2d", num_filters_in=3, num_features_in=2)
                    | {"shape": [None, None, 2, 3]}],
    "prelu": [files.dense(r, 1, 4), files.prelu(r, 4), files.dense(r, 4, 4), files.prelu(r, 4, slopes=1)],
    "maxpool1d": [files.dense(r, 1, 3), files.keras_layer("maxpool1d", 3, [], pool_size=4)],
    "lstm": [files.lstm(r, 1, 5, activation="tanh"), files.lstm(r, 5, 3, bias=False)],
    "gru": [files.gru(r, 1, 5, activation="tanh"), files.gru(r, 5, 3, bias=False)],
}  # fmt: skip


def audio_for(model, samples=300):
    return (0.5 * np.random.default_rng(1).standard_normal((model.spec.input_channels, samples))).astype(np.float32)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_plays_as_keras_lays_it_out(name, tmp_path):
    item = files.rtneural(LAYERS[name])
    model = load(files.write(tmp_path, item))
    audio = audio_for(model)
    expected = keras_reference.play(item, audio.T).T
    assert np.abs(expected).max() > 0.05
    assert answer(model, audio, np.zeros(0)) == pytest.approx(expected, abs=1e-6)
    assert self_test.play(model.spec, model.weights, audio.astype(np.float64)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_the_runtime_plays_the_same(name, tmp_path):
    item = files.rtneural([*LAYERS[name], files.dense(np.random.default_rng(2), LAYERS[name][-1]["shape"][-1], 1)])
    if name.startswith(("conv2d", "batchnorm2d")):
        channels = np.prod(LAYERS[name][-1]["shape"][2:])
        item["layers"][-1] = files.dense(np.random.default_rng(2), int(channels), 1)
    model = load(files.write(tmp_path, item))
    audio = audio_for(model)
    expected = keras_reference.play(item, audio.T)[:, 0]
    assert NeuralEffect(model)(audio[0], RATE) == pytest.approx(expected, abs=1e-5)


def test_channels_in_and_out(tmp_path):
    item = files.rtneural([files.gru(r, 3, 4), files.dense(r, 4, 2)], inputs=3)
    model = load(files.write(tmp_path, item))
    assert (model.spec.input_channels, model.spec.output_channels) == (3, 2)
    audio = audio_for(model)
    expected = keras_reference.play(item, audio.T).T
    assert answer(model, audio, np.zeros(0)) == pytest.approx(expected, abs=1e-6)
    assert NeuralEffect(model)(audio, RATE) == pytest.approx(expected, abs=1e-5)


# The vectors


def vector(shared, name):
    folder = shared / "vectors" / "rtneural"
    x, y = np.loadtxt(folder / f"{name}_x.csv", dtype=np.float32), np.loadtxt(folder / f"{name}_y.csv", delimiter=",")
    return folder / f"{name}.json", x, y


def by_hand(path, *layers):
    spec = ModelSpec(sample_rate=float(RATE), layers=layers, prewarm_samples=0)
    return Model(spec, weights_from_state_dict(spec, json.loads(path.read_text())))


@pytest.mark.parametrize("block", [1, 64, 997, 4096])
@pytest.mark.parametrize("name", ["dense", "conv", "gru", "gru_1d", "lstm"])
def test_vectors(name, block, shared):
    path, x, y = vector(shared, name)
    model = load(path)
    assert NeuralEffect(model).process(x, RATE, buffer_size=block) == pytest.approx(y, abs=1e-5)


@pytest.mark.parametrize("block", [1, 64, 997, 4096])
def test_vector_of_a_stacked_torch_lstm(block, shared):
    path, x, y = vector(shared, "lstm_torch")
    model = by_hand(path, LSTM(hidden=8), LSTM(hidden=8), LSTM(hidden=8), LSTM(hidden=8), Dense(channels=1))
    assert NeuralEffect(model).process(x, RATE, buffer_size=block) == pytest.approx(y, abs=1e-5)


@pytest.mark.parametrize("block", [1, 64, 997, 4096])
def test_vector_of_a_torch_convolution(block, shared):
    path, x, y = vector(shared, "conv1d_torch")
    model = by_hand(path, Conv1d(channels=12, kernel_size=5))
    got = NeuralEffect(model).process(x, RATE, buffer_size=block)
    assert got.shape == (12, 1000)
    assert got[:, 4:] == pytest.approx(y, abs=1e-5)  # torch did not pad: its first answer is that to the fifth sample


# What is refused, and what the file says besides


def edited(change):
    item = files.FILES["RTNeural"](3)
    change(item, item["layers"])
    return item


REFUSED = {
    "no layers": (lambda f, _: f.update(layers=[]), "layers"),
    "no shape": (lambda f, _: f.pop("in_shape"), "content"),
    "shape of no channels": (lambda f, _: f.update(in_shape=[None, None, None]), "in_shape"),
    "channels by the million": (lambda f, _: f.update(in_shape=[None, 1, 1024, 1024]), "in_shape"),
    "unknown type": (lambda _, x: x[0].update(type="convlstm2d"), "layers.0.type"),
    "no type": (lambda _, x: x[0].pop("type"), "layers.0.type"),
    "unknown activation": (lambda _, x: x[0].update(activation="swish"), "layers.0.activation"),
    "activation where none is played": (lambda _, x: x[2].update(activation="relu"), "layers.2.activation"),
    "wider shape than weights": (lambda _, x: x[0].update(shape=[None, None, 7]), "layers.0.weights.0"),
    "weights of another width": (lambda _, x: x[1]["weights"][0][0].pop(), "layers.1.weights.0"),
    "a row missing": (lambda _, x: x[1]["weights"][0].pop(), "layers.1.weights.0"),
    "no bias row": (lambda _, x: x[0]["weights"].append([1.0]), "layers.0.weights"),
    "text among weights": (lambda _, x: x[0]["weights"][1].__setitem__(2, "0.5"), "layers.0.weights.1"),
    "too large for float32": (lambda _, x: x[0]["weights"][1].__setitem__(2, 1e39), "layers.0.weights.1"),
    "stride": (lambda _, x: x[1].update(strides=[2]), "layers.1.strides"),
    "padding": (lambda _, x: x[1].update(padding="same"), "layers.1.padding"),
    "groups that do not divide": (lambda _, x: x[1].update(groups=4), "layers.1.groups"),
    "dilation beyond all": (lambda _, x: x[1].update(dilation=[10**9]), "layers.1.dilation"),
    "gain without offset": (lambda _, x: x[2]["weights"].pop(0), "layers.2.weights"),
    "no epsilon": (lambda _, x: x[2].pop("epsilon"), "layers.2.epsilon"),
    "slopes": (lambda _, x: x[3]["weights"][0][0].pop(), "layers.3.weights.0"),
    "pooling of nothing": (lambda _, x: x[4].update(pool_size=0), "layers.4.pool_size"),
    "pooling that changes the width": (lambda _, x: x[4].update(shape=[None, None, 5]), "layers.4.shape"),
    "reset before": (lambda _, x: x[5]["weights"].__setitem__(2, x[5]["weights"][2][0]), "layers.5.weights.2"),
    "lstm of another width": (lambda _, x: x[6].update(shape=[None, None, 2]), "layers.6.weights.0"),
    "receptive field": (lambda _, x: x[1].update(dilation=[1_999_999]), "ModelSpec.layers"),
}


def test_the_file_that_is_broken_below_is_whole(tmp_path):
    item = files.FILES["RTNeural"](3)
    model = load(files.write(tmp_path, item))
    audio = audio_for(model)
    assert answer(model, audio, np.zeros(0)) == pytest.approx(keras_reference.play(item, audio.T).T, abs=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_named(name, tmp_path):
    change, field = REFUSED[name]
    path = files.write(tmp_path, edited(change))
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}: {field}")
    assert "\n" not in str(error.value)


def test_a_state_dict_alone_is_told_where_to_go(tmp_path):
    with pytest.raises(ModelFileError, match="weights_from_state_dict"):
        load(files.write(tmp_path, {"conv.weight": [[[1.0]]], "conv.bias": [0.0]}))


@pytest.mark.parametrize(("more", "rate"), [({}, 48000.0), ({"sample_rate": 44100}, 44100.0)])
def test_rate_and_start(more, rate, tmp_path):
    model = load(files.write(tmp_path, files.rtneural(LAYERS["gru"], author="me", esr=0.01) | more))
    assert (model.spec.sample_rate, model.spec.silence_before) == (rate, 0)
    assert model.metadata == {"author": "me", "esr": 0.01}
