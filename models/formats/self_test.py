"""A net of plain layers played in numpy: slow, for the samples by which a file proves that it is whole."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InvalidValue
from ..spec import GRU, LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense, Gain, KnobInputs, MaxPool, Multiply, TwoPaths
from ..spec.model import Layer, ModelSpec

CURVES = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 0.5 + 0.5 * np.tanh(0.5 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "softmax": lambda x: np.exp(x - x.max(0)) / np.exp(x - x.max(0)).sum(0),
}
_sigmoid = CURVES["sigmoid"]


class Arrays:
    """The weights of one layer, by their last name, in the precision that is played."""

    def __init__(self, weights: Mapping[str, np.ndarray], prefix: str, precision: np.dtype) -> None:
        self.weights, self.prefix, self.precision = weights, prefix, precision

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self.weights[self.prefix + name], self.precision)

    def bias(self) -> np.ndarray | float:
        """Return the bias as a column; 0 where the layer has none."""
        return self["bias"][:, None] if f"{self.prefix}bias" in self.weights else 0.0


def play(spec: ModelSpec, weights: Mapping[str, np.ndarray], audio: np.ndarray, *, gains: bool = True) -> np.ndarray:
    """Return (output channels, samples) for audio (input channels, samples), from the zero state, every knob at 0.

    Knows the layers that RTNeural has, and counts in the precision of `audio`. `gains=False` leaves every Gain out.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return _series(spec.layers, weights, "layers.", audio, gains)


def check(spec: ModelSpec, weights: Mapping[str, np.ndarray], x: np.ndarray, y: np.ndarray, tolerance: float) -> None:
    """Raise InvalidValue naming the largest difference where x (samples,) does not become y (samples,), gains ignored.

    The samples were rendered in float32, and a steep net makes more of its rounding than 1e-5 (an LSTM of 40 trained on
    a high-gain amplifier: 1.5e-5 within 2048 samples): what rounding does to this net is measured, and allowed fourfold.
    """
    fine, coarse = (play(spec, weights, x[None].astype(kind), gains=False)[0] for kind in (np.float64, np.float32))
    rounding = float(np.max(np.abs(fine - coarse)))
    allowed = max(tolerance, 4.0 * rounding) if np.isfinite(rounding) else tolerance
    difference = np.abs(fine - y)
    worst = int(np.argmax(np.where(np.isfinite(difference), difference, np.inf)))
    if not difference[worst] <= allowed:
        raise InvalidValue(
            f"output_batch: the file's own test fails: sample {worst} differs by {difference[worst]:.3g}, "
            f"{allowed:.3g} is allowed; the weights are not those it was written for"
        )


def _series(layers: Sequence[Layer], weights: Mapping[str, np.ndarray], at: str, x: np.ndarray, gains: bool) -> np.ndarray:
    for i, layer in enumerate(layers):
        prefix = f"{at}{i}."
        if isinstance(layer, TwoPaths):
            y = _series(layer.body, weights, f"{prefix}body.", x, gains)
            beside = _series(layer.shortcut, weights, f"{prefix}shortcut.", x, gains)[: len(y)]
            x = y * beside if isinstance(layer, Multiply) else y + beside
        elif not isinstance(layer, Gain) or gains:
            x = _layer(layer, Arrays(weights, prefix, x.dtype), x)
    return x


def _layer(layer: Layer, w: Arrays, x: np.ndarray) -> np.ndarray:
    match layer:
        case Activation(name="prelu"):
            return np.where(x > 0, x, w["slopes"][:, None] * x)
        case Activation() if layer.name in CURVES:
            return CURVES[layer.name](x)
        case Dense():
            return w["weight"] @ x + w.bias()
        case Conv1d():
            return _conv1d(layer, w, x)
        case Conv2d():
            return _conv2d(layer, w, x)
        case LSTM() | GRU():
            return _recurrent(layer, w, x)
        case BatchNorm():
            scale = 1 / np.sqrt(w["variance"] + layer.epsilon) * (w["weight"] if layer.affine else 1.0)
            shift = (w["bias"] if layer.affine else 0.0) - w["mean"] * scale
            repeat = len(x) // len(scale)
            return np.tile(scale, repeat)[:, None] * x + np.tile(shift, repeat)[:, None]
        case MaxPool():
            return _largest(x, layer.kernel_size)
        case Gain():
            return x * 10 ** (layer.level_db / 20)
        case KnobInputs():
            return np.concatenate([x, np.zeros((layer.knobs, x.shape[1]), x.dtype)])
    raise InvalidValue(f"layers: a self-test does not know {layer.kind}")


def _later(x: np.ndarray, samples: int) -> np.ndarray:
    """Return x moved later along its last axis, zeros before it."""
    length = x.shape[-1]
    gap = min(samples, length)
    return np.concatenate([np.zeros((*x.shape[:-1], gap), x.dtype), x[..., : length - gap]], -1)


def _largest(x: np.ndarray, samples: int) -> np.ndarray:
    """Return the largest of the last `samples` values of each row, zeros before the first."""
    covered = 1
    while covered < samples:
        step = min(covered, samples - covered)
        x, covered = np.maximum(x, _later(x, step)), covered + step
    return x


def _conv1d(layer: Conv1d, w: Arrays, x: np.ndarray) -> np.ndarray:
    taps, groups = layer.kernel_size, layer.groups
    kernel = w["weight"].reshape(groups, layer.channels // groups, -1, taps)
    x = x.reshape(groups, -1, x.shape[1])
    y = kernel[..., taps - 1] @ x
    for k in range(max(0, taps - 1 - x.shape[-1] // layer.dilation), taps - 1):  # those before hear only silence
        y += kernel[..., k] @ _later(x, (taps - 1 - k) * layer.dilation)
    return y.reshape(layer.channels, -1) + w.bias()


def _conv2d(layer: Conv2d, w: Arrays, x: np.ndarray) -> np.ndarray:
    (taps, width), kernel = layer.kernel_size, w["weight"]  # filters, filters in, taps, width
    x = x.reshape(layer.features, -1, x.shape[1])
    after = (layer.features_out - 1) * layer.stride + width  # features that are read, padding included
    padded = np.zeros((max(after, layer.padding_before + layer.features), *x.shape[1:]), x.dtype)
    padded[layer.padding_before : layer.padding_before + layer.features] = x
    y = np.zeros((layer.features_out, layer.filters, x.shape[2]), x.dtype)
    for k in range(taps):
        delayed = _later(padded, (taps - 1 - k) * layer.dilation)
        for j in range(width):
            y += kernel[:, :, k, j] @ delayed[j : j + (layer.features_out - 1) * layer.stride + 1 : layer.stride]
    y += w.bias()
    return y.reshape(-1, x.shape[2])


def _recurrent(layer: LSTM | GRU, w: Arrays, x: np.ndarray) -> np.ndarray:
    size, from_state, state_bias = layer.hidden, w["weight_hh"], w["bias_hh"]
    h, c = np.zeros(size, x.dtype), np.zeros(size, x.dtype)
    if layer.initial_state:
        h = w["initial_hidden"]
        c = w["initial_cell"] if isinstance(layer, LSTM) else c
    entering = (w["weight_ih"] @ x + w["bias_ih"][:, None]).T
    out = np.empty((len(entering), size), x.dtype)
    for t, a in enumerate(entering):
        b = from_state @ h + state_bias
        if isinstance(layer, LSTM):
            gates = a + b
            keep = _sigmoid(gates[size : 2 * size])
            c = keep * c + _sigmoid(gates[:size]) * np.tanh(gates[2 * size : 3 * size])
            h = _sigmoid(gates[3 * size :]) * np.tanh(c)
        else:
            r, z = np.split(_sigmoid(a[: 2 * size] + b[: 2 * size]), 2)
            h = (1 - z) * np.tanh(a[2 * size :] + r * b[2 * size :]) + z * h
        out[t] = h
    return out.T
