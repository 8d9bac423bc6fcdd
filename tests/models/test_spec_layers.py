"""The layers of a spec: what does not fit is refused by name, counts are what the formulas need."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from wetdry.models import ModelSpec, Parameter
from wetdry.models.errors import InvalidValue

sys.path.insert(0, str(Path(__file__).parent))
import by_hand

KNOBS = [Parameter("drive").to_dict(), Parameter("tone").to_dict()]
GAIN = {"kind": "Gain", "level_db": 0.0}
KNOB_INPUTS = {"kind": "KnobInputs", "knobs": 2}
DENSE_4 = {"kind": "Dense", "channels": 4}


def spec(*layers, **fields):
    return ModelSpec(**{"sample_rate": 48000.0, "layers": list(layers)} | fields)


def wavenet(*arrays, **fields):
    plain = {"channels": 4, "dilations": [1, 2], "film": False}
    return {"kind": "WaveNet", "arrays": [plain | array for array in arrays], **fields}


def residual(*body, shortcut=()):
    return {"kind": "Residual", "body": list(body), "shortcut": list(shortcut)}


def nested(depth):
    layer = GAIN
    for _ in range(depth):
        layer = residual(layer)
    return layer


@pytest.mark.parametrize(("layers", "message"), [
    ([DENSE_4, {"kind": "Conv1d", "channels": 6, "groups": 3}], "ModelSpec.layers.1.groups: 3 groups do not divide 4 inputs"),
    ([{"kind": "Conv1d", "channels": 2, "dilation": 0}], "dilation"),
    ([DENSE_4, {"kind": "Conv2d", "features": 3, "filters": 1, "kernel_size": [1, 1]}], "layers.1.features: 3 features do not"),
    ([DENSE_4, {"kind": "Conv2d", "features": 4, "filters": 1, "kernel_size": [1, 5]}], "layers.1.kernel_size: 5 taps over 4"),
    ([DENSE_4, {"kind": "Conv2d", "features": 4, "filters": 600, "kernel_size": [1, 1]}], "layers.1.filters: .* above 1024"),
    ([DENSE_4, {"kind": "Activation", "name": "prelu", "slopes": 3}], "layers.1.slopes: 3 slopes for 4 channels"),
    ([DENSE_4, {"kind": "BatchNorm", "channels": 3}], "layers.1.channels: 3 do not divide 4"),
    ([{"kind": "BatchNorm", "epsilon": 0.0}], "epsilon"),
    ([residual(DENSE_4)], "layers.0.body: 4 channels, 1 beside it"),
    ([residual(DENSE_4, shortcut=[{"kind": "Dense", "channels": 5}])], "layers.0.body: 4 channels, 5 beside it"),
    ([residual(GAIN, {"kind": "Conv1d", "channels": 2, "groups": 2})], "layers.0.body.1.groups: 2 groups do not divide 1 in"),
    ([residual(GAIN, shortcut=[{"kind": "Conv1d", "channels": 2, "groups": 2}])], "layers.0.shortcut.0.groups"),
    ([residual(DENSE_4) | {"kind": "Multiply"}], "layers.0.body: 4 channels, 1 beside it"),
    ([residual()], "body"), ([nested(100)], "64 deep"), ([nested(2000)], "64 deep"),
    ([{"kind": "FiLM"}], "film needs knobs"),
    ([{"kind": "Gain", "level_db": float("nan")}], "level_db"), ([{"kind": "LSTM", "hidden": 8, "layers": 2}], "layers"),
    ([wavenet({}, {})], "layers.0.arrays.0.head_channels: 1, the next array sums 4"),
    ([GAIN, wavenet({"groups": 3})], "layers.1.arrays.0.groups: 3 groups do not divide 4 inputs"),
    ([wavenet({"head_channels": 4}, {"kernel_size": [3]})], "layers.0.arrays.1.kernel_size: 1 entries for 2 dilations"),
    ([wavenet({"activation": ["tanh"]})], "arrays.0.activation: 1 entries"),
    ([wavenet({"residual": False, "bottleneck": 2})], "arrays.0.bottleneck"),
    ([wavenet({"mixin_groups": 2})], "arrays.0.mixin_groups: 2 groups do not divide 1 inputs"),
    ([wavenet({"residual_groups": 3})], "arrays.0.residual_groups"),
    ([wavenet({"head_projection": 3, "head_projection_groups": 2})], "arrays.0.head_projection_groups"),
    ([wavenet({"signal_films": [{"slot": "conv_pre"}] * 2})], "arrays.0.signal_films: a slot is filled twice"),
    ([wavenet({"signal_films": [{"slot": "head1x1_post"}]})], "arrays.0.signal_films: .* not there"),
    ([wavenet({"signal_films": [{"slot": "layer1x1_post"}], "residual": False})], "arrays.0.signal_films: .* not there"),
    ([wavenet({"signal_films": [{"slot": "conv_pre", "groups": 2}]})], "arrays.0.signal_films.groups"),
    ([wavenet({}, condition=[{"kind": "Conv1d", "channels": 2, "groups": 2}])], "layers.0.condition.0.groups"),
    ([wavenet({"activation": {"name": "prelu", "slopes": 3}})], "arrays.0.slopes: 3 slopes for 4"),
])  # fmt: skip
def test_layers_that_do_not_fit_are_named(layers, message):
    with pytest.raises(InvalidValue, match=message) as raised:
        spec(*layers)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 300


@pytest.mark.parametrize(("layers", "fields", "message"), [
    ([GAIN], {"knobs": KNOBS}, "no layer reads them"),
    ([KNOB_INPUTS], {"knobs": KNOBS[:1]}, "takes 2 knobs, the model has 1"),
    ([KNOB_INPUTS, {"kind": "KnobInputs", "knobs": 1}], {"knobs": KNOBS}, "takes 1 knobs, the model has 2"),
    ([residual(KNOB_INPUTS | {"knobs": 1}, DENSE_4 | {"channels": 1}), KNOB_INPUTS], {"knobs": KNOBS}, "takes 1 knobs"),
    ([wavenet({}, condition=[{"kind": "KnobInputs", "knobs": 1}]), KNOB_INPUTS], {"knobs": KNOBS}, "takes 1 knobs"),
    ([KNOB_INPUTS], {"knobs": KNOBS, "conditioning": {}}, "conditioning: needed exactly where"),
    ([{"kind": "FiLM"}], {"knobs": KNOBS}, "conditioning: needed exactly where"),
    ([residual({"kind": "FiLM"})], {"knobs": KNOBS}, "conditioning: needed exactly where"),
    ([GAIN], {"prewarm_samples": -1}, "prewarm_samples"), ([GAIN], {"input_channels": 0}, "input_channels"),
])  # fmt: skip
def test_knobs_that_do_not_fit_are_named(layers, fields, message):
    with pytest.raises(InvalidValue, match=message):
        spec(*layers, **fields)


COUNTED = {  # layers, receptive field, multiply-adds a sample
    "convolutions": ([{"kind": "Conv1d", "channels": 6, "kernel_size": 3, "dilation": 4},
                      {"kind": "Conv1d", "channels": 6, "kernel_size": 2, "groups": 3}, DENSE_4], 10, 18 + 24 + 24),
    "features": ([{"kind": "Dense", "channels": 10}, {"kind": "Conv2d", "features": 5, "filters": 3, "kernel_size": [2, 3],
                                                      "dilation": 3, "stride": 2, "padding": "same"}], 4, 10 + 3 * 3 * 2 * 6),
    "pooled": ([{"kind": "MaxPool", "kernel_size": 5}, {"kind": "BatchNorm"}, GAIN], 5, 0),
    "beside": ([residual({"kind": "Conv1d", "channels": 2, "kernel_size": 3}, shortcut=[
        {"kind": "Conv1d", "channels": 2, "kernel_size": 9}])], 9, 6 + 18),
    "times": ([{"kind": "Multiply", "body": [{"kind": "Conv1d", "channels": 1, "kernel_size": 7}], "shortcut": []}], 7, 7),
    "wavenet": ([wavenet({"kernel_size": [3, 2], "gating": ["none", "gated"], "bottleneck": 2, "head_kernel_size": 3,
                          "head_dilation": 2, "groups": 2, "signal_films": [{"slot": "conv_post", "shift": False}]})],
                1 + 2 + 2 + 4, 4 + (2 * 2 * 3 + 2 + 8 + 2) + (4 * 2 * 2 + 4 + 8 + 4) + 2 * 3),
    "condition": ([wavenet({}, condition=[{"kind": "Conv1d", "channels": 2, "kernel_size": 6}])],
                  1 + 5 + 2 + 4, 12 + 4 + 2 * (48 + 8 + 16) + 4),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_receptive_field_and_multiply_adds(name):
    layers, receptive_field, multiply_adds = COUNTED[name]
    net = spec(*layers)
    assert (net.receptive_field, net.multiply_adds) == (receptive_field, multiply_adds)
    random = np.random.default_rng(0)
    weights = {n: random.normal(0, 0.5, shape) for n, shape in net.weight_shapes.items()}
    weights |= {n: np.abs(value) for n, value in weights.items() if n.endswith("variance")}
    audio = random.uniform(0.5, 1, (1, 60))
    other = audio.copy()
    other[0, 20] += 1
    changed = np.flatnonzero((by_hand.play(net, weights, audio) != by_hand.play(net, weights, other)).any(0))
    assert changed[0] == 20
    assert changed[-1] < 20 + receptive_field
    if name not in ("pooled", "condition"):  # the largest of five may not notice; a condition does not pass every layer
        assert changed[-1] == 19 + receptive_field


def test_every_layer_is_plain_json_data():
    layers = [DENSE_4, *(layer for layers, *_ in COUNTED.values() for layer in layers), {"kind": "Activation", "name": "elu"},
              {"kind": "LSTM", "hidden": 3, "initial_state": True}, {"kind": "GRU", "hidden": 5, "activation": "fast"},
              {"kind": "Dense", "channels": 1}, KNOB_INPUTS, {"kind": "FiLM"}]  # fmt: skip
    layers = [layer for layer in layers if layer["kind"] not in ("Residual", "Multiply")]
    whole = spec(*layers, knobs=KNOBS, conditioning={"activation": "relu"}, prewarm_samples=24_000)
    assert ModelSpec(**json.loads(json.dumps(whole.to_dict()))) == whole
