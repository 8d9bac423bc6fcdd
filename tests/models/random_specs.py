"""Small but nasty models of every layer kind, from a seed: what any engine must play as any other does.

    random_model(7), random_model(7, "WaveNet")      a Model; its answer to `signal` has a deviation of 0.1 to 1
    named_model("nam lite")                          the same for a shape that is in use
    signal(model.spec, 500, seed), positions(...)    something to play through it

Weights are drawn like a fresh net's; levels are then measured with torch.
"""

import contextlib
import functools

import numpy as np
import torch
from named_specs import SHAPES
from random_memory import HIDDEN, state_space, state_space_weight, temporal_film
from random_wavenets import random_wavenet

from wetdry.models import Model, Parameter
from wetdry.models.nets import from_weights
from wetdry.models.spec import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conditioning,
    Conv1d,
    Conv2d,
    Dense,
    FiLM,
    Gain,
    KnobInputs,
    MaxPool,
    ModelSpec,
    Multiply,
    Residual,
    WaveNet,
    run_outputs,
)

WIDTHS = (1, 2, 3, 5, 7, 8, 12, 16, 20)
TAPS = (1, 2, 3, 4, 5, 6, 33)
DILATIONS = (1, 2, 3, 5, 8, 17)
CURVES = ("tanh", "fast_tanh", "hardtanh", "relu", "leaky_relu", "prelu", "sigmoid", "fast_sigmoid", "silu", "hardswish",
          "leaky_hardtanh", "softsign", "elu", "softmax")  # fmt: skip


class Draw:
    """Chooses, from a seed."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def one(self, *options):
        return options[self.random.integers(len(options))]

    def chance(self, share=0.5):
        return bool(self.random.random() < share)

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def divisor(self, *numbers):
        """Return a number that divides all of them, 1 as often as any other."""
        return self.one(*(d for d in range(1, min(numbers) + 1) if not any(n % d for n in numbers)))

    def curve(self, channels, names=CURVES):
        name = self.one(*names)
        low = round(self.random.uniform(-1.2, -0.3), 3)
        settings = {
            "hardtanh": {"minimum": low, "maximum": 0.7}, "elu": {"alpha": self.one(1.0, 0.4)},
            "leaky_hardtanh": {"minimum": low, "maximum": 0.5, "minimum_slope": 0.1, "maximum_slope": 0.05},
            "leaky_relu": {"slope": self.one(0.01, 0.3)}, "prelu": {"slopes": self.one(1, channels)},
        }  # fmt: skip
        return Activation(name=name, **settings.get(name, {}))


def batch_norm(draw, channels):
    return [BatchNorm(channels=draw.one(None, draw.divisor(channels)), affine=draw.chance(), epsilon=draw.one(1e-5, 1e-3))]


def conv1d(draw, channels):
    common = {"kernel_size": draw.one(*TAPS), "dilation": draw.one(*DILATIONS), "bias": draw.chance(0.7)}
    kind = draw.one("plain", "grouped", "depthwise")
    if kind == "plain":
        return [Conv1d(channels=draw.one(*WIDTHS), **common)]
    groups = channels if kind == "depthwise" else draw.divisor(channels)
    return [Conv1d(channels=groups * draw.one(1, 2, 3), groups=groups, **common)]


def conv2d(draw, channels):
    features, taps = draw.one(1, 2, 3, 5, 8), draw.one(1, 2, 3, 4)
    padding = "same" if taps > features else draw.one("same", "valid")
    return [Dense(channels=features * draw.one(1, 2, 3)), Conv2d(
        features=features, filters=draw.one(1, 2, 3, 4), kernel_size=(draw.one(*TAPS[:5]), taps), padding=padding,
        dilation=draw.one(1, 2, 3), stride=draw.one(1, 1, 2, 3), bias=draw.chance(0.7))]  # fmt: skip


def recurrent(kind, draw, channels):
    make = functools.partial(kind, initial_state=draw.chance(), activation=draw.one("exact", "exact", "exact", "fast"))
    return [make(hidden=draw.one(*HIDDEN)) for _ in range(draw.one(1, 1, 1, 2, 3))]


def two_paths(kind, draw, channels):
    body = grown(draw, channels, draw.number(1, 3), PLAIN)
    out = run_outputs(tuple(body), channels)[-1]
    if out <= channels and draw.chance():
        return [kind(body=tuple(body))]
    beside = Conv1d(channels=out, groups=draw.divisor(channels, out), bias=draw.chance())
    return [kind(body=tuple(body), shortcut=(beside,))]


LAYERS = {
    "Activation": lambda draw, channels: [draw.curve(channels, CURVES if channels > 1 else CURVES[:-1])],
    "BatchNorm": batch_norm, "Conv1d": conv1d, "Conv2d": conv2d,
    "Dense": lambda draw, channels: [Dense(channels=draw.one(*WIDTHS), bias=draw.chance(0.7))],
    "FiLM": lambda draw, channels: [FiLM()],
    "GRU": functools.partial(recurrent, GRU), "LSTM": functools.partial(recurrent, LSTM),
    "Gain": lambda draw, channels: [Gain(level_db=draw.one(-6.0, 3.0))],
    "KnobInputs": lambda draw, channels: [KnobInputs(knobs=KNOBS)], "StateSpace": state_space, "TemporalFiLM": temporal_film,
    "MaxPool": lambda draw, channels: [MaxPool(kernel_size=draw.one(*TAPS))],
    "Multiply": functools.partial(two_paths, Multiply), "Residual": functools.partial(two_paths, Residual),
    "WaveNet": lambda draw, channels: [random_wavenet(draw, channels, condition=grown)],
}  # fmt: skip
PLAIN = ("Activation", "BatchNorm", "Conv1d", "Conv2d", "Dense", "MaxPool")
KNOBS = 2


def grown(draw, channels, count, kinds):
    """Return layers of `count` drawn kinds."""
    layers = []
    for kind in draw.random.choice(kinds, count):
        drawn = LAYERS[str(kind)](draw, channels)
        layers, channels = layers + drawn, run_outputs(tuple(drawn), channels)[-1]
    return layers


def random_spec(seed, kind=None):
    """Return a spec with a layer of `kind`, or of a drawn one, others often before and after it."""
    draw = Draw([seed, 1])
    kind = kind or draw.one(*LAYERS)
    inputs = draw.one(1, 1, 1, 2, 3)
    before = draw.number(0, 2) if kind != "WaveNet" or draw.chance(0.2) else 0
    layers = grown(draw, inputs, before, PLAIN)
    layers += grown(draw, run_outputs(tuple(layers), inputs)[-1], 1, (kind,))
    if not isinstance(layers[-1], WaveNet):
        layers += grown(draw, run_outputs(tuple(layers), inputs)[-1], draw.number(0, 2), PLAIN)
        layers += [] if draw.chance(0.2) else [Dense(channels=draw.one(1, 1, 1, 2, 3))]
    filmed = any(layer.conditioned for layer in layers)
    knobs = KNOBS if filmed or any(layer.knob_inputs for layer in layers) else 0
    conditioning = Conditioning(hidden=draw.one((3,), (8, 5), (16, 16)), activation=draw.one("tanh", "relu"))
    return ModelSpec(sample_rate=48000.0, layers=tuple(layers), input_channels=inputs,
                     knobs=tuple(Parameter(f"knob_{i}") for i in range(knobs)),
                     conditioning=conditioning if filmed else None)  # fmt: skip


def drawn_weights(spec, seed):
    """Return weights that keep levels about as they are: by fan-in, biases small, statistics and slopes in their range."""
    random = np.random.default_rng([seed, 2])
    weights = {}
    for name, shape in spec.weight_shapes.items():
        last = name.rsplit(".", 1)[-1]
        if last == "variance":
            value = random.uniform(0.3, 2.0, shape)
        elif last == "slopes":
            value = random.uniform(-0.2, 0.6, shape)
        elif last in ("time", "frequency", "output"):
            value = state_space_weight(last, random, shape)
        elif len(shape) == 1:
            value = 0.15 * random.standard_normal(shape)
            if ".films." in name or name.endswith("film.bias") or last == "weight":  # scales and gains are near 1
                value[: len(value) if last == "weight" else -(-len(value) // 2)] += 1.0
        else:
            value = 1.2 * random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
        weights[name] = value.astype(np.float32)
    return weights


def signal(spec, samples, seed=0):
    """Return noise with pauses, float32 (input channels, samples), deviation 0.3."""
    random = np.random.default_rng([seed, 3])
    audio = 0.35 * random.standard_normal((spec.input_channels, samples))
    return (audio * (np.arange(samples) // 50 % 4 != 3)).astype(np.float32)


def positions(spec, seed=0):
    """Return knob positions, float32 (knobs,)."""
    return np.random.default_rng([seed, 4]).random(len(spec.knobs)).astype(np.float32)


@contextlib.contextmanager
def one_thread():
    """Keep torch to one thread: small nets lose their time in waiting for others."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def answer(model, audio, raw, dtype=torch.float64):
    """Return torch's answer, (output channels, samples), for audio (input channels, samples) and positions (knobs,)."""
    with one_thread(), torch.no_grad():
        net = from_weights(model.spec, model.weights).to(dtype)
        return net(torch.from_numpy(audio)[None].to(dtype), torch.from_numpy(raw)[None].to(dtype))[0].numpy()


def deviation(model, seed=0):
    """Return the answer's standard deviation, the smallest over the channels, after the start has passed."""
    spec = model.spec
    audio = signal(spec, spec.receptive_field + 400, seed)
    return float(answer(model, audio, positions(spec, seed))[:, -400:].std(1).min())


def leveled(spec, seed):
    """Return a Model whose answer has a deviation of 0.1 to 1, its deviation before that, and over signals the ratio of
    the largest to the smallest."""
    model = Model(spec, drawn_weights(spec, seed))
    levels = [deviation(model, seed + i) for i in range(3)]
    level = max(float(np.median(levels)), 1e-9)
    return model if 0.15 <= level <= 0.7 else scaled(model, 0.3 / level), level, max(levels) / max(min(levels), 1e-9)


def scaled(model, gain):
    """Return the Model with its answer times `gain`: in the last layer's weights, or in a Gain after it."""
    layers, weights = model.spec.layers, dict(model.weights)
    last = layers[-1]
    if isinstance(last, Conv1d | Dense):
        for name in last.weight_shapes(f"layers.{len(layers) - 1}.", 1, 0):
            weights[name] = weights[name] * np.float32(gain)
    elif isinstance(last, WaveNet):
        layers = (*layers[:-1], last.model_copy(update={"head_scale": float(f"{last.head_scale * gain:.4g}")}))
    else:
        layers = (*layers, Gain(level_db=round(20 * np.log10(gain), 3)))
    return Model(model.spec.model_copy(update={"layers": layers}), weights)


def named_model(name, seed=0):
    """Return the Model of a shape in named_specs."""
    return leveled(SHAPES[name], seed)[0]


def random_model(seed, kind=None):
    """Return the Model of a seed, with a layer of `kind` ("WaveNet", "LSTM", …) or of a drawn one."""
    for attempt in range(50):
        model, level, spread = leveled(random_spec(seed + 100_000 * attempt, kind), seed)
        if 0.02 < level < 50 and spread < 3:  # else nothing is left to hear, or the knobs decide whether there is
            return model
    raise AssertionError(f"seed {seed}, {kind}: nothing to hear")
