"""The WaveNet layer as calls: every option of the .nam format (formulas: `spec.WaveNet`)."""

from typing import TYPE_CHECKING

import numpy as np

from ...spec import WaveNet, WaveNetArray
from .program import View

if TYPE_CHECKING:
    from .walk import Walk


def wavenet(walk: "Walk", net: WaveNet, source: View, at: str) -> View:
    """Append a WaveNet; return its rows."""
    condition, head = walk.run(net.condition, source, f"{at}condition."), None
    for i, array in enumerate(net.arrays):
        last = i == len(net.arrays) - 1
        part = _Array(walk, array, f"{at}arrays.{i}.", condition, head, last)
        source, head = part.play(source, net.head_scale if last else 1.0)
    assert head is not None
    return head


class _Array:
    """One layer array: `head` holds what the array before summed up, and goes on summing."""

    def __init__(self, walk: "Walk", array: WaveNetArray, at: str, condition: View, head: View | None, last: bool) -> None:
        self.walk, self.program, self.weights = walk, walk.program, walk.weights
        self.array, self.at, self.condition, self.last = array, at, condition, last
        self.started = head is not None
        self.head = head or walk.rows(f"{at}sum.", array.head_width)
        self.slots = {film.slot: film for film in array.signal_films}

    def play(self, source: View, scale: float) -> tuple[View, View]:
        """Append all calls; return (path, head)."""
        array, at = self.array, self.at
        self.program.comment = f"{at.rstrip('.')}: {array.channels} channels, dilations {array.dilations}"
        path = self._product(self.walk.rows(f"{at}rechannel.", array.channels), None, source, f"{at}rechannel.", bias=False)
        for j in range(len(array.dilations)):
            path = self._layer(path, j)
        self.program.comment = f"{at}head"
        out, factor = self.walk.rows(f"{at}head.", array.head_channels), np.float32(scale)
        weight, bias = self.weights[f"{at}head.weight"], self.weights.get(f"{at}head.bias")
        bias = None if bias is None else factor * bias
        self.walk.convolve(out, None, self.head, f"{at}head.", factor * weight, bias, array.head_dilation)
        return path, out

    def _product(self, out: View, start: View | None, source: View, at: str, dilation: int = 1, groups: int = 1,
                 bias: bool = True) -> View:  # fmt: skip
        weights = self.weights[f"{at}weight"], self.weights[f"{at}bias"] if bias else None
        return self.walk.convolve(out, start, source, at, *weights, dilation, groups)

    def _layer(self, path: View, j: int) -> View:
        """Append one layer; return the path behind it."""
        array, layer = self.array, f"{self.at}layers.{j}."
        self.program.comment = f"{layer.rstrip('.')}: dilation {array.dilations[j]}"
        active = self._filmed("activation_post", self._activated(self._convolved(path, j, layer), j, layer), layer)
        self._sum(active, layer)
        if not array.residual or (self.last and j == len(array.dilations) - 1):
            return path  # nobody hears what the last layer would leave on it
        following = self.walk.rows(f"{layer}path.", array.channels)
        if "layer1x1_post" not in self.slots:
            return self._product(following, path, active, f"{layer}residual.", 1, array.residual_groups)
        self._product(following, None, active, f"{layer}residual.", 1, array.residual_groups)
        self._filmed("layer1x1_post", following, layer)
        self.program.call("by_value", "add", [following, following, path])
        return following

    def _convolved(self, path: View, j: int, layer: str) -> View:
        """Append convolution, mixin and their FiLMs; return the sum."""
        array, wide, rows = self.array, self.array.convolution_channels(j), self.walk.rows
        source = self._filmed("conv_pre", path, layer, rows(f"{layer}conv_pre.", path.channels))
        mixed = self._filmed(
            "input_mixin_pre", self.condition, layer, rows(f"{layer}input_mixin_pre.", self.condition.channels)
        )
        out = self._product(rows(layer, wide), None, source, f"{layer}conv.", array.dilations[j], array.groups)
        self._filmed("conv_post", out, layer)
        if "input_mixin_post" in self.slots:
            mixin = self._product(rows(f"{layer}mixin.", wide), None, mixed, f"{layer}mixin.", 1, array.mixin_groups, False)
            self._filmed("input_mixin_post", mixin, layer)
            self.program.call("by_value", "add", [out, out, mixin])
        else:
            self._product(out, out, mixed, f"{layer}mixin.", 1, array.mixin_groups, False)
        if array.film:
            self.walk.film(out, out, f"{layer}film.")
        return self._filmed("activation_pre", out, layer)

    def _activated(self, z: View, j: int, layer: str) -> View:
        """Append the curves, gated or blended where the layer is; return the active channels."""
        array, width = self.array, self.array.width
        if array.gate(j) == "none":
            return self.walk.curve(array.curve(j), z, z, f"{layer}activation.")
        plain, gate = z.part(0, width), z.part(width, width)
        blended = array.gate(j) == "blended"
        curved = self.walk.rows(f"{layer}activation.", width) if blended else plain
        self.walk.curve(array.curve(j), curved, plain, f"{layer}activation.")
        self.walk.curve(array.second_curve(j), gate, gate, f"{layer}secondary.")
        if blended:
            self.program.call("by_value", "blend", [curved, curved, plain, gate])
        else:
            self.program.call("by_value", "multiply", [plain, plain, gate])
        return curved

    def _sum(self, active: View, layer: str) -> None:
        """Add to the head, through the 1x1 convolution before it where there is one."""
        array, start = self.array, self.head if self.started else None
        self.started = True
        if array.head_projection and "head1x1_post" not in self.slots:
            self._product(self.head, start, active, f"{layer}head_projection.", 1, array.head_projection_groups)
            return
        if array.head_projection:
            out = self.walk.rows(f"{layer}head_projection.", array.head_width)
            self._product(out, None, active, f"{layer}head_projection.", 1, array.head_projection_groups)
            active = self._filmed("head1x1_post", out, layer)
        if start:
            self.program.call("by_value", "add", [self.head, start, active])
        else:
            self.program.call("by_value", "copy", [self.head, active])

    def _filmed(self, slot: str, source: View, layer: str, out: View | None = None) -> View:
        """Append the FiLM in `slot`, into `out` or in place; return its rows, `source` where the slot is empty."""
        if slot not in self.slots:
            return source
        film, at, channels = self.slots[slot], f"{layer}films.{slot}.", source.channels
        factors = self.walk.rows(at, channels * (2 if film.shift else 1))
        self._product(factors, None, self.condition, at, 1, film.groups)
        out = out or source
        self.program.call("by_value", "multiply", [out, source, factors.part(0, channels)])
        if film.shift:
            self.program.call("by_value", "add", [out, out, factors.part(channels, channels)])
        return out
