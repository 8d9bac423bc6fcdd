"""WaveNets of one layer that do what something else did: a curve between matrices, a sum or product with the input."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..bake_layers import Part, Weights, joined
from ..spec import Activation, Conv1d, Dense, WaveNet, WaveNetArray

IDENTITY = Activation(name="leaky_relu", slope=1.0)


def full_weight(part: Part, inputs: int) -> np.ndarray:
    """Return a dense layer's or convolution's weight as (out, inputs, taps), its groups written out as zeros."""
    layer, weight = part.layer, part.weights["weight"].astype(np.float64)
    if isinstance(layer, Dense):
        return weight[:, :, None]
    rows, columns = layer.channels // layer.groups, inputs // layer.groups
    full = np.zeros((layer.channels, inputs, layer.kernel_size))
    for group in range(layer.groups):
        out = slice(group * rows, (group + 1) * rows)
        full[out, group * columns : (group + 1) * columns] = weight[out]
    return full


def one_by_one(part: Part, inputs: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (matrix (out, inputs), bias) of a layer that is no more than that; None for others."""
    layer = part.layer
    if not (isinstance(layer, Dense) or (isinstance(layer, Conv1d) and layer.kernel_size == 1)):
        return None
    return full_weight(part, inputs)[:, :, 0], part.weights.get("bias", np.zeros(layer.channels))


def stage(before: Sequence[Part], inputs: int, width: int, matrix: Part | None, curve: Part | None,
          convolution: Part | None) -> Part:  # fmt: skip
    """Return convolution(curve(matrix(what `before` makes of the net's input))) as a WaveNet; None is the identity.

    Args:
        before: layers whose output is the WaveNet's condition; none: the condition is the input.
        inputs, width: channels of the net's input, and behind `before`.
        matrix: 1x1; where nothing is before it, a convolution in time too, for it then reads the path.
        curve: with its slopes.
        convolution: any; it becomes the head.
    """
    in_time = matrix is not None and one_by_one(matrix, width) is None
    weight = np.eye(width)[:, :, None] if matrix is None else full_weight(matrix, width)
    inside = len(weight)
    path = width if in_time else 1
    head = np.eye(inside)[:, :, None] if convolution is None else full_weight(convolution, inside)
    array = WaveNetArray(
        channels=path, dilations=(getattr(matrix.layer, "dilation", 1) if in_time and matrix else 1,),
        kernel_size=weight.shape[2] if in_time else 1, activation=curve.layer if curve else IDENTITY, bottleneck=inside,
        head_channels=len(head), head_kernel_size=head.shape[2],
        head_dilation=getattr(convolution.layer, "dilation", 1) if convolution else 1,
        head_bias=convolution is not None and "bias" in convolution.weights, film=False,
    )  # fmt: skip
    layer = "arrays.0.layers.0."
    weights: Weights = {
        "arrays.0.rechannel.weight": np.eye(path, inputs)[:, :, None] * in_time,
        f"{layer}conv.weight": weight if in_time else np.zeros((inside, 1, 1)),
        f"{layer}conv.bias": np.zeros(inside) if matrix is None else matrix.weights.get("bias", np.zeros(inside)),
        f"{layer}mixin.weight": np.zeros((inside, width, 1)) if in_time else weight,
        f"{layer}residual.weight": np.zeros((path, inside, 1)), f"{layer}residual.bias": np.zeros(path),
        "arrays.0.head.weight": head,
    }  # fmt: skip
    if curve and "slopes" in curve.weights:
        weights[f"{layer}activation.slopes"] = curve.weights["slopes"]
    if array.head_bias and convolution:
        weights["arrays.0.head.bias"] = convolution.weights["bias"]
    return _conditioned(array, weights, before)


def together(body: Sequence[Part], inputs: int, matrix: np.ndarray, offset: np.ndarray, gate: Any | None) -> Part:
    """Return body(x) + matrix · x + offset as a WaveNet; with a gate, gate(body(x)) times the rest."""
    outputs, keep = len(matrix), np.eye(len(matrix))[:, :, None]
    rows = np.zeros_like(keep)
    array = WaveNetArray(channels=outputs, dilations=(1,), kernel_size=1, activation=IDENTITY, residual=False,
                         gating="none" if gate is None else "gated", head_channels=outputs, head_bias=False, film=False,
                         **({} if gate is None else {"secondary": gate}))  # fmt: skip
    layer = "arrays.0.layers.0."
    weights: Weights = {
        "arrays.0.rechannel.weight": matrix[:, :, None],
        f"{layer}conv.weight": keep if gate is None else np.concatenate([keep, rows]),
        f"{layer}conv.bias": offset if gate is None else np.concatenate([offset, np.zeros(outputs)]),
        f"{layer}mixin.weight": keep if gate is None else np.concatenate([rows, keep]),
        "arrays.0.head.weight": keep,
    }
    return _conditioned(array, weights, body)


def _conditioned(array: WaveNetArray, weights: Weights, condition: Sequence[Part]) -> Part:
    layers, found = joined(condition, "condition.")
    return Part(WaveNet(arrays=(array,), condition=layers), {**found, **weights})
