"""A torch state dict for a spec written by hand: modules and layers meet in order, torch's names become the spec's."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import InvalidType, InvalidValue
from ..model import Model
from ..spec import ModelSpec
from .json_file import Node
from .options import ReadOptions

NAME = "torch state dict (through a spec)"

RECURRENT = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh)_l(\d+)")
PLAIN = ("weight", "bias", "running_mean", "running_var")
BESIDE = ("num_batches_tracked", "eps")  # no weights; RTNeural's exporter writes a BatchNorm's eps among them

Leaves = dict[str, tuple[str, Any]]  # a weight's last name: its full name in the state dict, its value


def recognises(node: Node) -> bool:
    """Return whether this is a bare state dict, which `read` refuses with the way that leads on."""
    names = [name.rpartition(".")[2] for name in node.value] if isinstance(node.value, dict) else []
    return bool(names) and all(name in (*PLAIN, *BESIDE) or RECURRENT.fullmatch(name) for name in names)


def read(node: Node, options: ReadOptions) -> Model:
    """Raise ModelFileError: weights alone do not say which net they are."""
    raise node.problem("a torch state dict does not say its layers: write a ModelSpec and use weights_from_state_dict")


def weights_from_state_dict(spec: ModelSpec, state_dict: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return float32 weights for `Model(spec, weights)`.

    The modules of the state dict are taken in its order, the layers of the spec in theirs; a module is what shares a
    name up to the last dot, and each layer of a stacked LSTM or GRU counts as one. Known are LSTM, GRU, Linear,
    convolutions, BatchNorm and PReLU; a recurrent module without biases gets zeros.

    Args:
        spec: written by hand for this net.
        state_dict: name → array, tensor on the CPU, or nested list (the JSON files of RTNeural's torch tests).

    Raises:
        InvalidType: `state_dict` is no mapping.
        InvalidValue: modules and layers do not match, or a shape differs; names both sides.

    Example:
        >>> from wetdry.models.spec import Dense, ModelSpec
        >>> spec = ModelSpec(sample_rate=48000.0, layers=(Dense(channels=1),))
        >>> sorted(weights_from_state_dict(spec, {"lin.weight": [[2.0]], "lin.bias": [0.5]}))
        ['layers.0.bias', 'layers.0.weight']
    """
    if not isinstance(state_dict, Mapping):
        raise InvalidType(f"state_dict: a mapping from name to array is needed, got {type(state_dict).__name__}")
    modules, layers = _modules(state_dict), _layers(spec)
    weights: dict[str, np.ndarray] = {}
    for (module, leaves), (layer, shapes) in zip(modules.items(), layers.items(), strict=False):
        _check_epsilon(spec, layer, leaves.pop("eps", None))
        found = _matched(module, leaves, layer, shapes)
        for name, shape in shapes.items():
            weights[f"{layer}.{name}"] = _array(*found[name], f"{layer}.{name}", shape)
    if len(modules) > len(layers):
        name = next(iter(list(modules.values())[len(layers)].values()))[0]
        raise InvalidValue(f"state_dict.{name}: one of {len(modules)} modules; the spec has {len(layers)} layers with weights")
    if len(modules) < len(layers):
        name = list(layers)[len(modules)]
        raise InvalidValue(f"state_dict: {len(modules)} modules for {len(layers)} layers; nothing is left for {name}")
    return weights


def _modules(state_dict: Mapping[str, Any]) -> dict[tuple[str, str], Leaves]:
    """Return (module, number of the layer in a stack) → its weights, in the state dict's order."""
    modules: dict[tuple[str, str], Leaves] = {}
    for name, value in state_dict.items():
        module, _, leaf = str(name).rpartition(".")
        recurrent = RECURRENT.fullmatch(leaf)
        if leaf == "num_batches_tracked":
            continue
        if not recurrent and leaf not in (*PLAIN, *BESIDE):
            raise InvalidValue(
                f"state_dict.{name}: not a weight of LSTM, GRU, Linear, Conv, BatchNorm or PReLU; fold or rename it first"
            )
        leaf, number = recurrent.groups() if recurrent else (leaf, "")
        modules.setdefault((module, number), {})[leaf] = (str(name), value)
    return modules


def _layers(spec: ModelSpec) -> dict[str, dict[str, tuple[int, ...]]]:
    """Return layer → last name → shape, in the spec's order, for every layer that has weights."""
    layers: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, shape in spec.weight_shapes.items():
        layer, _, leaf = name.rpartition(".")
        layers.setdefault(layer, {})[leaf] = shape
    return layers


def _matched(module: tuple[str, str], leaves: Leaves, layer: str, shapes: Mapping[str, tuple[int, ...]]) -> Leaves:
    """Return the module's weights under the layer's names; raises InvalidValue where the two hold different things."""
    names = {"running_mean": "mean", "running_var": "variance"} | ({"weight": "slopes"} if "slopes" in shapes else {})
    found = {names.get(leaf, leaf): weight for leaf, weight in leaves.items()}
    if "bias_ih" in shapes and "weight_ih" in found and not {"bias_ih", "bias_hh"} & set(found):
        found |= {name: (name, np.zeros(shapes[name])) for name in ("bias_ih", "bias_hh")}
    for name, (torch_name, _) in found.items():
        if name not in shapes:
            raise InvalidValue(f"state_dict.{torch_name}: {layer} of the spec takes no such weight, only {', '.join(shapes)}")
    for name in shapes:
        if name not in found:
            raise InvalidValue(f"state_dict.{module[0]}: gives {', '.join(leaves)}; {layer}.{name} of the spec is left without")
    return found


def _array(torch_name: str, value: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):
            array = np.asarray(value).astype(np.float32)  # a copy: the caller's may change
    except (TypeError, ValueError, RuntimeError):
        raise InvalidValue(f"state_dict.{torch_name}: not an array of numbers; {name} of the spec needs {shape}") from None
    if array.shape != shape:
        raise InvalidValue(f"state_dict.{torch_name}: shape {array.shape}; {name} of the spec needs {shape}")
    if not np.isfinite(array).all():
        raise InvalidValue(f"state_dict.{torch_name}: holds a value that is not finite")
    return array


def _check_epsilon(spec: ModelSpec, layer: str, found: tuple[str, Any] | None) -> None:
    """Raise InvalidValue where the state dict tells another eps than the spec: it would sound wrong, silently."""
    if found is None:
        return
    part: Any = spec
    for step in layer.split("."):
        part = part[int(step)] if isinstance(part, tuple) else getattr(part, step, None)
    wanted = getattr(part, "epsilon", found[1])
    if found[1] != wanted:
        raise InvalidValue(f"state_dict.{found[0]}: {found[1]!r:.40}; {layer}.epsilon of the spec is {wanted}")
