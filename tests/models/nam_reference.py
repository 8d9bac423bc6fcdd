"""What a .nam object plays, in numpy float64, straight from its JSON: formats and formulas once more, without wetdry.

    arrays = drawn(item, seed)        weights for a config, each array in the file's order
    play(item, audio)                 audio (channels, samples) → (channels, samples), after silence

Written from the format's description (weight order, gate order, FiLM slots, tap order), to hold the reader against.
"""

import numpy as np

FILMS = ("conv_pre", "conv_post", "input_mixin_pre", "input_mixin_post", "activation_pre", "activation_post",
         "layer1x1_post", "head1x1_post")  # fmt: skip


class Listed:
    """Hands out a flat list of weights, and wants all of it taken."""

    def __init__(self, values):
        self.values, self.at = np.asarray(values, np.float32).astype(np.float64), 0

    def take(self, *shape, kind="matrix"):
        count = int(np.prod(shape))
        found = self.values[self.at : self.at + count]
        self.at += count
        return found.reshape(shape)


class Drawn(Listed):
    """Draws weights instead, and keeps them."""

    def __init__(self, seed):
        self.random, self.arrays, self.at, self.values = np.random.default_rng(seed), [], 0, ()

    def take(self, *shape, kind="matrix"):
        if kind == "variance":
            found = self.random.uniform(0.3, 2.0, shape)
        elif kind == "epsilon":
            found = np.full(shape, 1e-5)
        elif kind == "scale":
            found = 1 + 0.3 * self.random.standard_normal(shape)
        elif kind == "bias":
            found = 0.15 * self.random.standard_normal(shape)
        else:
            found = 1.2 * self.random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        self.arrays.append(found.astype(np.float32))
        return self.arrays[-1].astype(np.float64)


def drawn(item, seed):
    """Return the weights of `item`'s own list, array by array in the file's order."""
    source = Drawn(seed)
    _ARCHITECTURES[item["architecture"]](item, np.zeros((item["config"].get("in_channels", 1), 1)), source, {})
    return source.arrays


def play(item, audio, silence=None, **options):
    """Return what `item` answers to float `audio` after `silence` samples of zeros; options as `wetdry.models.load`'s."""
    silence = settling(item) if silence is None else silence
    entering = np.concatenate([np.zeros((len(audio), silence)), audio], 1)
    return answer(item, entering, **options)[:, silence:]


def answer(item, audio, **options):
    source = Listed(item["weights"])
    out = _ARCHITECTURES[item["architecture"]](item, audio.astype(np.float64), source, options)
    assert source.at == len(source.values), f"{source.at} weights taken, {len(source.values)} there"
    return out


def settling(item):
    """Return a silence after which `item` idles."""
    inner = item["config"].get("condition_dsp")
    more = sum(settling(model) for model in item["config"].get("models", [inner] if inner else ()))
    more += max((settling(entry["model"]) for entry in item["config"].get("submodels", ())), default=0)
    if item["architecture"] == "LSTM":
        return int(0.5 * item["sample_rate"]) if "sample_rate" in item else 1
    return 1000 + more if item["architecture"] != "Linear" else 0


def conv(x, weight, bias=None, dilation=1, groups=1):
    """Causal convolution; weight (out, in / groups, taps), the last tap for the newest sample."""
    out, inside, taps = weight.shape
    y = np.zeros((out, x.shape[1])) if bias is None else np.repeat(bias[:, None], x.shape[1], 1)
    for k in range(taps):
        back = (taps - 1 - k) * dilation
        late = np.concatenate([np.zeros((len(x), back)), x], 1)[:, : x.shape[1]]
        for g in range(groups):
            rows = slice(g * out // groups, (g + 1) * out // groups)
            y[rows] += weight[rows, :, k] @ late[g * inside : (g + 1) * inside]
    return y


def curve(config, x):
    config = {"type": config} if isinstance(config, str) else config
    name = config["type"]
    if name in ("LeakyReLU", "PReLU"):
        slopes = config.get("negative_slopes", [config.get("negative_slope", 0.01)])
        return np.where(x > 0, x, np.asarray(slopes)[:, None] * x)
    if name in ("LeakyHardtanh", "LeakyHardTanh"):
        low, high = config.get("min_val", -1.0), config.get("max_val", 1.0)
        below, above = config.get("min_slope", 0.01), config.get("max_slope", 0.01)
        return np.clip(x, low, high) + below * np.minimum(x - low, 0) + above * np.maximum(x - high, 0)
    if name == "Hardtanh":
        return np.clip(x, -1.0, 1.0)  # NeuralAmpModelerCore does not read its settings
    return {"Tanh": np.tanh, "Fasttanh": fast_tanh, "ReLU": lambda v: np.maximum(v, 0), "Sigmoid": sigmoid,
            "SiLU": lambda v: v * sigmoid(v), "Hardswish": lambda v: v * np.clip(v + 3, 0, 6) / 6,
            "Softsign": lambda v: v / (1 + np.abs(v))}[name](x)  # fmt: skip


def sigmoid(x, tanh=np.tanh):
    return 0.5 * tanh(0.5 * x) + 0.5


def fast_tanh(x):
    a = np.abs(x)
    over = x * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * x * x)
    return over / (2.44506634652299 + (2.44506634652299 + x * x) * np.abs(x + 0.814642734961073 * x * a))


def per_layer(value, j):
    return value[j] if isinstance(value, list) else value


def wavenet(item, x, source, options):
    config = item["config"]
    inner = config.get("condition_dsp")
    c = answer(inner, x, **options) if inner else x
    y, head = x, 0.0
    for array in config["layers"]:
        y, head = layer_array(array, y, c, head, source, options)
    post = config.get("head")
    convolutions = []
    for i, taps in enumerate(post["kernel_sizes"] if post else ()):
        out = post["out_channels"] if i + 1 == len(post["kernel_sizes"]) else post["channels"]
        before = len(head) if i == 0 else post["channels"]
        convolutions.append((source.take(out, before, taps), source.take(out, kind="bias")))
    head = head * source.take(1, kind="scale")[0]
    for weight, bias in convolutions:
        head = conv(curve(post["activation"], head), weight, bias)
    return head


def layer_array(a, y, c, head, source, options):
    channels, width = a["channels"], a.get("bottleneck", a["channels"])
    one, projection = {"active": True, **(a.get("layer1x1") or {})}, a.get("head1x1") or {"active": False}
    films = {s: a.get(f"{s}_film") or {"active": False} for s in FILMS}
    y = conv(y, source.take(channels, a["input_size"], 1))
    for j, dilation in enumerate(a["dilations"]):
        taps = a["kernel_sizes"][j] if "kernel_sizes" in a else a["kernel_size"]
        gate = per_layer(a["gating_mode"], j) if "gating_mode" in a else "gated" if a.get("gated") else "none"
        wide, groups, mixing = width * (1 if gate == "none" else 2), a.get("groups_input", 1), a.get("groups_input_mixin", 1)
        weight, bias = source.take(wide, channels // groups, taps), source.take(wide, kind="bias")
        mixin = source.take(wide, len(c) // mixing, 1)
        if one["active"]:
            inside = width // one.get("groups", 1)
            residual = source.take(channels, inside, 1), source.take(channels, kind="bias")
        if projection["active"]:
            out, inside = projection["out_channels"], width // projection.get("groups", 1)
            projected = source.take(out, inside, 1), source.take(out, kind="bias")
        sizes = {"conv_pre": channels, "input_mixin_pre": len(c), "activation_post": width, "layer1x1_post": channels,
                 "head1x1_post": projection.get("out_channels")}  # fmt: skip
        modulations = {s: modulation(films[s], sizes.get(s, wide), c, source) for s in FILMS}
        if options.get("layer1x1_post_film") == "legacy" and gate != "blended":
            modulations["layer1x1_post"] = lambda v: v
        z = modulations["conv_post"](conv(modulations["conv_pre"](y), weight, bias, dilation, groups))
        z = z + modulations["input_mixin_post"](conv(modulations["input_mixin_pre"](c), mixin, groups=mixing))
        z = modulations["activation_pre"](z)
        z = modulations["activation_post"](gated(a, j, gate, z, width))
        if projection["active"]:
            head = head + modulations["head1x1_post"](conv(z, *projected, groups=projection.get("groups", 1)))
        else:
            head = head + z
        if one["active"]:
            y = y + modulations["layer1x1_post"](conv(z, *residual, groups=one.get("groups", 1)))
    h = a.get("head") or {"out_channels": a["head_size"], "kernel_size": 1, "bias": a["head_bias"]}
    weight = source.take(h["out_channels"], len(head) if np.ndim(head) else width, h["kernel_size"])
    bias = source.take(h["out_channels"], kind="bias") if h["bias"] else None
    return y, conv(head, weight, bias, h.get("head_dilation", 1))


def gated(a, j, gate, z, width):
    first = per_layer(a["activation"], j)
    if gate == "none":
        return curve(first, z)
    second = curve(per_layer(a.get("secondary_activation") or "Sigmoid", j), z[width:])
    if gate == "gated":
        return curve(first, z[:width]) * second
    return second * curve(first, z[:width]) + (1 - second) * z[:width]


def modulation(film, channels, c, source):
    if not film.get("active", True):
        return lambda v: v
    groups, shifts = film.get("groups", 1), film.get("shift", True)
    weight = source.take(channels * (2 if shifts else 1), len(c) // groups, 1)
    bias = source.take(len(weight), kind="bias")
    out = conv(c, weight, bias, groups=groups)
    return lambda v: v * out[:channels] + (out[channels:] if shifts else 0)


def lstm(item, x, source, options):
    config, rows = item["config"], x
    hidden, tanh = config["hidden_size"], fast_tanh if options.get("activation") == "fast" else np.tanh
    for _ in range(config["num_layers"]):
        matrix, bias = source.take(4 * hidden, len(rows) + hidden), source.take(4 * hidden, kind="bias")
        h, c = source.take(hidden, kind="bias"), source.take(hidden, kind="bias")
        out = np.empty((hidden, x.shape[1]))
        for n in range(x.shape[1]):
            i, f, g, o = np.split(matrix @ np.concatenate([rows[:, n], h]) + bias, 4)
            c = sigmoid(f, tanh) * c + sigmoid(i, tanh) * tanh(g)
            h = out[:, n] = sigmoid(o, tanh) * tanh(c)
        rows = out
    outputs = config.get("out_channels", 1)
    return source.take(outputs, hidden) @ rows + source.take(outputs, kind="bias")[:, None]


def conv_net(item, x, source, options):
    config = item["config"]
    channels, groups, outputs = config["channels"], config.get("groups", 1), config.get("out_channels", 1)
    for dilation in config["dilations"]:
        weight = source.take(channels, len(x) // groups, 2)
        bias = None if config["batchnorm"] else source.take(channels, kind="bias")
        x = conv(x, weight, bias, dilation, groups)
        if config["batchnorm"]:
            kinds = ("bias", "variance", "scale", "bias")
            mean, variance, gain, offset = (source.take(channels, kind=kind)[:, None] for kind in kinds)
            x = (x - mean) / np.sqrt(variance + source.take(1, kind="epsilon")) * gain + offset
        x = curve(config["activation"], x)
    return source.take(outputs, channels) @ x + source.take(outputs, kind="bias")[:, None]


def linear(item, x, source, options):
    response = source.take(1, 1, item["config"]["receptive_field"])
    bias = source.take(1, kind="bias") if item["config"]["bias"] else None
    weight = response if options.get("reversed_linear") else response[:, :, ::-1]
    return np.concatenate([conv(row[None], weight, bias) for row in x])


def container(item, x, source, options):
    return answer(item["config"]["submodels"][-1]["model"], x)


def sequential(item, x, source, options):
    for model in item["config"]["models"]:
        x = answer(model, x, **options)
    return x


_ARCHITECTURES = {"WaveNet": wavenet, "LSTM": lstm, "ConvNet": conv_net, "Linear": linear,
                  "SlimmableContainer": container, "Sequential": sequential}  # fmt: skip
