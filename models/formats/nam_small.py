"""The small architectures of .nam: LSTM, ConvNet, Linear."""

import numpy as np

from ..spec import LARGEST_RECEPTIVE_FIELD, LSTM, BatchNorm, Conv1d, Dense
from .nam_net import FlatWeights, NamObject, Net, Weights, curve, whole


def read_lstm(item: NamObject) -> Net:
    """Read LSTM layers in series and their dense head.

    Weights a layer: [input | hidden] (4 H, I + H), gates i, f, g, o; one bias; the state before the first sample.
    """
    inputs, hidden, outputs = item.width("input_size"), item.width("hidden_size"), item.width("out_channels", 1)
    layers = whole(item.config, "num_layers", 1, 64)
    if item.width("in_channels", 1) != inputs:
        raise item.config["input_size"].problem(f"{inputs}, but the signal has {item.width('in_channels', 1)} channels")
    entering = [inputs, *[hidden] * (layers - 1)]
    needed = sum(4 * hidden * (n + hidden) + 4 * hidden + 2 * hidden for n in entering) + outputs * hidden + outputs
    flat, weights = FlatWeights(item, needed), Weights()
    for i, n in enumerate(entering):
        matrix = flat.take(4 * hidden, n + hidden)
        weights[f"{i}.weight_ih"], weights[f"{i}.weight_hh"] = matrix[:, :n].copy(), matrix[:, n:].copy()
        weights[f"{i}.bias_ih"], weights[f"{i}.bias_hh"] = flat.take(4 * hidden), np.zeros(4 * hidden, np.float32)
        weights[f"{i}.initial_hidden"], weights[f"{i}.initial_cell"] = flat.take(hidden), flat.take(hidden)
    weights[f"{layers}.weight"], weights[f"{layers}.bias"] = flat.take(outputs, hidden), flat.take(outputs)
    prewarm = 1 if item.sample_rate is None else max(int(0.5 * item.sample_rate), 1)
    net = (*[LSTM(hidden=hidden, initial_state=True)] * layers, Dense(channels=outputs))
    return Net(net, weights, inputs, item.sample_rate, prewarm)


def read_conv_net(item: NamObject) -> Net:
    """Read blocks of convolution (2 taps), batch normalisation and activation, and their dense head."""
    config = item.config
    channels, groups, inputs, outputs = (
        item.width("channels"), item.width("groups", 1), item.width("in_channels", 1), item.width("out_channels", 1)
    )  # fmt: skip
    dilations = [d.whole(1, LARGEST_RECEPTIVE_FIELD) for d in config["dilations"].entries(1, 256)]
    normalised, block_curve = config["batchnorm"].flag(), curve(config["activation"])
    entering = [inputs, *[channels] * (len(dilations) - 1)]
    convolutions = [Conv1d(channels=channels, kernel_size=2, dilation=d, groups=groups, bias=not normalised) for d in dilations]
    for convolution, n in zip(convolutions, entering, strict=True):
        convolution.outputs(n)  # raises where groups do not divide
    extra = 4 * channels + 1 if normalised else channels
    needed = sum(channels * (n // groups) * 2 + extra for n in entering) + outputs * channels + outputs
    flat, layers, weights = FlatWeights(item, needed), [], Weights()
    for convolution, n in zip(convolutions, entering, strict=True):
        weights.update(flat.fill(convolution.weight_shapes(f"{len(layers)}.", n, 0), {}))
        layers.append(convolution)
        if normalised:
            layers.append(_batch_norm(item, flat, len(layers), channels, weights))
        weights.update(block_curve.weights(f"{len(layers)}."))
        layers.append(block_curve.activation)
    weights[f"{len(layers)}.weight"], weights[f"{len(layers)}.bias"] = flat.take(outputs, channels), flat.take(outputs)
    return Net((*layers, Dense(channels=outputs)), weights, inputs, item.sample_rate)


def _batch_norm(item: NamObject, flat: FlatWeights, at: int, channels: int, weights: Weights) -> BatchNorm:
    for name in ("mean", "variance", "weight", "bias"):
        weights[f"{at}.{name}"] = flat.take(channels)
    epsilon = float(flat.take(1)[0])
    if epsilon <= 0 or not (weights[f"{at}.variance"] + epsilon > 0).all():
        raise item.node["weights"].problem("a batch normalisation whose variance is not above 0")
    return BatchNorm(epsilon=epsilon)


IMPLEMENTATIONS = ("auto", "direct", "legacy", "old", "fft", "partitioned_fft", "partitioned-fft")


def read_linear(item: NamObject) -> Net:
    """Read an impulse response, newest sample first unless `reversed_linear`, and a bias; every channel on its own."""
    taps = whole(item.config, "receptive_field", 1, LARGEST_RECEPTIVE_FIELD)
    bias = item.config["bias"].flag()
    if item.width("in_channels", 1) != item.width("out_channels", 1):
        raise item.config.problem("as many in_channels as out_channels are needed")
    how = item.config.get("implementation")
    if how is not None and how.text().lower() not in IMPLEMENTATIONS:
        raise how.problem(f"not one of {', '.join(IMPLEMENTATIONS)}")
    flat = FlatWeights(item, taps + bias)
    response = flat.take(1, 1, taps)
    weights = {"0.weight": response if item.options.reversed_linear else response[:, :, ::-1].copy()}
    if bias:
        weights["0.bias"] = flat.take(1)
    return Net((Conv1d(channels=1, kernel_size=taps, bias=bias),), weights, 1, item.sample_rate, 0)
