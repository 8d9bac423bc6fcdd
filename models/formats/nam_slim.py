"""A slimmable WaveNet at one of its smaller widths: the first channels of every tensor."""

import math
from typing import Any

from ..spec import Activation, WaveNet, WaveNetArray
from .nam_net import NamObject, Weights
from .nam_wavenet_array import NamArray


def slimmed(item: NamObject, stack: WaveNet, arrays: list[NamArray], weights: Weights, inputs: int,
            followed: bool) -> tuple[WaveNet, Weights]:  # fmt: skip
    """Return the stack and its weights at the width that `options.slim` asks for.

    Of n allowed widths, slim takes number min(floor(slim · n), n - 1). Bottlenecks shrink in proportion; the last
    head keeps its outputs; a gated array keeps the first rows of its doubled ones, as NeuralAmpModelerCore does.

    Raises:
        ModelFileError: groups, a head kernel above 1, or a head behind the stack (`followed`): these have one size.
    """
    slim, widths = item.options.slim, [a.spec.channels for a in arrays]
    if slim is not None:
        allowed = [array.allowed_channels or (array.spec.channels,) for array in arrays]
        widths = [a[min(math.floor(slim * len(a)), len(a) - 1)] for a in allowed]
    if widths == [a.spec.channels for a in arrays]:
        return stack, weights
    for array in arrays:
        _check(array, followed)
    narrow = [_narrow(array.spec, width) for array, width in zip(arrays, widths, strict=True)]
    for i, following in enumerate(narrow[1:]):
        narrow[i] = narrow[i].model_copy(update={"head_channels": following.head_width})
    small = stack.model_copy(update={"arrays": tuple(narrow)})
    shapes = small.weight_shapes("0.", inputs, 0)
    return small, {name: weights[name][tuple(slice(n) for n in shape)].copy() for name, shape in shapes.items()}


def _check(array: NamArray, followed: bool) -> None:
    spec = array.spec
    groups = (spec.groups, spec.mixin_groups, spec.residual_groups, spec.head_projection_groups)
    if any(g != 1 for g in (*groups, *(film.groups for film in spec.signal_films))):
        raise array.node.problem("an array with groups has one size; leave slim out")
    if spec.head_kernel_size != 1:
        raise array.node.problem("an array with a head kernel above 1 has one size; leave slim out")
    if followed:
        raise array.node.problem("a stack with a head behind it has one size; leave slim out")


def _narrow(array: WaveNetArray, width: int) -> WaveNetArray:
    inside = max(1, array.width * width // array.channels) if array.residual else width
    values: dict[str, Any] = {"channels": width, "bottleneck": inside}
    for name in ("activation", "secondary"):
        found = getattr(array, name)
        values[name] = tuple(_cut(c, inside) for c in found) if isinstance(found, tuple) else _cut(found, inside)
    return array.model_copy(update=values)


def _cut(curve: Activation, width: int) -> Activation:
    return curve if curve.slopes == 1 else curve.model_copy(update={"slopes": width})
