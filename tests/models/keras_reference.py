"""RTNeural JSON played straight from the file, in Keras' own layout and float64: signals are (samples, channels).

play(file, audio)       audio (samples, inputs), or (samples,)
"""

import math

import numpy as np

CURVES = {
    "": lambda x: x,
    "tanh": np.tanh,
    "relu": lambda x: np.where(x > 0, x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True),
}


def play(file, audio):
    x = np.asarray(audio, np.float64).reshape(len(audio), -1)
    for layer in file["layers"]:
        x = LAYERS[layer["type"]](layer, [np.array(w, np.float64) for w in layer["weights"]], x)
        if layer["type"] not in ("lstm", "gru"):
            x = CURVES[layer.get("activation", "")](x)
    return x


def delayed(x, samples):
    return np.concatenate([np.zeros((samples, *x.shape[1:])), x])[: len(x)]


def dense(layer, weights, x):
    return x @ weights[0] + (weights[1] if len(weights) > 1 else 0)


def conv1d(layer, weights, x):
    kernel, groups = weights[0], layer.get("groups", 1)
    taps, entering, outputs = kernel.shape
    y = np.zeros((len(x), outputs))
    for out in range(outputs):
        group = out // (outputs // groups)
        for tap in range(taps):
            back = (taps - 1 - tap) * layer["dilation"][0]
            y[:, out] += delayed(x[:, group * entering : (group + 1) * entering], back) @ kernel[tap, :, out]
    return y + (weights[1] if len(weights) > 1 else 0)


def conv2d(layer, weights, x):
    kernel, stride, features = weights[0], layer["strides"], layer["num_features_in"]
    taps, width, _, filters = kernel.shape
    x = x.reshape(len(x), features, -1)
    if layer["padding"] == "same":
        needed = max((math.ceil(features / stride) - 1) * stride + width - features, 0)
        x = np.pad(x, ((0, 0), (needed // 2, needed - needed // 2), (0, 0)))
    leaving = (x.shape[1] - width) // stride + 1
    y = np.zeros((len(x), leaving, filters))
    for feature in range(leaving):
        for tap in range(taps):
            late = delayed(x, (taps - 1 - tap) * layer["dilation"])
            for j in range(width):
                y[:, feature] += late[:, feature * stride + j] @ kernel[tap, j]
    return (y + weights[1]).reshape(len(x), -1)


def lstm(layer, weights, x):
    h, c, rows = np.zeros(len(weights[1])), np.zeros(len(weights[1])), []
    for sample in x:
        i, f, g, o = np.split(sample @ weights[0] + h @ weights[1] + (weights[2] if len(weights) > 2 else 0), 4)
        c = CURVES["sigmoid"](f) * c + CURVES["sigmoid"](i) * np.tanh(g)
        h = CURVES["sigmoid"](o) * np.tanh(c)
        rows.append(h)
    return np.array(rows)


def gru(layer, weights, x):
    h, rows = np.zeros(len(weights[1])), []
    from_input, from_state = weights[2] if len(weights) > 2 else (0, 0)
    for sample in x:
        az, ar, an = np.split(sample @ weights[0] + from_input, 3)
        bz, br, bn = np.split(h @ weights[1] + from_state, 3)
        z, r = CURVES["sigmoid"](az + bz), CURVES["sigmoid"](ar + br)
        h = z * h + (1 - z) * np.tanh(an + r * bn)
        rows.append(h)
    return np.array(rows)


def prelu(layer, weights, x):
    return np.where(x > 0, x, weights[0][0] * x)


def batchnorm(layer, weights, x):
    channels = len(weights[0])
    gain, offset, mean, variance = weights if len(weights) == 4 else (1, 0, *weights)
    y = x.reshape(len(x), -1, channels)
    return (gain * (y - mean) / np.sqrt(variance + layer["epsilon"]) + offset).reshape(x.shape)


def maxpool1d(layer, weights, x):
    return np.max([delayed(x, d) for d in range(layer["pool_size"])], 0)


LAYERS = {
    "dense": dense, "time-distributed-dense": dense, "conv1d": conv1d, "conv2d": conv2d, "lstm": lstm, "gru": gru,
    "prelu": prelu, "batchnorm": batchnorm, "batchnorm2d": batchnorm, "activation": lambda layer, weights, x: x,
    "maxpool1d": maxpool1d,
}  # fmt: skip
