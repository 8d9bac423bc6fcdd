"""The layers of RTNeural JSON, the other way round: each from a layer of the spec to its entry in the file.

The layouts stand in `rtneural_layers`. RTNeural's loader takes no conv1d without biases, so zeros stand there; its lstm has
one row of biases, the sum of torch's two.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..spec import GRU, LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense
from .rtneural_layers import CURVES
from .taken_apart import Placed
from .writing import short_numbers

Entry = dict[str, Any]
CURVED = ("dense", "conv1d", "conv2d")  # beside which an activation may stand


def entries_of(parts: Sequence[Placed], inputs: int, format_name: str) -> list[Entry]:
    """Return the entries of layers that `inputs` channels enter. Raises CannotHold naming the layer."""
    written: list[Entry] = []
    channels = inputs
    for part in parts:
        outputs = part.layer.outputs(channels)
        entry = _entry(part, channels, outputs, format_name)
        if entry["type"] == "activation" and written and written[-1]["type"] in CURVED and not written[-1]["activation"]:
            written[-1]["activation"] = entry["activation"]
        else:
            written.append(entry)
        channels = outputs
    return written


def _entry(part: Placed, inputs: int, outputs: int, format_name: str) -> Entry:
    writer = WRITERS.get(type(part.layer))
    if writer is None:
        raise part.refused(format_name, REASONS.get(part.layer.kind, "not a layer of RTNeural; write .onnx or a C++ header"))
    kind, weights, more = writer(part, inputs, format_name)
    return {"type": kind, "activation": "", "shape": [None, None, outputs], **more,
            "weights": [short_numbers(np.asarray(w, np.float32)) for w in weights]}  # fmt: skip


REASONS = {
    "FiLM": "RTNeural has none; bake the knobs: --set knob=value for each",
    "MaxPool": "RTNeural has no pooling, and would leave it out without a word; write .onnx or a C++ header",
    "Multiply": "RTNeural plays layers one after another, never side by side; write .onnx or a C++ header",
    "Residual": "RTNeural plays layers one after another, never side by side; AIDA-X and GuitarML files hold an LSTM or GRU "
    "with one skip around it, .onnx and a C++ header any",
    "WaveNet": "RTNeural plays layers one after another, never side by side; write .nam",
}

Written = tuple[str, list[Any], Entry]  # type, weights, further fields


def _dense(part: Placed, inputs: int, format_name: str) -> Written:
    return "dense", [part.weights["weight"].T, *_bias(part)], {}


def _bias(part: Placed) -> list[np.ndarray]:
    return [part.weights["bias"]] if part.layer.bias else []


def _bias_or_zeros(part: Placed, channels: int) -> np.ndarray:
    return part.weights["bias"] if part.layer.bias else np.zeros(channels)


def _conv1d(part: Placed, inputs: int, format_name: str) -> Written:
    layer: Conv1d = part.layer
    more = {"kernel_size": [layer.kernel_size], "dilation": [layer.dilation], "groups": layer.groups}
    return "conv1d", [part.weights["weight"].T, _bias_or_zeros(part, layer.channels)], more


def _conv2d(part: Placed, inputs: int, format_name: str) -> Written:
    layer: Conv2d = part.layer
    if layer.padding == "same" and layer.kernel_size[1] > layer.features + 1:
        raise part.refused(format_name, f"{layer.kernel_size[1]} taps over {layer.features} features, padded: there RTNeural "
                           "reads past its memory; write .onnx or a C++ header")  # fmt: skip
    more = {"shape": [None, None, layer.features_out, layer.filters], "kernel_size_time": layer.kernel_size[0],
            "kernel_size_feature": layer.kernel_size[1], "dilation": layer.dilation, "strides": layer.stride,
            "num_filters_in": inputs // layer.features, "num_features_in": layer.features,
            "num_filters_out": layer.filters, "padding": layer.padding}  # fmt: skip
    return "conv2d", [part.weights["weight"].transpose(2, 3, 1, 0), _bias_or_zeros(part, layer.filters)], more


def _lstm(part: Placed, inputs: int, format_name: str) -> Written:
    part.check_exact(format_name)
    w = part.weights
    bias = w["bias_ih"].astype(np.float64) + w["bias_hh"]
    return "lstm", [w["weight_ih"].T, w["weight_hh"].T, bias], {}


def _gru(part: Placed, inputs: int, format_name: str) -> Written:
    part.check_exact(format_name)
    w = {name: _update_first(part.weights[name]) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    return "gru", [w["weight_ih"].T, w["weight_hh"].T, np.stack([w["bias_ih"], w["bias_hh"]])], {}


def _update_first(gates: np.ndarray) -> np.ndarray:
    """Return the first axis, gates r, z, n, as z, r, n."""
    r, z, n = np.split(gates, 3)
    return np.concatenate([z, r, n])


def _batchnorm(part: Placed, inputs: int, format_name: str) -> Written:
    channels = len(part.weights["mean"])
    names = ("weight", "bias", "mean", "variance") if part.layer.affine else ("mean", "variance")
    weights, more = [part.weights[name] for name in names], {"epsilon": part.layer.epsilon}
    if channels == inputs:
        return "batchnorm", weights, more
    features = inputs // channels
    more |= {"shape": [None, None, features, channels], "num_filters_in": channels, "num_features_in": features}
    return "batchnorm2d", weights, more


def _activation(part: Placed, inputs: int, format_name: str) -> Written:
    curve: Activation = part.layer
    if curve.name == "prelu":
        return "prelu", [part.weights["slopes"][None]], {}
    if curve.name == "leaky_relu":
        return "prelu", [[[curve.slope]]], {}
    if curve.name in ("fast_tanh", "fast_sigmoid"):
        raise part.refused(format_name, f"{curve.name} has no place in the file; load the model without --activation fast")
    if curve.name not in CURVES or (curve.name == "elu" and curve.alpha != 1):
        told = f"elu with alpha {curve.alpha:g}" if curve.name == "elu" else curve.name
        raise part.refused(
            format_name, f"RTNeural has no {told}, only {', '.join(CURVES)} and prelu; write .onnx or a C++ header"
        )
    return "activation", [], {"activation": curve.name}


WRITERS: dict[type, Callable[[Placed, int, str], Written]] = {
    Dense: _dense, Conv1d: _conv1d, Conv2d: _conv2d, LSTM: _lstm, GRU: _gru, BatchNorm: _batchnorm, Activation: _activation,
}  # fmt: skip
