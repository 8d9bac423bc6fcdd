"""WaveNet in ONNX; the formulas are those of `spec.WaveNet`.

An operator costs about as much as the arithmetic of a short block, so the plain array takes as few as it can: the condition's
channels ride along behind the path's, so that one convolution does the layer's and the mixin, and where the knobs' FiLM
scales it, the weights are scaled once a block instead of the signal.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...spec import WaveNet, WaveNetArray
from .graph import Signal

if TYPE_CHECKING:
    from .lowering import Lowering

MOST_RIDING = 4  # channels of a condition


@dataclass(frozen=True)
class Path:
    """What goes from layer to layer; `riding` counts the condition's channels behind the path's own."""

    signal: Signal
    riding: int = 0

    @property
    def channels(self) -> int:
        """Channels of the path alone."""
        return self.signal.channels - self.riding


def lower_wavenet(lowering: "Lowering", layer: WaveNet, x: Signal, at: str) -> Signal:
    """Return the last head times `head_scale`."""
    condition = lowering.run(layer.condition, x, f"{at}condition.")
    path, heads = Path(x), list[Signal]()
    for i, array in enumerate(layer.arrays):
        scale = layer.head_scale if i == len(layer.arrays) - 1 else 1.0
        kind = _PlainArray if rides(array, condition.channels) else _Array
        head, path = kind(lowering, array, f"{at}arrays.{i}.", condition).lower(path, heads, scale)
        heads = [head]
    return heads[0]


def rides(array: WaveNetArray, condition: int) -> bool:
    """Return whether the condition may ride behind the path: nothing but convolution and mixin reads either."""
    return not array.signal_films and array.groups == array.mixin_groups == 1 and condition <= MOST_RIDING


class _Array:
    """One layer array while it is lowered."""

    def __init__(self, lowering: "Lowering", array: WaveNetArray, at: str, condition: Signal) -> None:
        self.lowering, self.graph, self.array, self.at, self.condition = lowering, lowering.graph, array, at, condition
        self.films = {film.slot: film for film in array.signal_films}

    def lower(self, x: Path, heads: list[Signal], scale: float) -> tuple[Signal, Path]:
        """Return (head times `scale`, path) for the array's input and what enters the head sum."""
        array, heads = self.array, list(heads)
        y = self._enter(x)
        for j in range(len(array.dilations)):
            a, y = self._layer(j, y)
            heads.append(a)
        total = self.graph.add("Sum", *(head.by_channel for head in heads)) if len(heads) > 1 else heads[0].by_channel
        head = Signal(self.graph, array.head_width, by_channel=total)
        return self._convolution(head, f"{self.at}head.", dilation=array.head_dilation, scale=scale), y

    def _enter(self, x: Path) -> Path:
        """Return the path behind the first 1x1 convolution."""
        signal = x.signal
        if x.riding:
            signal = self.lowering.signal(x.channels, self.lowering.channels_of(signal.by_channel, 0, x.channels))
        return Path(self._convolution(signal, f"{self.at}rechannel."))

    def _convolution(self, x: Signal, at: str, *, dilation: int = 1, groups: int = 1, scale: float = 1.0) -> Signal:
        weight, bias = (self.lowering.weights.get(f"{at}{name}") for name in ("weight", "bias"))
        assert weight is not None
        bias = None if bias is None else bias * scale
        return self.lowering.convolution(x, at, weight * scale, bias, dilation=dilation, groups=groups)

    def _layer(self, j: int, y: Path) -> tuple[Signal, Path]:
        """Return (what the head sums, next path) of layer `j`."""
        array, at = self.array, f"{self.at}layers.{j}."
        z = self._heard(j, at, y)
        a = self._slot("activation_post", at, self._activated(j, at, self._slot("activation_pre", at, z)))
        if array.residual:
            y = self._onward(at, a, y)
        if array.head_projection:
            a = self._convolution(a, f"{at}head_projection.", groups=array.head_projection_groups)
            a = self._slot("head1x1_post", at, a)
        return a, y

    def _heard(self, j: int, at: str, y: Path) -> Signal:
        """Return what layer `j` hears of path and condition, scaled by the knobs."""
        array = self.array
        z = self._convolution(self._slot("conv_pre", at, y.signal), f"{at}conv.", dilation=array.dilations[j],
                              groups=array.groups)  # fmt: skip
        mixed = self._slot("input_mixin_pre", at, self.condition)
        mixin = self._convolution(mixed, f"{at}mixin.", groups=array.mixin_groups)
        z = self._both("Add", self._slot("conv_post", at, z), self._slot("input_mixin_post", at, mixin))
        return self.lowering.filmed(z, f"{at}film.") if array.film else z

    def _onward(self, at: str, a: Signal, y: Path) -> Path:
        """Return the path behind a layer."""
        through = self._convolution(a, f"{at}residual.", groups=self.array.residual_groups)
        return Path(self._both("Add", self._slot("layer1x1_post", at, through), y.signal))

    def _both(self, kind: str, a: Signal, b: Signal) -> Signal:
        return Signal(self.graph, a.channels, by_channel=self.graph.add(kind, a.by_channel, b.by_channel))

    def _activated(self, j: int, at: str, z: Signal) -> Signal:
        array, lowering = self.array, self.lowering
        if array.gate(j) == "none":
            return lowering.activated(array.curve(j), z, f"{at}activation.")
        first, second = self._halves(z)
        curved = lowering.activated(array.curve(j), first, f"{at}activation.")
        share = lowering.activated(array.second_curve(j), second, f"{at}secondary.")
        if array.gate(j) == "gated":
            return self._both("Mul", curved, share)
        return self._both("Add", self._both("Mul", share, self._both("Sub", curved, first)), first)

    def _halves(self, z: Signal) -> tuple[Signal, Signal]:
        width = z.channels // 2
        first, second = self.graph.add_many("Split", (z.by_channel, self.graph.integers(width, width)), 2, axis=1)
        return Signal(self.graph, width, by_channel=first), Signal(self.graph, width, by_channel=second)

    def _slot(self, slot: str, at: str, x: Signal) -> Signal:
        """Return `x` scaled, and shifted, by the FiLM from the condition signal that fills a slot, if one does."""
        if slot not in self.films:
            return x
        made = self._convolution(self.condition, f"{at}films.{slot}.", groups=self.films[slot].groups)
        if not self.films[slot].shift:
            return self._both("Mul", x, made)
        scale, shift = self._halves(made)
        return self._both("Add", self._both("Mul", x, scale), shift)


class _PlainArray(_Array):
    """An array whose path carries the condition behind its own channels."""

    def lower(self, x: Path, heads: list[Signal], scale: float) -> tuple[Signal, Path]:
        array, weights = self.array, self.lowering.weights
        self.kernels, self.biases = [], []
        for j in range(len(array.dilations)):
            at = f"{self.at}layers.{j}."
            kernel, mixin = weights[f"{at}conv.weight"], weights[f"{at}mixin.weight"]
            late = np.concatenate([np.zeros((*mixin.shape[:2], kernel.shape[2] - 1), np.float32), mixin], axis=2)
            self.kernels.append(np.concatenate([kernel, late], axis=1))
            self.biases.append(weights[f"{at}conv.bias"])
        self.scaled = self._scaled() if array.film and len({k.shape[2] for k in self.kernels}) == 1 else None
        return super().lower(x, heads, scale)

    def _scaled(self) -> tuple[list[str], list[str]]:
        """Return every layer's weight and bias as the knobs' FiLM leaves them, computed side by side."""
        graph, count = self.graph, len(self.kernels)
        sizes = graph.integers(*(len(bias) for bias in self.biases))
        scale, shift = self.lowering.knobs.film([f"{self.at}layers.{j}.film." for j in range(count)])
        column = graph.add("Unsqueeze", scale, graph.integers(1, 2))
        kernels = graph.add("Mul", graph.weight(np.concatenate(self.kernels)), column)
        biases = graph.add("Add", graph.add("Mul", graph.constant(np.concatenate(self.biases)), scale), shift)
        if count == 1:
            return [kernels], [biases]
        return (
            graph.add_many("Split", (kernels, sizes), count, axis=0),
            graph.add_many("Split", (biases, sizes), count, axis=0),
        )

    def _enter(self, x: Path) -> Path:
        weight, riding = self.lowering.weights[f"{self.at}rechannel.weight"], self.condition.channels
        if not x.riding and x.signal is not self.condition:
            y = self._convolution(x.signal, f"{self.at}rechannel.")
            both = self.graph.add("Concat", y.by_channel, self.condition.by_channel, axis=1)
            return Path(self.lowering.signal(y.channels + riding, both), riding)
        passing = np.eye(riding, dtype=np.float32)[:, :, None]
        beside = np.zeros((riding, x.channels, 1), np.float32) if x.riding else np.zeros((riding, 0, 1), np.float32)
        if x.riding:
            weight = np.concatenate([weight, np.zeros((len(weight), riding, 1), np.float32)], axis=1)
        full = np.concatenate([weight, np.concatenate([beside, passing], axis=1)])
        return Path(self.lowering.convolution(x.signal, f"{self.at}rechannel.", full, None), riding)

    def _heard(self, j: int, at: str, y: Path) -> Signal:
        dilation, lowering = self.array.dilations[j], self.lowering
        if self.scaled is None:
            z = lowering.convolution(y.signal, f"{at}conv.", self.kernels[j], self.biases[j], dilation=dilation)
            return lowering.filmed(z, f"{at}film.") if self.array.film else z
        shape = self.kernels[j].shape
        return lowering.convolved(y.signal, f"{at}conv.", [self.scaled[0][j], self.scaled[1][j]], shape, dilation, 1)

    def _onward(self, at: str, a: Signal, y: Path) -> Path:
        weights = self.lowering.weights
        weight, bias = weights[f"{at}residual.weight"], weights[f"{at}residual.bias"]
        groups = self.array.residual_groups
        if groups > 1:
            through = self._convolution(a, f"{at}residual.", groups=groups).by_channel
            full = self.graph.add("Pad", through, self.graph.integers(0, 0, 0, 0, y.riding, 0))
        else:
            weight = np.concatenate([weight, np.zeros((y.riding, *weight.shape[1:]), np.float32)])
            bias = np.concatenate([bias, np.zeros(y.riding, np.float32)])
            full = self.lowering.convolution(a, f"{at}residual.", weight, bias).by_channel
        return Path(self.lowering.signal(y.signal.channels, self.graph.add("Add", full, y.signal.by_channel)), y.riding)
