"""Baking a WaveNet: the FiLM of every layer folds into its convolution and its mixin."""

import numpy as np

from .spec import SignalFiLM, WaveNet, WaveNetArray

Weights = dict[str, np.ndarray]


def fold_films(layer: WaveNet, weights: Weights, vector: np.ndarray, condition: int) -> tuple[WaveNet, Weights]:
    """Return `layer` without knob FiLMs, and its weights.

    scale · (conv_post(conv) + mixin_post(mixin)) + shift: the scale goes into conv and mixin, and into what their signal
    FiLMs add; the shift into the convolution's bias, or where a signal FiLM scales that, into what it adds.
    """
    weights, arrays = dict(weights), []
    for i, array in enumerate(layer.arrays):
        if not array.film:
            arrays.append(array)
            continue
        slots = {film.slot: film for film in array.signal_films}
        if "conv_post" in slots:  # scaled by the signal: the shift stands behind it
            slots["conv_post"] = SignalFiLM(slot="conv_post")
        for j in range(len(array.dilations)):
            _fold_layer(array, j, weights, f"arrays.{i}.layers.{j}.", vector, condition)
        films = tuple(slots[film.slot] for film in array.signal_films)
        arrays.append(array.model_copy(update={"film": False, "signal_films": films}))
    return layer.model_copy(update={"arrays": tuple(arrays)}), weights


def _fold_layer(array: WaveNetArray, j: int, weights: Weights, at: str, vector: np.ndarray, condition: int) -> None:
    """Fold the FiLM of layer `j`, in place."""
    factors = weights.pop(f"{at}film.weight") @ vector + weights.pop(f"{at}film.bias")
    channels = array.convolution_channels(j)
    scale, shift = factors[:channels], factors[channels:]
    for name in ("conv.weight", "mixin.weight"):
        weights[at + name] = weights[at + name] * scale[:, None, None]
    weights[f"{at}conv.bias"] = weights[f"{at}conv.bias"] * scale
    for film in array.signal_films:
        start = f"{at}films.{film.slot}."
        if film.slot == "conv_post":
            weights[f"{start}weight"], weights[f"{start}bias"] = _with_shift(film, weights, start, channels, condition)
        if film.slot == "conv_post" or (film.slot == "input_mixin_post" and film.shift):
            added = np.concatenate([np.ones(channels), scale])  # what the signal scales is scaled already
            weights[f"{start}weight"] = weights[f"{start}weight"] * added[:, None, None]
            weights[f"{start}bias"] = weights[f"{start}bias"] * added
    if any(film.slot == "conv_post" for film in array.signal_films):
        behind = f"{at}films.conv_post.bias"
        weights[behind] = weights[behind] + np.concatenate([np.zeros(channels), shift])
    else:
        weights[f"{at}conv.bias"] = weights[f"{at}conv.bias"] + shift


def _with_shift(film: SignalFiLM, weights: Weights, start: str, channels: int, condition: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of a signal FiLM in one group that scales and shifts."""
    weight, bias = weights[f"{start}weight"], weights[f"{start}bias"]
    rows, inputs = len(weight) // film.groups, condition // film.groups
    full = np.zeros((2 * channels, condition, 1))
    for group in range(film.groups):
        outputs = slice(group * rows, (group + 1) * rows)
        full[outputs, group * inputs : (group + 1) * inputs] = weight[outputs]
    return full, np.concatenate([bias, np.zeros(2 * channels - len(bias))])
