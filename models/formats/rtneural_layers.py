"""The layers of RTNeural JSON: each from its entry in the file to a layer of the spec and its weights.

Weights stand as Keras keeps them: dense (in, out); conv1d (taps, in / groups, out) and conv2d (taps, width, in, out), tap 0
the oldest; lstm gates i, f, c, o; gru gates z, r, h, with two rows of biases (reset_after). `activation` may be missing;
beside lstm and gru it says nothing, their curves are always sigmoid and tanh. As in RTNeural, a conv2d is causal in time
whatever its `padding`, which speaks of the features.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np

from ..spec import GRU, LARGEST_RECEPTIVE_FIELD, LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense, MaxPool
from .json_file import Node
from .weighted import Weighted

CURVES = ("tanh", "relu", "sigmoid", "softmax", "elu")
WIDEST = 1024


def width_of(shape: Node) -> int:
    """Return the channels of a Keras shape: the last entry, or features times filters, the last two of a conv2d's four."""
    sizes = shape.entries(1, 4)
    counted = sizes[2:] if len(sizes) == 4 else sizes[-1:]
    for size in sizes[: -len(counted)]:
        if size.value is not None:  # batch and time: any, or open
            size.whole(1, 2**53)
    channels = math.prod(size.whole(1, WIDEST) for size in counted)
    if channels > WIDEST:
        raise shape.problem(f"{channels} channels; {WIDEST} are the most")
    return channels


def _last(node: Node, most: int = LARGEST_RECEPTIVE_FIELD) -> int:
    """Return a whole number, which Keras may write as a list of one a dimension: the last counts."""
    return (node.entries(1, 4)[-1] if isinstance(node.value, list) else node).whole(1, most)


def _unchanged(part: Node, inputs: int, outputs: int) -> None:
    if outputs != inputs:
        raise part["shape"].problem(f"{outputs} channels out, {inputs} in; this layer does not change them")


def _curve(part: Node) -> Iterator[Weighted]:
    """Yield the activation that the layer names, if it names one."""
    curve = part.get("activation")
    if curve is not None and curve.text(("", *CURVES)):
        yield Activation(name=curve.value), {}


def _no_curve(part: Node) -> None:
    curve = part.get("activation")
    if curve is not None:
        curve.text(("",))


def _kernel(part: Node, *shape: int) -> dict[str, np.ndarray]:
    """Return weight, its axes turned around to torch's order, and bias where the file has one."""
    arrays = part["weights"].entries(1, 2)
    named = {"weight": arrays[0].array(*shape).T}
    return named if len(arrays) == 1 else {**named, "bias": arrays[1].array(shape[-1])}


def _dense(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    arrays = _kernel(part, inputs, outputs)
    yield Dense(channels=outputs, bias="bias" in arrays), arrays
    yield from _curve(part)


def _conv1d(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    taps, dilation = _last(part["kernel_size"]), _last(part["dilation"])
    groups = 1 if part.get("groups") is None else part["groups"].whole(1, WIDEST)
    if inputs % groups or outputs % groups:
        raise part["groups"].problem(f"{groups} groups do not divide {inputs} inputs and {outputs} outputs")
    _check_stride(part)
    padding = part.get("padding")
    if padding is not None and taps > 1:
        padding.text(("causal",))
    arrays = _kernel(part, taps, inputs // groups, outputs)
    yield Conv1d(channels=outputs, kernel_size=taps, dilation=dilation, groups=groups, bias="bias" in arrays), arrays
    yield from _curve(part)


def _check_stride(part: Node) -> None:
    for key in ("strides", "stride"):
        stride = part.get(key)
        if stride is not None and _last(stride) != 1:
            raise stride.problem("1 is needed: an effect gives as many samples as it takes")


def _conv2d(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    taps, width = _last(part["kernel_size_time"]), _last(part["kernel_size_feature"], WIDEST)
    entering, features, filters = (_last(part[f"num_{n}"], WIDEST) for n in ("filters_in", "features_in", "filters_out"))
    if entering * features != inputs:
        raise part["num_features_in"].problem(
            f"{features} features of {entering} filters are not the {inputs} channels that enter"
        )
    arrays = part["weights"].entries(1, 2)
    named = {"weight": arrays[0].array(taps, width, entering, filters).transpose(3, 2, 0, 1)}
    if len(arrays) == 2:
        named["bias"] = arrays[1].array(filters)
    padding = "same" if part["padding"].text(("valid", "same")) == "same" else "valid"
    layer = Conv2d(features=features, filters=filters, kernel_size=(taps, width), dilation=_last(part["dilation"]),
                   stride=_last(part["strides"], WIDEST), padding=padding, bias=len(arrays) == 2)  # fmt: skip
    if layer.outputs(inputs) != outputs:
        raise part["shape"].problem(f"{outputs} channels; this convolution gives {layer.outputs(inputs)}")
    yield layer, named
    yield from _curve(part)


def _lstm(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    from_input, from_state, biases = _recurrent(part, inputs, outputs, 4)
    bias = biases.array(4 * outputs) if biases else np.zeros(4 * outputs, np.float32)
    arrays = {"weight_ih": from_input.T, "weight_hh": from_state.T, "bias_ih": bias, "bias_hh": np.zeros_like(bias)}
    yield LSTM(hidden=outputs), arrays


def _gru(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    from_input, from_state, biases = _recurrent(part, inputs, outputs, 3)
    if biases and isinstance(biases.value, list) and not any(isinstance(row, list) for row in biases.value):
        raise biases.problem("one row of biases (reset_after=False); RTNeural plays two, train with reset_after=True")
    bias = biases.array(2, 3 * outputs) if biases else np.zeros((2, 3 * outputs), np.float32)
    arrays = {"weight_ih": from_input.T, "weight_hh": from_state.T, "bias_ih": bias[0], "bias_hh": bias[1]}
    yield GRU(hidden=outputs), {name: _reset_first(array) for name, array in arrays.items()}


def _recurrent(part: Node, inputs: int, outputs: int, gates: int) -> tuple[np.ndarray, np.ndarray, Node | None]:
    """Return the weights from the input, those from the state, and where the biases stand, if they do."""
    curve = part.get("activation")
    if curve is not None:
        curve.text(("", *CURVES))
    arrays = part["weights"].entries(2, 3)
    from_input, from_state = arrays[0].array(inputs, gates * outputs), arrays[1].array(outputs, gates * outputs)
    return from_input, from_state, arrays[2] if len(arrays) == 3 else None


def _reset_first(gates: np.ndarray) -> np.ndarray:
    """Return the first axis, gates z, r, n, as r, z, n."""
    z, r, n = np.split(gates, 3)
    return np.concatenate([r, z, n])


def _prelu(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    _unchanged(part, inputs, outputs)
    _no_curve(part)
    alphas = part["weights"].entries(1, 1)[0]
    slopes = alphas.array(1, None)[0]
    if len(slopes) not in (1, inputs):
        raise alphas.problem(f"{len(slopes)} slopes; 1 or {inputs} are needed")
    yield Activation(name="prelu", slopes=len(slopes)), {"slopes": slopes}


def _batchnorm(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    _unchanged(part, inputs, outputs)
    _no_curve(part)
    channels = inputs
    if part["type"].value == "batchnorm2d":
        channels, features = _last(part["num_filters_in"], WIDEST), _last(part["num_features_in"], WIDEST)
        if channels * features != inputs:
            raise part["num_filters_in"].problem(f"{features} features of {channels} filters are not {inputs} channels")
    arrays = part["weights"].entries(2, 4)
    if len(arrays) == 3:
        raise part["weights"].problem("3 entries: gain or offset alone; mean and variance, with both or neither, are needed")
    names = ("weight", "bias", "mean", "variance")[-len(arrays) :]
    named = {name: array.array(channels) for name, array in zip(names, arrays, strict=True)}
    yield BatchNorm(channels=channels, epsilon=part["epsilon"].number(), affine=len(arrays) == 4), named


def _activation(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    _unchanged(part, inputs, outputs)
    part["weights"].entries(0, 0)
    yield from _curve(part)


def _maxpool(part: Node, inputs: int, outputs: int) -> Iterator[Weighted]:
    _unchanged(part, inputs, outputs)
    _no_curve(part)
    _check_stride(part)
    part["weights"].entries(0, 0)
    yield MaxPool(kernel_size=_last(part["pool_size"])), {}


LAYERS: dict[str, Callable[[Node, int, int], Iterator[Weighted]]] = {
    "dense": _dense, "time-distributed-dense": _dense, "conv1d": _conv1d, "conv2d": _conv2d, "lstm": _lstm, "gru": _gru,
    "prelu": _prelu, "batchnorm": _batchnorm, "batchnorm2d": _batchnorm, "activation": _activation, "maxpool1d": _maxpool,
}  # fmt: skip
