"""WaveNet of .nam, with every option of the format."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..spec import Conv1d, Shapes, WaveNet
from .nam_net import FlatWeights, NamObject, Net, Weights, count, curve, moved, prewarm
from .nam_slim import slimmed
from .nam_wavenet_array import NamArray, read_array


def read_wavenet(item: NamObject) -> Net:
    """Read layer arrays, the net that makes their condition, and the head behind the stack.

    The last weight is the head scale; the one in the config is not heard.
    """
    inputs = item.width("in_channels", 1)
    condition, rate = None, item.sample_rate
    if item.config.get("condition_dsp") is not None:
        condition = item.nested(item.config["condition_dsp"], replace(item.options, slim=None))
        rate = item.common_rate(condition, item.config["condition_dsp"])
        if condition.input_channels != inputs:
            raise item.config["condition_dsp"].problem(f"takes {condition.input_channels} channels, the signal has {inputs}")
    item.config["head_scale"].number()
    arrays = [read_array(node) for node in item.config["layers"].entries(1, 64)]
    stack = WaveNet(arrays=tuple(array.spec for array in arrays), condition=condition.layers if condition else ())
    _check_channels(stack, arrays, inputs)
    head, head_weights = _read_head(item, stack.outputs(inputs))
    given = {**moved(condition.weights if condition else {}, "0.condition."), **head_weights}
    for i, array in enumerate(arrays):
        given.update({f"0.arrays.{i}.{name}": slopes for name, slopes in array.slopes.items()})
    shapes = stack.weight_shapes("0.", inputs, 0)
    head_shapes = _head_shapes(head, stack.outputs(inputs))
    flat = FlatWeights(item, count(shapes, given) + count(head_shapes, given) + 1)
    weights = {**flat.fill(shapes, given), **flat.fill(head_shapes, given)}
    stack = stack.model_copy(update={"head_scale": float(flat.take(1)[0])})
    if item.options.layer1x1_post_film == "legacy":
        _silence_films(stack, weights)
    stack, weights = slimmed(item, stack, arrays, weights, inputs, followed=bool(head))
    receptive = 1 + sum(part.receptive_field - 1 for part in (*stack.arrays, *head))
    prewarm_samples = prewarm([condition], receptive - 1) if condition else None
    return Net((stack, *head), weights, inputs, rate, prewarm_samples)


def _check_channels(stack: WaveNet, arrays: list[NamArray], inputs: int) -> None:
    """Raise ModelFileError where the sizes that a file repeats do not agree."""
    entering, condition = inputs, stack.condition_channels(inputs)
    for array in arrays:
        for key, expected in (("input_size", entering), ("condition_size", condition)):
            if array.node[key].whole(1, 1024) != expected:
                raise array.node[key].problem(f"{array.node[key].value}, but {expected} channels arrive")
        entering = array.spec.channels


def _read_head(item: NamObject, inputs: int) -> tuple[tuple[Any, ...], Weights]:
    """Return the layers behind the stack (an activation before each convolution), and the slopes of a PReLU."""
    node = item.config.get("head")
    if node is None:
        return (), {}
    if node.get("in_channels") is not None and node["in_channels"].whole(1, 1024) != inputs:
        raise node["in_channels"].problem(f"{node['in_channels'].value}, but {inputs} channels arrive")
    taps = [k.whole(1, 2_000_000) for k in node["kernel_sizes"].entries(1, 64)]
    channels, outputs, head_curve = (
        node["channels"].whole(1, 1024),
        node["out_channels"].whole(1, 1024),
        curve(node["activation"]),
    )
    layers, slopes = [], Weights()
    for i, size in enumerate(taps):
        slopes.update(head_curve.weights(f"{1 + len(layers)}."))
        layers += [head_curve.activation, Conv1d(channels=outputs if i + 1 == len(taps) else channels, kernel_size=size)]
    return tuple(layers), slopes


def _head_shapes(head: tuple[Any, ...], inputs: int) -> Shapes:
    shapes: Shapes = {}
    for i, layer in enumerate(head):
        shapes.update(layer.weight_shapes(f"{i + 1}.", inputs, 0))
        inputs = layer.outputs(inputs)
    return shapes


def _silence_films(stack: WaveNet, weights: Weights) -> None:
    """Make the FiLM after each 1x1 convolution the identity, except in blended layers: NeuralAmpModelerCore up to 0.5.5."""
    for i, array in enumerate(stack.arrays):
        for film in (film for film in array.signal_films if film.slot == "layer1x1_post"):
            for j in (j for j in range(len(array.dilations)) if array.gate(j) != "blended"):
                start = f"0.arrays.{i}.layers.{j}.films.{film.slot}."
                bias = np.zeros_like(weights[f"{start}bias"])
                bias[: array.channels] = 1.0
                weights[f"{start}weight"], weights[f"{start}bias"] = np.zeros_like(weights[f"{start}weight"]), bias
