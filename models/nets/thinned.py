"""A net's answer at every so-manieth sample, computed without the samples in between that nothing needs.

A layer whose dilation is a multiple of the spacing hears the same spacing before it, so in a net of growing dilations
nearly everything runs on a coarse grid: TCN-300 at every 100th sample costs a fiftieth. The samples that do come out are
those of the whole answer, so their error is the error of the net, measured at fewer places.
"""

from math import gcd
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .. import spec as specs
from ..errors import InvalidValue
from .layer import Knobs
from .network import Network

POINTWISE = (specs.Activation, specs.BatchNorm, specs.Dense, specs.FiLM, specs.Gain, specs.KnobInputs)


def thinned(net: Network, audio: Tensor, raw: Tensor | None, every: int) -> Tensor:
    """Return the answer at samples 0, every, 2 · every, …: (batch, samples / every rounded up).

    Args:
        net: one channel in and out.
        audio: (batch, samples). raw: (batch, knobs), positions 0..1; None for a net without knobs.
        every: samples from one answer to the next, 1 or more.

    Raises:
        InvalidValue: shapes that do not fit, or a net of several channels.
    """
    mono = (net.spec.input_channels, net.spec.output_channels) == (1, 1)
    positions = (0,) if raw is None else raw.shape[1:]
    if audio.ndim != 2 or not mono or positions != (len(net.spec.knobs),):
        shapes = f"{tuple(audio.shape)} and {None if raw is None else tuple(raw.shape)}"
        raise InvalidValue(f"audio and raw have shapes {shapes}; a mono net takes (batch, samples) and (batch, knobs)")
    return _series(net.spec.layers, net.layers, audio[:, None], net.knobs_at(raw), 1, every)[:, 0]


def spacing_before(layers: tuple[Any, ...], spacing: int) -> list[int]:
    """Return how far apart the samples may lie before each layer and after the last, where that is `spacing`."""
    found = [spacing]
    for layer in reversed(layers):
        found.insert(0, _needed(layer, found[0]))
    return found


def _needed(layer: Any, spacing: int) -> int:
    if isinstance(layer, POINTWISE):
        return spacing
    if isinstance(layer, specs.Conv1d):
        return spacing if layer.kernel_size == 1 else gcd(spacing, layer.dilation)
    if isinstance(layer, specs.TwoPaths):
        return gcd(*(spacing_before(path, spacing)[0] for _, path in layer.paths()))
    return 1


def _series(layers: tuple[Any, ...], modules: Any, x: Tensor, knobs: Knobs, given: int, wanted: int) -> Tensor:
    """Run layers on x, whose samples are `given` apart; return those that are `wanted` apart."""
    spacings = spacing_before(layers, wanted)
    x = x[:, :, :: spacings[0] // given]
    for layer, module, before, after in zip(layers, modules, spacings, spacings[1:], strict=False):
        x = _run(layer, module, x, knobs, before, after)
    return x


def _run(layer: Any, module: Any, x: Tensor, knobs: Knobs, given: int, wanted: int) -> Tensor:
    if isinstance(layer, specs.Conv1d) and layer.kernel_size == layer.groups == 1:
        return _mixed(module, x[:, :, :: wanted // given])
    if isinstance(layer, specs.Conv1d):
        dilation = max(1, layer.dilation // given)
        padded = functional.pad(x, ((layer.kernel_size - 1) * dilation, 0))
        return functional.conv1d(padded, module.weight, module.bias, wanted // given, 0, dilation, layer.groups)
    if isinstance(layer, specs.TwoPaths):
        through, beside = (_series(path, getattr(module, name), x, knobs, given, wanted) for name, path in layer.paths())
        return module.meet(through, beside[:, : through.shape[1]])
    return module(x, knobs)[:, :, :: wanted // given]


def _mixed(module: Any, x: Tensor) -> Tensor:
    """Return a 1x1 convolution as a matrix product: with few channels the library's takes ten times as long."""
    weight = module.weight[:, :, 0]
    out = weight * x if x.shape[1] == 1 else torch.matmul(weight, x)
    return out if module.bias is None else out + module.bias[:, None]
