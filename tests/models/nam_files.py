"""Small .nam objects for every option of the format, from a seed; `FILES` names them all.

item = FILES["blended"](seed)     plain JSON data
write(folder, item)               the file's path
"""

import json

import numpy as np
from nam_reference import FILMS, drawn

SLOW = 8000  # Hz, where an LSTM is in it: half a second of silence before it is fewer samples


def nam(architecture, config, seed=0, version="0.7.0", **more):
    """Return a .nam object with drawn weights; `more` replaces keys of the envelope (None takes one away)."""
    item = {"version": version, "architecture": architecture, "config": config, "weights": [], "sample_rate": 48000,
            "metadata": {"name": "a test", "loudness": -18.5}}  # fmt: skip
    item = {key: value for key, value in {**item, **more}.items() if value is not None}
    if architecture not in ("SlimmableContainer", "Sequential"):
        item["weights"] = [float(w) for array in drawn(item, seed) for w in array.ravel()]
    return item


def array(**settings):
    """Return one layer array with what every file has."""
    base = {"input_size": 1, "condition_size": 1, "channels": 4, "kernel_size": 3, "dilations": [1, 2, 5],
            "activation": "Tanh", "head": {"out_channels": 1, "kernel_size": 1, "bias": True}}  # fmt: skip
    merged = {**base, **settings}
    return {key: value for key, value in merged.items() if not (key == "kernel_size" and "kernel_sizes" in settings)}


def wavenet(seed, *arrays, **config):
    """Return a WaveNet of the arrays; `config` beside them."""
    return nam("WaveNet", {"layers": list(arrays), "head": None, "head_scale": 0.02, **config}, seed)


def two_arrays(seed, **first):
    """Return the two arrays of the old presets, in the keys that files before 0.6.0 have."""
    second = {key: value for key, value in first.items() if key in ("gated", "activation")}
    old = {"gated": False, "kernel_size": 3}
    one = {**array(), **old, "head_size": 2, "head_bias": False, **first}
    two = {**array(), **old, "input_size": 4, "channels": 2, "dilations": [3, 7], "head_size": 1, "head_bias": True, **second}
    del one["head"], two["head"]
    config = {"layers": [one, two], "head": None, "head_scale": 0.02}
    return nam("WaveNet", config, seed, "0.5.0", sample_rate=None, metadata=None)


def films(groups=1, shift=True, **settings):
    return {f"{slot}_film": {"active": True, "shift": shift, "groups": groups} for slot in FILMS} | settings


def condition(seed, outputs, **settings):
    """Return a WaveNet that makes a condition signal of `outputs` channels."""
    return wavenet(seed, array(channels=3, dilations=[1, 3], head={"out_channels": outputs, "kernel_size": 1, "bias": True},
                               **settings))  # fmt: skip


def with_condition(seed, inner, size, **settings):
    return wavenet(seed, array(condition_size=size, **settings), condition_dsp=inner)


def every_slot(seed, gating, groups=2, shift=True):
    settings = films(groups, shift, gating_mode=gating, bottleneck=6, channels=4,
                     head1x1={"active": True, "out_channels": 2, "groups": 1}, groups_input_mixin=2)  # fmt: skip
    return with_condition(seed, condition(seed + 1, 2), 2, **settings)


def lstm(seed, layers=1, hidden=5, **more):
    config = {"input_size": 1, "hidden_size": hidden, "num_layers": layers}
    return nam("LSTM", config, seed, "0.5.4", **{"sample_rate": SLOW, **more})


def at(item, rate):
    """Return `item` and all inside it at `rate`."""
    inner = [*item["config"].get("models", ()), *(e["model"] for e in item["config"].get("submodels", ()))]
    for model in (*inner, *filter(None, [item["config"].get("condition_dsp")])):
        at(model, rate)
    item["sample_rate"] = rate
    return item


def conv_net(seed, **settings):
    config = {"channels": 4, "dilations": [1, 2, 4], "batchnorm": True, "activation": "Tanh", **settings}
    return nam("ConvNet", config, seed, "0.5.4")


def linear(seed, taps=24, bias=True, **settings):
    return nam("Linear", {"receptive_field": taps, "bias": bias, **settings}, seed)


def container(seed):
    sizes = [lstm(seed, hidden=3), two_arrays(seed + 1), wavenet(seed + 2, array())]
    entries = [{"max_value": limit, "model": size} for limit, size in zip((0.3, 0.6, 1.0), sizes, strict=True)]
    return at(nam("SlimmableContainer", {"submodels": entries}), SLOW)


def slimmable(seed):
    """Return a WaveNet of two arrays that can be narrowed: gated and not, bottleneck, PReLU slopes, FiLM, head1x1."""
    allowed = {"method": "slice_channels_uniform", "kwargs": {"allowed_channels": [1, 2, 4]}}
    slopes = {"type": "PReLU", "negative_slopes": [0.1, 0.3, -0.2, 0.5, 0.2, 0.25]}
    one = array(channels=4, bottleneck=6, gating_mode=["none", "gated", "blended"], activation=slopes, slimmable=allowed,
                head={"out_channels": 4, "kernel_size": 1, "bias": False}, conv_post_film={"active": True})  # fmt: skip
    two = array(input_size=4, dilations=[3, 7], slimmable={"method": "slice_channels_uniform"})
    return wavenet(seed, one, two)


def mixed(seed):
    """Return an array in which every layer is of its own kind."""
    return wavenet(seed, array(
        kernel_sizes=[3, 1, 6], gating_mode=["none", "gated", "blended"],
        activation=["Tanh", {"type": "SiLU"}, {"type": "LeakyHardtanh", "min_val": -0.4, "max_val": 0.6}],
        secondary_activation=[None, {"type": "Sigmoid"}, "Softsign"], layer1x1={"active": True, "groups": 2},
        head={"out_channels": 1, "kernel_size": 5, "bias": True, "head_dilation": 3}))  # fmt: skip


def grouped(seed):
    return wavenet(seed, array(
        channels=6, bottleneck=4, groups_input=2, gating_mode="gated", secondary_activation="Hardswish",
        layer1x1={"active": True, "groups": 2}, head1x1={"active": True, "out_channels": 6, "groups": 2}))  # fmt: skip


def stereo(seed):
    """Return a WaveNet of two channels in and three out, behind a post-stack head."""
    head = {"channels": 3, "out_channels": 3, "kernel_sizes": [3, 2],
            "activation": {"type": "PReLU", "negative_slopes": [0.2, -0.1, 0.4]}}  # fmt: skip
    last = {"out_channels": 3, "kernel_size": 2, "bias": True}
    return wavenet(seed, array(input_size=2, condition_size=2, head=last), in_channels=2, head=head)


SETTINGS = {
    "LeakyReLU": {"negative_slope": 0.2}, "PReLU": {"negative_slope": -0.3}, "Hardtanh": {"min_val": -0.5, "max_val": 0.25},
    "LeakyHardtanh": {"min_val": -0.2, "max_val": 0.3, "min_slope": 0.3, "max_slope": -0.1},
}  # fmt: skip
CURVES = ("Tanh", "Fasttanh", "Hardtanh", "ReLU", "LeakyReLU", "PReLU", "Sigmoid", "SiLU", "Hardswish", "LeakyHardtanh",
          "LeakyHardTanh", "Softsign")  # fmt: skip

FILES = {
    "old keys": two_arrays,
    "old keys, gated": lambda seed: two_arrays(seed, gated=True),
    "every layer of its own kind": mixed,
    "gated": lambda seed: wavenet(seed, array(gating_mode="gated")),
    "blended": lambda seed: wavenet(seed, array(gating_mode="blended", secondary_activation={"type": "Sigmoid"})),
    "groups": grouped,
    "no 1x1": lambda seed: wavenet(seed, array(layer1x1={"active": False, "groups": 1}, activation="ReLU")),
    "head convolution": lambda seed: wavenet(seed, array(head={"out_channels": 1, "kernel_size": 16, "bias": False})),
    "films": lambda seed: every_slot(seed, "none"),
    "films, gated": lambda seed: every_slot(seed, "gated"),
    "films, blended, scale only": lambda seed: every_slot(seed, "blended", shift=False),
    "films, mixed": lambda seed: every_slot(seed, ["none", "blended", "gated"], groups=1),
    "head behind the stack": lambda seed: wavenet(seed, array(), head={
        "in_channels": 1, "channels": 3, "out_channels": 1, "kernel_sizes": [3, 1, 5], "activation": "Tanh"}),
    "channels": stereo,
    "condition net of condition net": lambda seed: with_condition(
        seed, with_condition(seed + 1, condition(seed + 2, 2), 2), 1),
    "condition net with LSTM": lambda seed: at(with_condition(seed, lstm(seed + 1), 1), SLOW),
    "condition net with ConvNet": lambda seed: with_condition(seed, conv_net(seed + 1, out_channels=3), 3),
    "LSTM": lstm,
    "LSTM, three layers": lambda seed: lstm(seed, 3),
    "LSTM without a rate": lambda seed: lstm(seed, sample_rate=None),
    "ConvNet": conv_net,
    "ConvNet, not normalised, grouped": lambda seed: conv_net(seed, batchnorm=False, in_channels=2, groups=2, out_channels=2),
    "Linear": linear,
    "Linear without bias": lambda seed: linear(seed, 5, False, implementation="FFT"),
    "Linear of two channels": lambda seed: linear(seed, 7, in_channels=2, out_channels=2),
    "container": container,
    "slimmable": slimmable,
    "sequential": lambda seed: at(nam("Sequential", {"models": [
        two_arrays(seed), linear(seed + 1, 40), nam("Sequential", {"models": [conv_net(seed + 2), lstm(seed + 3)]})]}), SLOW),
    **{f"curve {name}": (lambda seed, name=name: wavenet(seed, array(activation={"type": name, **SETTINGS.get(name, {})})))
       for name in CURVES},
}  # fmt: skip


def write(folder, item, name="model.nam"):
    """Write `item` as JSON; return the path."""
    path = folder / name
    path.write_text(json.dumps(item))
    return path


def audio(item, samples=600, seed=0):
    """Return noise with pauses, float32 (channels, samples), for what `item` takes."""
    inputs = item["config"].get("in_channels", 1)
    noise = 0.4 * np.random.default_rng(seed).standard_normal((inputs, samples))
    return (noise * (np.arange(samples) // 50 % 4 != 3)).astype(np.float32)
