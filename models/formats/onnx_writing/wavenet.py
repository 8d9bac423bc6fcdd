"""WaveNet in ONNX; the formulas are those of `spec.WaveNet`."""

from typing import TYPE_CHECKING

from ...spec import WaveNet, WaveNetArray
from .graph import Signal

if TYPE_CHECKING:
    from .lowering import Lowering


def lower_wavenet(lowering: "Lowering", layer: WaveNet, x: Signal, at: str) -> Signal:
    """Return the last head times `head_scale`."""
    condition = lowering.run(layer.condition, x, f"{at}condition.")
    heads: list[Signal] = []
    for i, array in enumerate(layer.arrays):
        scale = layer.head_scale if i == len(layer.arrays) - 1 else 1.0
        head, x = _Array(lowering, array, f"{at}arrays.{i}.", condition).lower(x, heads, scale)
        heads = [head]
    return heads[0]


class _Array:
    """One layer array while it is lowered."""

    def __init__(self, lowering: "Lowering", array: WaveNetArray, at: str, condition: Signal) -> None:
        self.lowering, self.graph, self.array, self.at, self.condition = lowering, lowering.graph, array, at, condition
        self.films = {film.slot: film for film in array.signal_films}

    def lower(self, x: Signal, heads: list[Signal], scale: float) -> tuple[Signal, Signal]:
        """Return (head times `scale`, path) for the array's input and what enters the head sum."""
        array, heads = self.array, list(heads)
        y = self._convolution(x, f"{self.at}rechannel.")
        for j in range(len(array.dilations)):
            a, y = self._layer(j, y)
            heads.append(a)
        total = self.graph.add("Sum", *(head.by_channel for head in heads)) if len(heads) > 1 else heads[0].by_channel
        head = Signal(self.graph, array.head_width, by_channel=total)
        return self._convolution(head, f"{self.at}head.", dilation=array.head_dilation, scale=scale), y

    def _convolution(self, x: Signal, at: str, *, dilation: int = 1, groups: int = 1, scale: float = 1.0) -> Signal:
        weight, bias = (self.lowering.weights.get(f"{at}{name}") for name in ("weight", "bias"))
        assert weight is not None
        bias = None if bias is None else bias * scale
        return self.lowering.convolution(x, at, weight * scale, bias, dilation=dilation, groups=groups)

    def _layer(self, j: int, y: Signal) -> tuple[Signal, Signal]:
        """Return (what the head sums, next path) of layer `j`."""
        array, at, lowering = self.array, f"{self.at}layers.{j}.", self.lowering
        z = self._convolution(self._slot("conv_pre", at, y), f"{at}conv.", dilation=array.dilations[j], groups=array.groups)
        mixin = self._convolution(self._slot("input_mixin_pre", at, self.condition), f"{at}mixin.", groups=array.mixin_groups)
        z = self._both("Add", self._slot("conv_post", at, z), self._slot("input_mixin_post", at, mixin))
        z = lowering.filmed(z, f"{at}film.") if array.film else z
        a = self._slot("activation_post", at, self._activated(j, at, self._slot("activation_pre", at, z)))
        if array.residual:
            through = self._convolution(a, f"{at}residual.", groups=array.residual_groups)
            y = self._both("Add", self._slot("layer1x1_post", at, through), y)
        if array.head_projection:
            a = self._convolution(a, f"{at}head_projection.", groups=array.head_projection_groups)
            a = self._slot("head1x1_post", at, a)
        return a, y

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
