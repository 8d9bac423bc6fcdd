"""A spec played by its formulas in plain numpy, float64: what torch and the compiled runtime are both compared with.

    play(spec, weights, audio, raw)      audio (input channels, samples), raw (knobs,) or (knobs, samples)

Signals are (channels, samples). A tap is a delayed copy, a recurrent layer a loop over samples.
"""

import numpy as np


def play(spec, weights, audio, raw=()):
    weights = {name: np.asarray(value, np.float64) for name, value in weights.items()}
    raw = np.asarray(raw, np.float64)
    raw = raw if raw.ndim == 2 else np.repeat(raw[:, None], audio.shape[1], 1)
    vector = 2 * raw - 1
    for i in range(len(spec.conditioning.hidden) if spec.conditioning else 0):
        vector = weights[f"conditioning.{i}.weight"] @ vector + weights[f"conditioning.{i}.bias"][:, None]
        vector = np.tanh(vector) if spec.conditioning.activation == "tanh" else np.maximum(vector, 0)
    return series(spec.layers, At(weights, "layers."), audio.astype(np.float64), raw, vector)


class At:
    """The weights below one name."""

    def __init__(self, weights, prefix):
        self.weights, self.prefix = weights, prefix

    def __getitem__(self, name):
        return self.weights[self.prefix + name]

    def get(self, name):
        return self.weights.get(self.prefix + name, 0.0)

    def below(self, name):
        return At(self.weights, f"{self.prefix}{name}.")


def series(layers, w, x, raw, vector):
    for i, layer in enumerate(layers):
        x = LAYERS[layer.kind](layer, w.below(str(i)), x, raw, vector)
    return x


def column(bias):
    return np.reshape(bias, (-1, 1))


def late(x, samples):
    return np.concatenate([np.zeros((len(x), samples)), x], 1)[:, : x.shape[1]]


def convolved(w, x, dilation=1, groups=1):
    weight, taps = w["weight"], w["weight"].shape[2]
    inputs, outputs = len(x) // groups, len(weight) // groups
    y = np.zeros((len(weight), x.shape[1]))
    for g in range(groups):
        of, to = x[g * inputs : (g + 1) * inputs], slice(g * outputs, (g + 1) * outputs)
        for k in range(taps):
            y[to] += weight[to, :, k] @ late(of, (taps - 1 - k) * dilation)
    return y + column(w.get("bias"))


def fast_tanh(x):
    a = np.abs(x)
    above = x * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * x**2)
    return above / (2.44506634652299 + (2.44506634652299 + x**2) * np.abs(x + 0.814642734961073 * x * a))


def sigmoid(x):
    return 0.5 * (1 + np.tanh(x / 2))


def fast_sigmoid(x):
    return 0.5 * (fast_tanh(x / 2) + 1)


def activation(layer, w, x, *_):
    low, high = layer.minimum, layer.maximum
    outside = layer.minimum_slope * np.minimum(x - low, 0) + layer.maximum_slope * np.maximum(x - high, 0)
    negative, positive = np.minimum(x, 0), np.maximum(x, 0)
    exponentials = np.exp(x - x.max(0))
    curves = {
        "tanh": np.tanh(x), "fast_tanh": fast_tanh(x), "hardtanh": np.clip(x, low, high), "relu": positive,
        "leaky_relu": positive + layer.slope * negative, "sigmoid": sigmoid(x), "fast_sigmoid": fast_sigmoid(x),
        "silu": x * sigmoid(x), "hardswish": x * np.clip(x + 3, 0, 6) / 6, "leaky_hardtanh": np.clip(x, low, high) + outside,
        "softsign": x / (1 + np.abs(x)), "elu": positive + layer.alpha * np.expm1(negative),
        "softmax": exponentials / exponentials.sum(0), "prelu": positive + column(w.get("slopes")) * negative,
    }  # fmt: skip
    return curves[layer.name]


def batch_norm(layer, w, x, *_):
    def every(name):
        return column(np.tile(w[name], len(x) // len(w[name])))

    y = (x - every("mean")) / np.sqrt(every("variance") + layer.epsilon)
    return y * every("weight") + every("bias") if layer.affine else y


def conv2d(layer, w, x, *_):
    filters_in, taps = len(x) // layer.features, layer.kernel_size
    total = (layer.features_out - 1) * layer.stride + taps[1] - layer.features if layer.padding == "same" else 0
    before = max(total, 0) // 2
    y = np.zeros((layer.features_out * layer.filters, x.shape[1]))
    for feature in range(layer.features_out):
        for k in range(taps[1]):
            source = feature * layer.stride + k - before
            if not 0 <= source < layer.features:
                continue
            for t in range(taps[0]):
                delayed = late(x[source * filters_in : (source + 1) * filters_in], (taps[0] - 1 - t) * layer.dilation)
                y[feature * layer.filters : (feature + 1) * layer.filters] += w["weight"][:, :, t, k] @ delayed
    return y + column(np.tile(w.get("bias"), layer.features_out) if layer.bias else 0.0)


def lstm(layer, w, x, *_):
    tanh, gate = (np.tanh, sigmoid) if layer.activation == "exact" else (fast_tanh, fast_sigmoid)
    hidden, cell = np.zeros(layer.hidden) + w.get("initial_hidden"), np.zeros(layer.hidden) + w.get("initial_cell")
    y = np.zeros((layer.hidden, x.shape[1]))
    for t in range(x.shape[1]):
        i, f, g, o = np.split(w["weight_ih"] @ x[:, t] + w["bias_ih"] + w["weight_hh"] @ hidden + w["bias_hh"], 4)
        cell = gate(f) * cell + gate(i) * tanh(g)
        y[:, t] = hidden = gate(o) * tanh(cell)
    return y


def gru(layer, w, x, *_):
    tanh, gate = (np.tanh, sigmoid) if layer.activation == "exact" else (fast_tanh, fast_sigmoid)
    hidden = np.zeros(layer.hidden) + w.get("initial_hidden")
    y = np.zeros((layer.hidden, x.shape[1]))
    for t in range(x.shape[1]):
        a, b = w["weight_ih"] @ x[:, t] + w["bias_ih"], w["weight_hh"] @ hidden + w["bias_hh"]
        n = layer.hidden
        r, z = gate(a[:n] + b[:n]), gate(a[n : 2 * n] + b[n : 2 * n])
        y[:, t] = hidden = z * hidden + (1 - z) * tanh(a[2 * n :] + r * b[2 * n :])
    return y


def state_space(layer, w, x, *_):
    ratio = layer.longest_samples / layer.shortest_samples
    t = layer.shortest_samples * ratio ** sigmoid(w["time"])
    pole = np.exp(-1 / t)
    c, s, share = pole * np.cos(w["frequency"] / t), pole * np.sin(w["frequency"] / t), 2 * (1 - pole)
    real, imaginary, y = np.zeros(pole.shape), np.zeros(pole.shape), np.zeros(x.shape)
    for t in range(x.shape[1]):
        real, imaginary = c * real - s * imaginary + column(x[:, t]), s * real + c * imaginary
        y[:, t] = (share * (w["output"][..., 0] * real - w["output"][..., 1] * imaginary)).sum(1) + w["direct"] * x[:, t]
    return y


def temporal_film(layer, w, x, *_):
    hidden, cell, y = np.zeros(layer.hidden), np.zeros(layer.hidden), np.zeros(x.shape)
    for start in range(0, x.shape[1], layer.block_samples):
        block = x[:, start : start + layer.block_samples]
        scale, shift = np.split(w["weight"] @ hidden + w["bias"], 2)
        y[:, start : start + layer.block_samples] = column(scale) * block + column(shift)
        peaks = np.abs(block).max(1)
        i, f, g, o = np.split(w["weight_ih"] @ peaks + w["bias_ih"] + w["weight_hh"] @ hidden + w["bias_hh"], 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
    return y


def residual(layer, w, x, raw, vector):
    through = series(layer.body, w.below("body"), x, raw, vector)
    return through + series(layer.shortcut, w.below("shortcut"), x, raw, vector)[: len(through)]


def multiply(layer, w, x, raw, vector):
    through = series(layer.body, w.below("body"), x, raw, vector)
    return through * series(layer.shortcut, w.below("shortcut"), x, raw, vector)[: len(through)]


def scaled(factors, x, shift=True):
    return factors[: len(x)] * x + (factors[len(x) :] if shift else 0.0)


def wavenet(layer, w, x, raw, vector):
    condition, head = series(layer.condition, w.below("condition"), x, raw, vector), 0.0
    for i, array in enumerate(layer.arrays):
        x, summed = wavenet_array(array, w.below(f"arrays.{i}"), x, condition, vector)
        head = convolved(w.below(f"arrays.{i}.head"), head + summed, array.head_dilation)
    return layer.head_scale * head


def wavenet_array(array, w, x, condition, vector):
    slots = {film.slot: film for film in array.signal_films}
    y, summed, width = convolved(w.below("rechannel"), x), 0.0, array.width
    for j, dilation in enumerate(array.dilations):
        layer = w.below(f"layers.{j}")

        def film(slot, z, layer=layer):
            if slot not in slots:
                return z
            return scaled(convolved(layer.below(f"films.{slot}"), condition, 1, slots[slot].groups), z, slots[slot].shift)

        z = film("conv_post", convolved(layer.below("conv"), film("conv_pre", y), dilation, array.groups))
        mixin = convolved(layer.below("mixin"), film("input_mixin_pre", condition), 1, array.mixin_groups)
        z = z + film("input_mixin_post", mixin)
        if array.film:
            z = scaled(layer["film.weight"] @ vector + column(layer["film.bias"]), z)
        z = film("activation_pre", z)
        a = activation(array.curve(j), layer.below("activation"), z[:width])
        if array.gate(j) != "none":
            s = activation(array.second_curve(j), layer.below("secondary"), z[width:])
            a = a * s if array.gate(j) == "gated" else s * a + (1 - s) * z[:width]
        a = film("activation_post", a)
        if array.residual:
            y = y + film("layer1x1_post", convolved(layer.below("residual"), a, 1, array.residual_groups))
        if array.head_projection:
            a = film("head1x1_post", convolved(layer.below("head_projection"), a, 1, array.head_projection_groups))
        summed = summed + a
    return y, summed


LAYERS = {
    "Activation": activation, "BatchNorm": batch_norm, "Conv2d": conv2d, "GRU": gru, "LSTM": lstm, "Multiply": multiply,
    "Residual": residual, "StateSpace": state_space, "TemporalFiLM": temporal_film,
    "WaveNet": wavenet,
    "Conv1d": lambda layer, w, x, *_: convolved(w, x, layer.dilation, layer.groups),
    "Dense": lambda layer, w, x, *_: w["weight"] @ x + column(w.get("bias")),
    "FiLM": lambda layer, w, x, raw, vector: scaled(w["weight"] @ vector + column(w["bias"]), x),
    "Gain": lambda layer, w, x, *_: x * 10 ** (layer.level_db / 20),
    "KnobInputs": lambda layer, w, x, raw, vector: np.concatenate([x, raw]),
    "MaxPool": lambda layer, w, x, *_: np.max([late(x, k) for k in range(layer.kernel_size)], 0),
}  # fmt: skip
