"""Writing a WaveNet of .nam, with the net that makes its condition and the head behind it."""

from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np

from ..errors import CannotHold
from ..spec import Activation, Conv1d, WaveNet, WaveNetArray
from ..spec.wavenet import SLOTS
from .nam_net import Net, Weights
from .nam_writing_net import NAME, OLD_CURVES, OTHERS, Written, curve_object, flat

Nested = Callable[[Net, str], dict[str, Any]]


def wavenet_length(layers: Sequence[Any], inputs: int) -> int:
    """Return 1 for a WaveNet, and 2 for each activation and convolution behind it that its head can be; 0 for others."""
    if not isinstance(layers[0], WaveNet):
        return 0
    length, channels = 1, layers[0].outputs(inputs)
    while length + 1 < len(layers):
        curve, convolution = layers[length : length + 2]
        plain = isinstance(convolution, Conv1d) and convolution.bias
        plain = plain and (convolution.dilation if convolution.kernel_size > 1 else 1, convolution.groups) == (1, 1)
        if not plain or curve != layers[1] or not isinstance(curve, Activation):
            break
        if length > 1 and channels != layers[2].channels:  # all but the last have the same width
            break
        channels, length = convolution.channels, length + 2
    return length


def write_wavenet(net: Net, where: str, nested: Nested) -> Written:
    """Write a stack of arrays, `where` it stands in the model. Raises CannotHold naming what the format has not."""
    layer, inputs = net.layers[0], net.input_channels
    stack = layer.model_copy(update={"arrays": tuple(_in_file_order(array) for array in layer.arrays), "condition": ()})
    channels = layer.condition_channels(inputs)
    arrays, objects, before = [], [], inputs
    for i, array in enumerate(stack.arrays):
        shapes = array.array_shapes(f"0.arrays.{i}.", before, channels, 0)
        arrays += [net.weights[name] for name in shapes if not name.endswith(".slopes")]
        objects.append(_array_object(array, net.weights, f"0.arrays.{i}.", f"{where}.arrays.{i}"))
        objects[-1].update(input_size=before, condition_size=channels)
        before = array.channels
    old = [_old_keys(item) for item in objects]
    new = len(net.layers) > 1 or bool(layer.condition) or inputs != 1 or None in old
    config = {"layers": objects if new else old, "head": _head_object(net, where), "head_scale": layer.head_scale}
    for i in range(2, len(net.layers), 2):
        arrays += [net.weights[f"{i}.weight"], net.weights[f"{i}.bias"]]
    if inputs != 1:
        config["in_channels"] = inputs
    if layer.condition:
        found: Weights = {name.removeprefix("0.condition."): array for name, array in net.weights.items()
                          if name.startswith("0.condition.")}  # fmt: skip
        config["condition_dsp"] = nested(Net(layer.condition, found, inputs, net.sample_rate), f"{where}.condition")
    scale = np.array([layer.head_scale], np.float32)
    return Written(config, flat([*arrays, scale]), new)


def _in_file_order(array: WaveNetArray) -> WaveNetArray:
    slots = get_args(SLOTS)
    return array.model_copy(update={"signal_films": tuple(sorted(array.signal_films, key=lambda film: slots.index(film.slot)))})


def _array_object(array: WaveNetArray, weights: Weights, at: str, where: str) -> dict[str, Any]:
    count = len(array.dilations)
    curves = [curve_object(array.curve(j), weights.get(f"{at}layers.{j}.activation.slopes"), f"{where}.activation")
              for j in range(count)]  # fmt: skip
    gates = [array.gate(j) for j in range(count)]
    item: dict[str, Any] = {  # lists, one entry a layer: the trainer, and the players' fast path for A2, read nothing else
        "channels": array.channels, "bottleneck": array.width, "dilations": list(array.dilations),
        "kernel_sizes": [array.taps(j) for j in range(count)], "activation": curves, "gating_mode": gates,
        "secondary_activation": [
            None if gate == "none" else
            curve_object(array.second_curve(j), weights.get(f"{at}layers.{j}.secondary.slopes"), f"{where}.secondary")
            for j, gate in enumerate(gates)
        ],
    }  # fmt: skip
    item["head"] = {"out_channels": array.head_channels, "kernel_size": array.head_kernel_size, "bias": array.head_bias}
    if array.head_dilation != 1:
        item["head"]["head_dilation"] = array.head_dilation
    item.update(
        groups_input=array.groups,
        groups_input_mixin=array.mixin_groups,
        layer1x1={"active": array.residual, "groups": array.residual_groups},
        head1x1={"active": array.head_projection is not None, "out_channels": array.head_width,
                 "groups": array.head_projection_groups},
    )  # fmt: skip
    for film in array.signal_films:
        item[f"{film.slot}_film"] = {"active": True, "shift": film.shift, "groups": film.groups}
    return item


def _head_object(net: Net, where: str) -> dict[str, Any] | None:
    """Return the layers behind the stack."""
    if len(net.layers) == 1:
        return None
    convolutions = net.layers[2::2]
    curve, *others = (curve_object(net.layers[i], net.weights.get(f"{i}.slopes"), f"{where}.activation")
                      for i in range(1, len(net.layers), 2))  # fmt: skip
    if any(other != curve for other in others):
        raise CannotHold(NAME, f"{where}.slopes", f"a head of this format has the same PReLU everywhere; {OTHERS}")
    return {"channels": convolutions[0].channels, "out_channels": convolutions[-1].channels,
            "kernel_sizes": [c.kernel_size for c in convolutions], "activation": curve}  # fmt: skip


def _old_keys(item: dict[str, Any]) -> dict[str, Any] | None:
    """Return an array in the keys of files before 0.6.0, which every player reads; None where it needs newer ones."""
    head, gate, second = item["head"], item["gating_mode"][0], item["secondary_activation"][0]
    plain = {"groups_input": 1, "groups_input_mixin": 1, "layer1x1": {"active": True, "groups": 1},
             "head1x1": {"active": False, "out_channels": item["bottleneck"], "groups": 1},
             "bottleneck": item["channels"], "head": {**head, "kernel_size": 1}}  # fmt: skip
    same = ("kernel_sizes", "activation", "gating_mode", "secondary_activation")
    fits = all(item[key] == value for key, value in plain.items()) and "head_dilation" not in head
    fits = fits and all(entry == item[key][0] for key in same for entry in item[key])
    fits = fits and item["activation"][0] in _OLD_NAMES and (gate, second) in (("none", None), ("gated", "Sigmoid"))
    if not fits or any(key.endswith("_film") for key in item):
        return None
    return {"input_size": item["input_size"], "condition_size": item["condition_size"], "channels": item["channels"],
            "head_size": head["out_channels"], "kernel_size": item["kernel_sizes"][0], "dilations": item["dilations"],
            "activation": item["activation"][0], "gated": gate == "gated", "head_bias": head["bias"]}  # fmt: skip


_OLD_NAMES = [curve_object(Activation(name=name), None, "") for name in OLD_CURVES]  # pyright: ignore[reportArgumentType]
