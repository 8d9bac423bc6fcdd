"""A TCN as one WaveNet array: blocks whose shortcut scales each channel become layers whose path never does.

With y the blocks' signal and D the product of the shortcuts so far, the array's path is Y = y / D: a block
y' = S y + a is then Y' = Y + a / (S D), which is what a layer does. A last layer without curve reads the whole path, and
alone adds to the head.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..bake_layers import Part, Weights, split
from ..spec import Activation, Conv1d, Residual, WaveNet, WaveNetArray
from .nam_fitting_wavenet import IDENTITY, full_weight, one_by_one
from .nam_net import CURVES

Block = tuple[Part, Part | None, np.ndarray]  # convolution, curve, the shortcut's matrix
SMALLEST = 1e-7  # of a shortcut's scale: below, it counts as this


def leading_blocks(parts: Sequence[Part], inputs: int) -> list[Block]:
    """Return the blocks at the start of `parts` that one array can have."""
    blocks: list[Block] = []
    for part in parts:
        block = _block(part, inputs, first=not blocks)
        if block is None or (blocks and len(block[2]) != inputs):
            break
        blocks.append(block)
        inputs = len(block[2])
    return blocks


def _block(part: Part, inputs: int, first: bool) -> Block | None:
    if not isinstance(part.layer, Residual):
        return None
    body, beside = split(part.layer.body, part.weights, "body."), split(part.layer.shortcut, part.weights, "shortcut.")
    curve = body[1] if len(body) == 2 else None
    fits = len(body) <= 2 and isinstance(body[0].layer, Conv1d) and len(beside) <= 1
    fits = fits and (curve is None or (isinstance(curve.layer, Activation) and curve.layer.name in CURVES.values()))
    found = one_by_one(beside[0], inputs) if beside else (np.eye(inputs), np.zeros(inputs))
    if not fits or found is None or found[1].any():
        return None
    matrix = found[0]
    if len(matrix) != body[0].layer.channels or not (first or np.array_equal(matrix, np.diag(np.diag(matrix)))):
        return None
    return (body[0], curve, matrix) if np.linalg.matrix_rank(matrix) == inputs or not first else None


def tcn_as_wavenet(parts: Sequence[Part], blocks: Sequence[Block], inputs: int) -> tuple[Part, int]:
    """Return `blocks`, which lead `parts`, with the matrices behind them as a WaveNet; and how many of `parts` it takes."""
    taken, channels = len(blocks), len(blocks[0][2])
    behind, projection = (list(parts[taken : taken + 2]), (np.eye(channels), np.zeros(channels)))
    found = one_by_one(behind[0], channels) if behind else None
    if found is not None:
        behind, projection, taken = behind[1:], found, taken + 1
    head, head_bias, dilation = np.eye(len(projection[0]))[:, :, None], None, 1
    if behind and isinstance(behind[0].layer, Conv1d):
        head, head_bias, taken = full_weight(behind[0], len(projection[0])), behind[0].weights.get("bias"), taken + 1
        dilation = behind[0].layer.dilation
    curves = [curve.layer if curve else IDENTITY for _, curve, _ in blocks]
    array = WaveNetArray(
        channels=channels, dilations=(*(part.layer.dilation for part, _, _ in blocks), 1),
        kernel_size=(*(part.layer.kernel_size for part, _, _ in blocks), 1), activation=(*curves, IDENTITY),
        head_projection=len(projection[0]), head_channels=len(head), head_kernel_size=head.shape[2], head_dilation=dilation,
        head_bias=head_bias is not None, film=False,
    )  # fmt: skip
    weights: Weights = {"arrays.0.rechannel.weight": blocks[0][2][:, :, None], "arrays.0.head.weight": head,
                        **({} if head_bias is None else {"arrays.0.head.bias": head_bias})}  # fmt: skip
    _fill(weights, blocks, inputs, projection)
    return Part(WaveNet(arrays=(array,)), weights), taken


def _fill(weights: Weights, blocks: Sequence[Block], inputs: int, projection: tuple[Any, Any]) -> None:
    """Add the weights of every layer."""
    channels, scale = len(blocks[0][2]), np.ones(len(blocks[0][2]))
    for i, (convolution, curve, matrix) in enumerate(blocks):
        entering = inputs if i == 0 else channels
        weight = full_weight(convolution, entering)
        if i == 0:  # reads the path, which starts as matrix · x: x again is its pseudo-inverse of that
            weight = np.einsum("oik,ic->ock", weight, np.linalg.pinv(matrix))
        else:
            weight = weight * scale[:, None]
            own = np.diag(matrix)
            scale = scale * np.where(np.abs(own) < SMALLEST, SMALLEST, own)
        bias = convolution.weights.get("bias", np.zeros(channels))
        _layer(
            weights, i, inputs, weight, bias, np.diag(1.0 / scale), (np.zeros_like(projection[0]), np.zeros_like(projection[1]))
        )
        if curve and "slopes" in curve.weights:
            weights[f"arrays.0.layers.{i}.activation.slopes"] = curve.weights["slopes"]
    _layer(
        weights, len(blocks), inputs, np.diag(scale)[:, :, None], np.zeros(channels), np.zeros((channels, channels)), projection
    )


def _layer(weights: Weights, i: int, inputs: int, weight: np.ndarray, bias: np.ndarray, residual: np.ndarray,
           projection: tuple[Any, Any]) -> None:  # fmt: skip
    at = f"arrays.0.layers.{i}."
    weights[f"{at}conv.weight"], weights[f"{at}conv.bias"] = weight, bias
    weights[f"{at}mixin.weight"] = np.zeros((len(bias), inputs, 1))
    weights[f"{at}residual.weight"], weights[f"{at}residual.bias"] = residual[:, :, None], np.zeros(len(residual))
    weights[f"{at}head_projection.weight"], weights[f"{at}head_projection.bias"] = projection[0][:, :, None], projection[1]
