"""Small files of every foreign JSON format but .nam, from a seed; `FILES` names them all.

item = FILES["GuitarML, two knobs"](seed)     plain JSON data
write(folder, item)                           the file's path
"""

import json

import keras_reference
import numpy as np


def write(folder, item, name="model.json"):
    path = folder / name
    path.write_text(item if isinstance(item, str) else json.dumps(item), "utf-8")
    return path


def numbers(rng, *shape, scale=0.5):
    """Return nested lists of numbers that are exact in float32."""
    return (scale * rng.standard_normal(shape)).astype(np.float32).tolist()


def keras_layer(kind, channels, weights, **more):
    return {"type": kind, "activation": "", "shape": [None, None, channels], "weights": weights, **more}


def dense(rng, inputs, outputs, bias=True, **more):
    return keras_layer("dense", outputs, [numbers(rng, inputs, outputs), numbers(rng, outputs)][: 1 + bias], **more)


def conv1d(rng, inputs, outputs, taps=3, dilation=1, groups=1, bias=True, **more):
    weights = [numbers(rng, taps, inputs // groups, outputs), numbers(rng, outputs)][: 1 + bias]
    return keras_layer("conv1d", outputs, weights, kernel_size=[taps], dilation=[dilation], groups=groups, **more)


def conv2d(rng, features, filters_in, filters, taps, width, dilation=1, stride=1, padding="valid", **more):
    spare = features if padding == "same" else features - width + 1
    shape = [None, None, -(-spare // stride), filters]
    weights = [numbers(rng, taps, width, filters_in, filters), numbers(rng, filters)]
    return keras_layer("conv2d", 0, weights, kernel_size_time=taps, kernel_size_feature=width, dilation=dilation,
                       strides=stride, num_filters_in=filters_in, num_features_in=features, num_filters_out=filters,
                       padding=padding) | {"shape": shape} | more  # fmt: skip


def lstm(rng, inputs, hidden, bias=True, **more):
    weights = [numbers(rng, inputs, 4 * hidden), numbers(rng, hidden, 4 * hidden), numbers(rng, 4 * hidden)]
    return keras_layer("lstm", hidden, weights[: 2 + bias], **more)


def gru(rng, inputs, hidden, bias=True, **more):
    weights = [numbers(rng, inputs, 3 * hidden), numbers(rng, hidden, 3 * hidden), numbers(rng, 2, 3 * hidden)]
    return keras_layer("gru", hidden, weights[: 2 + bias], **more)


def batchnorm(rng, channels, affine=True, kind="batchnorm", epsilon=0.01, **more):
    variance = (0.2 + rng.random(channels)).astype(np.float32).tolist()
    weights = [*([numbers(rng, channels)] * 2 if affine else []), numbers(rng, channels), variance]
    return keras_layer(kind, channels, weights, epsilon=epsilon, **more)


def prelu(rng, channels, slopes=None):
    return keras_layer("prelu", channels, [numbers(rng, 1, slopes or channels)])


def curve(name, channels):
    return keras_layer("activation", channels, [], activation=name)


def rtneural(layers, inputs=1, **more):
    return {"in_shape": [None, None, inputs], "layers": layers, **more}


def aidax(seed, kind=lstm, inputs=1, hidden=8, **more):
    """Return a file that passes its own test; `more` replaces keys (None takes one away)."""
    rng = np.random.default_rng(seed)
    item = rtneural(
        [kind(rng, inputs, hidden), dense(rng, hidden, 1)], inputs, metadata={"name": "a test", "samplerate": "44100"}
    )
    x = np.array(numbers(rng, 300))
    y = keras_reference.play(item, np.pad(x[:, None], ((0, 0), (0, inputs - 1))))[:, 0] + more.get("in_skip", 0) * x
    item |= {"input_batch": x.tolist(), "output_batch": y.astype(np.float32).tolist()}
    return {key: value for key, value in (item | more).items() if value is not None}


def guitarml(seed, kind="LSTM", inputs=1, hidden=8, layers=1, outputs=1, skip=1, bias=True, **more):
    rng, rows = np.random.default_rng(seed), hidden * (4 if kind == "LSTM" else 3)
    about = {"model": "SimpleRNN", "input_size": inputs, "skip": skip, "output_size": outputs, "unit_type": kind,
             "num_layers": layers, "hidden_size": hidden, "bias_fl": bias}  # fmt: skip
    state = {}
    for i in range(layers):
        state |= {f"rec.weight_ih_l{i}": numbers(rng, rows, hidden if i else inputs),
                  f"rec.weight_hh_l{i}": numbers(rng, rows, hidden),
                  f"rec.bias_ih_l{i}": numbers(rng, rows), f"rec.bias_hh_l{i}": numbers(rng, rows)}  # fmt: skip
    state["lin.weight"] = numbers(rng, outputs, hidden)
    if bias:
        state["lin.bias"] = numbers(rng, outputs)
    return {"model_data": about | more, "state_dict": state}


def smart_amp(seed, activation="gated", channels=4, taps=3, dilations=(1, 2, 8), inputs=1, outputs=1, as_text=True, **more):
    rng, wide = np.random.default_rng(seed), channels * (2 if activation in ("gated", "softgated") else 1)
    shapes = {(-1, "W"): (1, inputs, channels), (-1, "b"): (channels,)}
    for i in range(len(dilations)):
        shapes |= {(i, "W_conv"): (taps, channels, wide), (i, "b_conv"): (wide,),
                   (i, "W_out"): (1, channels, channels), (i, "b_out"): (channels,)}  # fmt: skip
    shapes |= {(len(dilations), "W"): (1, channels * len(dilations), outputs), (len(dilations), "b"): (outputs,)}
    variables = [
        {"layer_idx": i, "name": name, "data": [str(w) if as_text else w for w in np.ravel(numbers(rng, *shape)).tolist()]}
        for (i, name), shape in shapes.items()
    ]
    return {"activation": activation, "output_channels": outputs, "input_channels": inputs, "residual_channels": channels,
            "filter_width": taps, "dilations": list(dilations), "variables": variables, **more}  # fmt: skip


def _layers(seed):
    """Return every layer of RTNeural in one file."""
    r = np.random.default_rng(seed)
    layers = [dense(r, 1, 6, activation="tanh"), conv1d(r, 6, 4, dilation=3, groups=2, activation="elu"), batchnorm(r, 4),
              prelu(r, 4), keras_layer("maxpool1d", 4, [], pool_size=3), gru(r, 4, 5, activation="tanh"), lstm(r, 5, 3),
              dense(r, 3, 4, bias=False), curve("softmax", 4), dense(r, 4, 1)]  # fmt: skip
    return rtneural(layers)


FILES = {
    "RTNeural": _layers,
    "AIDA-X": aidax,
    "AIDA-X, skip and gains": lambda seed: aidax(seed, in_skip=1, in_gain=6.0, out_gain=-3.0),
    "AIDA-X, two knobs": lambda seed: aidax(seed, gru, inputs=3, in_skip=1),
    "GuitarML": guitarml,
    "GuitarML, one knob": lambda seed: guitarml(seed, "GRU", inputs=2),
    "GuitarML, two knobs": lambda seed: guitarml(seed, inputs=3, layers=2),
    "SmartGuitarAmp": smart_amp,
}
