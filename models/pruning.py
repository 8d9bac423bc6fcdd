"""Whole channels taken out of a trained net: WaveNet arrays and TCN blocks get narrower, every number left stays as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .errors import InvalidValue
from .model import Model
from .spec import Activation, BatchNorm, Conv1d, FiLM, ModelSpec, Multiply, Residual, WaveNet, WaveNetArray


@dataclass(frozen=True)
class Place:
    """Where a group's channels lie: along `axis` of a weight, `repeats` times one after another.

    `reads`: it multiplies what the channels hold, so zeros there silence them.
    """

    weight: str
    axis: int
    reads: bool = False
    repeats: int = 1


@dataclass(frozen=True)
class Group:
    """Channels of which each is kept or taken out as a whole, wherever it appears."""

    name: str
    channels: int
    places: tuple[Place, ...]


def groups_of(spec: ModelSpec) -> tuple[Group, ...]:
    """Return what can be narrowed: path and curves of every WaveNet array, the blocks of every TCN.

    Raises InvalidValue for a net with neither, or with options (groups, head projections, FiLMs of the signal) that tie
    channels together in other ways.
    """
    found: list[Group] = []
    for i, layer in enumerate(spec.layers):
        if isinstance(layer, WaveNet):
            found += _array_groups(layer, f"layers.{i}.")
        elif isinstance(layer, Multiply):
            found += _block_group(layer.body, f"layers.{i}.body.")
    found += _block_group(spec.layers, "layers.")
    if not found:
        raise InvalidValue("this net has no channels to prune: WaveNet arrays and TCN blocks are what can be narrowed; "
                           "`wetdry distil` makes a smaller net of another kind")  # fmt: skip
    return tuple(found)


def _array_groups(layer: WaveNet, at: str) -> list[Group]:
    found = []
    for m, array in enumerate(layer.arrays):
        here = f"{at}arrays.{m}."
        plain = (array.groups, array.mixin_groups, array.residual_groups) == (1, 1, 1) and array.residual
        if not plain or array.head_projection or array.signal_films:
            raise InvalidValue(f"{here[:-1]}: an array with groups, a head projection or FiLMs of the signal is not pruned; "
                               "distil it")  # fmt: skip
        path = [Place(f"{here}rechannel.weight", 0)]
        curves = [Place(f"{here}head.weight", 1, reads=True)]
        if m + 1 < len(layer.arrays):
            path.append(Place(f"{at}arrays.{m + 1}.rechannel.weight", 1, reads=True))
        if m:
            before = f"{at}arrays.{m - 1}.head."
            curves += [Place(f"{before}weight", 0)] + [Place(f"{before}bias", 0)] * layer.arrays[m - 1].head_bias
        for j in range(len(array.dilations)):
            path += _path_places(f"{here}layers.{j}.")
            curves += _curve_places(array, j, f"{here}layers.{j}.")
        found += [Group(f"{here}path", array.channels, tuple(path)), Group(f"{here}curves", array.width, tuple(curves))]
    return found


def _path_places(at: str) -> list[Place]:
    return [Place(f"{at}conv.weight", 1, reads=True), Place(f"{at}residual.weight", 0), Place(f"{at}residual.bias", 0)]


def _curve_places(array: WaveNetArray, j: int, at: str) -> list[Place]:
    halves = 1 if array.gate(j) == "none" else 2
    names = [("conv.weight", halves), ("conv.bias", halves), ("mixin.weight", halves)]
    names += [("film.weight", 2 * halves), ("film.bias", 2 * halves)] if array.film else []
    names += [("activation.slopes", 1)] if array.curve(j).name == "prelu" and array.curve(j).slopes > 1 else []
    two = array.second_curve(j)
    names += [("secondary.slopes", 1)] if halves == 2 and two.name == "prelu" and two.slopes > 1 else []
    places = [Place(f"{at}{name}", 0, repeats=repeats) for name, repeats in names]
    return [*places, Place(f"{at}residual.weight", 1, reads=True)]


def _block_group(layers: Sequence[Any], at: str) -> list[Group]:
    """Return one group for all blocks of a TCN in series: their shortcuts hand every channel on to its namesake."""
    blocks = [i for i, layer in enumerate(layers) if isinstance(layer, Residual)]
    if not blocks or blocks != list(range(len(blocks))) or len(layers) <= len(blocks):
        return []
    places: list[Place] = []
    first, after = layers[0].body[0], layers[len(blocks)]
    for i in blocks:
        body, shortcut = layers[i].body, layers[i].shortcut
        fits = isinstance(body[0], Conv1d) and len(shortcut) == 1 and isinstance(shortcut[0], Conv1d)
        if not fits or body[0].channels != first.channels or body[0].groups != 1:
            return []
        inside = f"{at}{i}.body."
        if i:
            places.append(Place(f"{inside}0.weight", 1, reads=True))
        for k, layer in enumerate(body):
            places += _block_places(layer, f"{inside}{k}.")
        if i and shortcut[0].groups != shortcut[0].channels:
            places.append(Place(f"{at}{i}.shortcut.0.weight", 1, reads=True))
        places += _block_places(shortcut[0], f"{at}{i}.shortcut.0.")
    if not isinstance(after, Conv1d) or after.groups != 1:
        return []
    places.append(Place(f"{at}{len(blocks)}.weight", 1, reads=True))
    return [Group(f"{at}blocks", first.channels, tuple(places))]


def _block_places(layer: Any, at: str) -> list[Place]:
    match layer:
        case Conv1d():
            return [Place(f"{at}weight", 0)] + [Place(f"{at}bias", 0)] * layer.bias
        case BatchNorm():
            return [Place(f"{at}{name}", 0) for name in ("mean", "variance", *(("weight", "bias") if layer.affine else ()))]
        case FiLM():
            return [Place(f"{at}{name}", 0, repeats=2) for name in ("weight", "bias")]
        case Activation(name="prelu") if layer.slopes > 1:
            return [Place(f"{at}slopes", 0)]
        case Activation():
            return []
    raise InvalidValue(f"{at[:-1]}: a block with a {layer.kind} is not pruned; distil it")


def silenced(model: Model, group: Group, channel: int) -> Model:
    """Return the model as it answers without one channel of a group: same shapes, zeros where it is read."""
    weights = dict(model.weights)
    for place in group.places:
        if place.reads:
            value = np.moveaxis(weights[place.weight].copy(), place.axis, 0)
            value[channel] = 0.0
            weights[place.weight] = np.ascontiguousarray(np.moveaxis(value, 0, place.axis))
    return replace(model, weights=weights)


def narrowed(model: Model, kept: Mapping[str, Sequence[int]]) -> Model:
    """Return the model with the given channels of each group (by name) alone; a group not named keeps all."""
    weights, counts = dict(model.weights), {}
    for group in groups_of(model.spec):
        chosen = np.sort(np.asarray(kept.get(group.name, range(group.channels)), int))
        counts[group.name] = len(chosen)
        for place in group.places:
            rows = np.concatenate([block * group.channels + chosen for block in range(place.repeats)])
            weights[place.weight] = np.ascontiguousarray(np.take(weights[place.weight], rows, axis=place.axis))
    return replace(model, spec=with_channels(model.spec, counts), weights=weights, certificate={}, path=None)


def with_channels(spec: ModelSpec, counts: Mapping[str, int]) -> ModelSpec:
    """Return the spec with as many channels in each group (by name) as `counts` says."""
    layers = list(_narrow_blocks(spec.layers, "layers.", counts))
    for i, layer in enumerate(layers):
        if isinstance(layer, WaveNet):
            layers[i] = _narrow_arrays(layer, f"layers.{i}.", counts)
        elif isinstance(layer, Multiply):
            body = _narrow_blocks(layer.body, f"layers.{i}.body.", counts)
            layers[i] = layer.model_copy(update={"body": body})
    values: dict[str, Any] = dict(spec) | {"layers": tuple(layers)}
    return ModelSpec(**values)


def _narrow_arrays(layer: WaveNet, at: str, counts: Mapping[str, int]) -> WaveNet:
    arrays = []
    for m, array in enumerate(layer.arrays):
        path, curves = counts[f"{at}arrays.{m}.path"], counts[f"{at}arrays.{m}.curves"]
        head = counts.get(f"{at}arrays.{m + 1}.curves", array.head_channels)
        curve = [_with_slopes(array.curve(j), curves) for j in range(len(array.dilations))]
        second = [_with_slopes(array.second_curve(j), curves) for j in range(len(array.dilations))]
        arrays.append(array.model_copy(update={
            "channels": path, "bottleneck": None if path == curves else curves, "head_channels": head,
            "activation": tuple(curve) if isinstance(array.activation, tuple) else curve[0],
            "secondary": tuple(second) if isinstance(array.secondary, tuple) else second[0],
        }))  # fmt: skip
    return layer.model_copy(update={"arrays": tuple(arrays)})


def _with_slopes(curve: Activation, channels: int) -> Activation:
    return curve.model_copy(update={"slopes": channels}) if curve.name == "prelu" and curve.slopes > 1 else curve


def _narrow_blocks(layers: Sequence[Any], at: str, counts: Mapping[str, int]) -> tuple[Any, ...]:
    channels = counts.get(f"{at}blocks")
    if channels is None:
        return tuple(layers)
    return tuple(
        layer.model_copy(update={name: tuple(_narrow(x, channels) for x in path) for name, path in layer.paths()})
        if isinstance(layer, Residual)
        else layer
        for layer in layers
    )


def _narrow(layer: Any, channels: int) -> Any:
    if isinstance(layer, Conv1d):
        depthwise = layer.groups > 1
        return layer.model_copy(update={"channels": channels, "groups": channels if depthwise else 1})
    if isinstance(layer, BatchNorm) and layer.channels:
        return layer.model_copy(update={"channels": channels})
    return _with_slopes(layer, channels) if isinstance(layer, Activation) else layer
