"""Layers as plain matrices: what everything that lowers a spec (to a kernel, a graph, source code) needs alike."""

import numpy as np

from .spec import BatchNorm, Conv1d, Conv2d, Dense


def matrix_of(layer: Dense | Conv1d | Conv2d, weight: np.ndarray, inputs: int) -> tuple[np.ndarray, int, int]:
    """Return (weight as (out, in / groups, taps), dilation, groups) of a layer with `inputs` channels.

    A Conv2d becomes one matrix over all its features and filters: it has few of either.
    """
    if isinstance(layer, Dense):
        return weight[:, :, None], 1, 1
    if isinstance(layer, Conv1d):
        return weight, layer.dilation, layer.groups
    filters, entering, taps, over = weight.shape
    full = np.zeros((layer.features_out, filters, layer.features, entering, taps), np.float32)
    for feature in range(layer.features_out):
        for k in range(over):
            source = feature * layer.stride + k - layer.padding_before
            if 0 <= source < layer.features:
                full[feature, :, source] += weight[:, :, :, k]
    return full.reshape(layer.features_out * filters, inputs, taps), layer.dilation, 1


def bias_of(weights: dict[str, np.ndarray], at: str, rows: int) -> np.ndarray | None:
    """Return the bias, (rows,), of the matrix layer at the prefix `at`; None where it has none."""
    bias = weights.get(f"{at}bias")
    return None if bias is None else np.tile(bias, rows // len(bias))


def normalisation(layer: BatchNorm, weights: dict[str, np.ndarray], at: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (scale, shift), each (rows,), that the BatchNorm at the prefix `at` comes down to."""
    mean, variance = (weights[f"{at}{name}"].astype(np.float64) for name in ("mean", "variance"))
    spread = variance + layer.epsilon
    scale = 1.0 / np.sqrt(np.where(spread > 0, spread, layer.epsilon))  # a file may hold anything finite
    scale = scale * weights.get(f"{at}weight", 1.0)
    shift = weights.get(f"{at}bias", 0.0) - mean * scale
    repeats = rows // len(mean)
    return np.tile(scale, repeats).astype(np.float32), np.tile(shift, repeats).astype(np.float32)
