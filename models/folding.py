"""Layers as plainer ones that do the same: what every engine and format may fold before it plays or writes a net."""

from collections.abc import Mapping

import numpy as np

from .spec import BatchNorm, Conv1d, Conv2d, Dense


def as_convolution(
    layer: Dense | Conv1d | Conv2d, weights: Mapping[str, np.ndarray], prefix: str, inputs: int
) -> tuple[np.ndarray, np.ndarray | None, int, int]:
    """Return (weight (out, in / groups, taps), bias (out,) or None, dilation, groups) of a matrix layer.

    Args:
        layer: the layer; a Conv2d becomes a convolution in time alone, its features among the channels.
        weights: of the model.
        prefix: where the layer's weights lie, with its last dot.
        inputs: channels that enter.
    """
    weight, bias = weights[f"{prefix}weight"], weights.get(f"{prefix}bias")
    if isinstance(layer, Dense):
        return weight[:, :, None], bias, 1, 1
    if isinstance(layer, Conv1d):
        return weight, bias, layer.dilation, layer.groups
    filters, entering, taps, over = weight.shape
    full = np.zeros((layer.features_out, filters, layer.features, entering, taps), np.float32)
    for feature in range(layer.features_out):
        for k in range(over):
            source = feature * layer.stride + k - layer.padding_before
            if 0 <= source < layer.features:
                full[feature, :, source] += weight[:, :, :, k]
    bias = None if bias is None else np.tile(bias, layer.features_out)
    return full.reshape(layer.features_out * filters, inputs, taps), bias, layer.dilation, 1


def scale_and_shift(
    layer: BatchNorm, weights: Mapping[str, np.ndarray], prefix: str, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (scale, shift), float64 (channels,): what a BatchNorm does to each channel."""
    mean, variance = (weights[f"{prefix}{name}"].astype(np.float64) for name in ("mean", "variance"))
    spread = variance + layer.epsilon
    scale = 1.0 / np.sqrt(np.where(spread > 0, spread, layer.epsilon))  # a file may hold anything finite
    scale = scale * weights.get(f"{prefix}weight", 1.0)
    shift = weights.get(f"{prefix}bias", 0.0) - mean * scale
    repeats = channels // len(mean)
    return np.tile(scale, repeats), np.tile(shift, repeats)
