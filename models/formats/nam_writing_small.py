"""Writing the small architectures of .nam: LSTM, ConvNet, Linear. Each has `…_length`: how many leading layers it takes."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from ..errors import CannotHold
from ..spec import LSTM, Activation, BatchNorm, Conv1d, Dense
from .nam_net import Net
from .nam_writing_net import NAME, OTHERS, Written, curve_object, flat


def lstm_length(layers: Sequence[Any], inputs: int) -> int:
    """Return the number of LSTMs of one size and the dense layer behind them; 0 where that is not how it starts."""
    hidden = getattr(layers[0], "hidden", None)
    count = len(list(takewhile(lambda layer: isinstance(layer, LSTM) and layer.hidden == hidden, layers)))
    return count + 1 if count and count < len(layers) and isinstance(layers[count], Dense) else 0


def write_lstm(net: Net, where: str, nested: Any) -> Written:
    """Write LSTM layers and their head: one bias, which is the sum of both; a state that starts at zero is written as such."""
    *recurrent, head = net.layers
    arrays = []
    for i, layer in enumerate(recurrent):
        if layer.activation != "exact":
            raise CannotHold(NAME, f"{where}.activation", "the player chooses fast curves, not the file; load the model with "
                             "activation='exact'")  # fmt: skip
        found = {name: net.weights[f"{i}.{name}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        start = np.zeros(layer.hidden, np.float32)
        arrays += [np.concatenate([found["weight_ih"], found["weight_hh"]], axis=1), found["bias_ih"] + found["bias_hh"],
                   net.weights.get(f"{i}.initial_hidden", start), net.weights.get(f"{i}.initial_cell", start)]  # fmt: skip
    config = {"input_size": net.input_channels, "hidden_size": recurrent[0].hidden, "num_layers": len(recurrent)}
    new = _channels(config, net.input_channels, head.channels)
    return Written(config, flat([*arrays, *_head(net, head)]), new)


def _channels(config: dict[str, Any], inputs: int, outputs: int) -> bool:
    """Add the numbers of channels where they are not 1; return whether they are not."""
    more = {"in_channels": inputs, "out_channels": outputs}
    config.update({key: value for key, value in more.items() if value != 1})
    return (inputs, outputs) != (1, 1)


def _head(net: Net, head: Dense) -> list[np.ndarray]:
    at = len(net.layers) - 1
    return [net.weights[f"{at}.weight"], net.weights.get(f"{at}.bias", np.zeros(head.channels, np.float32))]


def _blocks(layers: Sequence[Any], inputs: int) -> list[tuple[Conv1d, BatchNorm | None, Activation]]:
    """Return the blocks at the start of `layers` that one ConvNet can have."""
    blocks: list[tuple[Conv1d, BatchNorm | None, Activation]] = []
    at = 0
    while at + 1 < len(layers) and isinstance(layers[at], Conv1d) and layers[at].kernel_size == 2:
        convolution = layers[at]
        norm = layers[at + 1] if isinstance(layers[at + 1], BatchNorm) else None
        curve = layers[at + 2] if norm and at + 2 < len(layers) else layers[at + 1]
        fits = isinstance(curve, Activation) and convolution.bias == (norm is None)
        if norm is not None:
            fits = fits and norm.affine and norm.channels in (None, convolution.channels)
        first = blocks[0] if blocks else (convolution, norm, curve)
        same = (convolution.channels, convolution.groups) == (first[0].channels, first[0].groups) and curve == first[2]
        if not (fits and same and (norm is None) == (first[1] is None)):
            break
        blocks.append((convolution, norm, curve))
        at += 3 if norm else 2
    return blocks


def conv_net_length(layers: Sequence[Any], inputs: int) -> int:
    """Return the layers of the blocks (convolution of 2 taps, normalisation, curve) and the dense layer behind them."""
    blocks = _blocks(layers, inputs)
    length = sum(2 if norm is None else 3 for _, norm, _ in blocks)
    return length + 1 if blocks and length < len(layers) and isinstance(layers[length], Dense) else 0


def write_conv_net(net: Net, where: str, nested: Any) -> Written:
    """Write blocks and head. Raises CannotHold where the slopes of their PReLUs differ: the format has one curve for all."""
    blocks = _blocks(net.layers, net.input_channels)
    convolution, norm, curve = blocks[0]
    arrays, curves, at = [], [], 0
    for _, has_norm, _ in blocks:
        arrays += [net.weights[f"{at}.{name}"] for name in (("weight",) if has_norm else ("weight", "bias"))]
        at += 1
        if has_norm:
            arrays += [net.weights[f"{at}.{name}"] for name in ("mean", "variance", "weight", "bias")]
            arrays.append(np.array([has_norm.epsilon], np.float32))
            at += 1
        curves.append(curve_object(curve, net.weights.get(f"{at}.slopes"), f"{where}.activation"))
        at += 1
    if any(other != curves[0] for other in curves):
        raise CannotHold(NAME, f"{where}.slopes", "a ConvNet of this format has the same PReLU in every block; "
                         f"{OTHERS}")  # fmt: skip
    config = {"channels": convolution.channels, "dilations": [c.dilation for c, _, _ in blocks], "batchnorm": norm is not None,
              "activation": curves[0]}  # fmt: skip
    if convolution.groups != 1:
        config["groups"] = convolution.groups
    new = _channels(config, net.input_channels, net.layers[-1].channels) or not isinstance(curves[0], str)
    return Written(config, flat([*arrays, *_head(net, net.layers[-1])]), new)


def linear_length(layers: Sequence[Any], inputs: int) -> int:
    """Return 1 where a convolution from one channel to one comes first."""
    layer = layers[0]
    return int(isinstance(layer, Conv1d) and (inputs, layer.channels, layer.dilation) == (1, 1, 1))


def write_linear(net: Net, where: str, nested: Any) -> Written:
    """Write an impulse response, newest sample first, as NeuralAmpModelerCore reads it."""
    layer = net.layers[0]
    arrays = [net.weights["0.weight"][0, 0, ::-1], *([net.weights["0.bias"]] if layer.bias else [])]
    return Written({"receptive_field": layer.kernel_size, "bias": layer.bias}, flat(arrays))
