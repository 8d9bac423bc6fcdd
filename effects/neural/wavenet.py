"""Lowering of the WaveNet layer: every option of the .nam format in terms of a few steps."""

from typing import TYPE_CHECKING

import numpy as np

from ...models.spec import WaveNet, WaveNetArray
from .plan import Buffer
from .product import Product, Term, padded_rows
from .rows import Add, Copy, Curve, Gate, ScaleShift, Softmax, slopes_of

if TYPE_CHECKING:
    from .lowering import Lowering


def lower_wavenet(lowering: "Lowering", net: WaveNet, source: Buffer, prefix: str) -> Buffer:
    """Append the steps of a WaveNet; return where its output lies."""
    condition = lowering.run(net.condition, source, f"{prefix}condition.")
    head: Buffer | None = None
    for i, array in enumerate(net.arrays):
        last = i == len(net.arrays) - 1
        part = _Array(lowering, array, f"{prefix}arrays.{i}.", condition, head, last)
        source, head = part.lower(source, net.head_scale if last else 1.0)
    assert head is not None
    return head


class _Array:
    """One layer array: `head` holds what the array before summed up, and goes on summing."""

    def __init__(self, lowering: "Lowering", array: WaveNetArray, at: str, condition: Buffer,
                 head: Buffer | None, last: bool) -> None:  # fmt: skip
        self.lowering, self.plan, self.weights = lowering, lowering.plan, lowering.weights
        self.array, self.at, self.condition, self.last = array, at, condition, last
        self.started = head is not None
        self.head = head or Buffer(array.head_width)
        self.slots = {film.slot: film for film in array.signal_films}

    def lower(self, source: Buffer, scale: float) -> tuple[Buffer, Buffer]:
        """Append all steps; return (path, head)."""
        array, weights = self.array, self.weights
        path = Buffer(array.channels)
        self.plan.add(Product(self.plan, path, [Term(source, weights[f"{self.at}rechannel.weight"])]))
        for j in range(len(array.dilations)):
            path = self._layer(path, j)
        out = Buffer(array.head_channels)
        bias = weights.get(f"{self.at}head.bias")
        term = Term(self.head, np.float32(scale) * weights[f"{self.at}head.weight"], array.head_dilation)
        self.plan.add(Product(self.plan, out, [term], None if bias is None else np.float32(scale) * bias))
        return path, out

    def _layer(self, path: Buffer, j: int) -> Buffer:
        array, layer = self.array, f"{self.at}layers.{j}."
        wanted = not (self.last and j == len(array.dilations) - 1)
        plain_path = "layer1x1_post" not in self.slots
        active = self._activated(path, j, layer, wanted)
        if not wanted or not array.residual:
            return path
        term = Term(active, self.weights[f"{layer}residual.weight"], 1, array.residual_groups)
        following = Buffer(array.channels)
        bias = self.weights[f"{layer}residual.bias"]
        self.plan.add(Product(self.plan, following, [term], bias, plus=path if plain_path else None))
        if plain_path:
            return following
        following = self._modulated("layer1x1_post", following, layer)
        return self.lowering.emit(Add, array.channels, (following, 0), (path, 0))

    def _activated(self, path: Buffer, j: int, layer: str, wanted: bool) -> Buffer:
        """Append convolution, mixin, FiLMs, activation and head sum; return the activated channels."""
        array, width, curve = self.array, self.array.width, self.array.curve(j)
        curved_inside = array.gate(j) == "none" and curve.name != "softmax" and "activation_pre" not in self.slots
        summed_inside = curved_inside and not array.head_projection and "activation_post" not in self.slots
        out = Buffer(array.convolution_channels(j)) if wanted or not summed_inside else None
        total = self.head if summed_inside else None
        slopes = self.weights.get(f"{layer}activation.slopes")
        rest = {"curve": curve, "slopes": slopes, "total": total, "starts_total": not self.started} if curved_inside else {}
        self._convolved(path, j, layer, out, rest)
        if summed_inside:
            self.started = True
            return out or path
        assert out is not None
        if not curved_inside:
            out = self._modulated("activation_pre", out, layer)
            out = self._gated(out, j, layer)
        out = self._modulated("activation_post", out, layer)
        self._sum(out, width, layer)
        return out

    def _convolved(self, path: Buffer, j: int, layer: str, out: Buffer | None, rest: dict) -> None:
        """Append conv + mixin into `out`; `rest` is what the product goes on to do."""
        array, wide = self.array, self.array.convolution_channels(j)
        source = self._modulated("conv_pre", path, layer)
        mixed = self._modulated("input_mixin_pre", self.condition, layer)
        conv = Term(source, self.weights[f"{layer}conv.weight"], array.dilations[j], array.groups)
        mixin = Term(mixed, self.weights[f"{layer}mixin.weight"], 1, array.mixin_groups)
        bias, plan = self.weights[f"{layer}conv.bias"], self.plan
        terms, groups = [conv, mixin], [array.groups, array.mixin_groups]
        if "conv_post" in self.slots or "input_mixin_post" in self.slots:
            first, second = Buffer(wide), Buffer(wide)
            plan.add(Product(plan, first, [conv], bias))
            plan.add(Product(plan, second, [mixin]))
            first, second = self._modulated("conv_post", first, layer), self._modulated("input_mixin_post", second, layer)
            both = self.lowering.emit(Add, wide, (first, 0), (second, 0))
            terms, groups, bias = [Term(both, np.ones((wide, 1, 1), np.float32), 1, wide)], [wide], None
        film = self.lowering.film(f"{layer}film.", padded_rows(wide, groups)) if array.film else None
        plan.add(Product(plan, out, terms, bias, film, **rest))

    def _gated(self, source: Buffer, j: int, layer: str) -> Buffer:
        array, width, plan = self.array, self.array.width, self.plan
        gate, names = array.gate(j), ("activation", "secondary")
        chosen = [array.curve(j)] if gate == "none" else [array.curve(j), array.second_curve(j)]
        slopes = [slopes_of(plan, self.weights, f"{layer}{n}.", c, width) for n, c in zip(names, chosen, strict=False)]
        done = []
        for half, curve in enumerate(chosen):
            if curve.name == "softmax":  # needs all channels at once
                done.append(Buffer(width))
                plan.add(Softmax(done[-1], source, width, half * width))
        if gate == "none" and done:
            return done[0]
        out = Buffer(width)
        if gate == "none":
            plan.add(Curve(out, source, width, chosen[0], slopes[0]))
        else:
            plain = [None if curve.name == "softmax" else curve for curve in chosen]
            plan.add(Gate(out, source, width, gate == "blended", plain, slopes, done))
        return out

    def _sum(self, source: Buffer, width: int, layer: str) -> None:
        """Add to the head, through the 1x1 convolution before it where there is one."""
        array, plan = self.array, self.plan
        if array.head_projection:
            weight, bias = (self.weights[f"{layer}head_projection.{name}"] for name in ("weight", "bias"))
            term, inside = Term(source, weight, 1, array.head_projection_groups), "head1x1_post" not in self.slots
            out = None if inside else Buffer(array.head_width)
            total = self.head if inside else None
            plan.add(Product(plan, out, [term], bias, total=total, starts_total=not self.started))
            if out is not None:
                self._accumulate(self._modulated("head1x1_post", out, layer), array.head_width)
        else:
            self._accumulate(source, width)
        self.started = True

    def _accumulate(self, source: Buffer, rows: int) -> None:
        step = Add(self.head, [(self.head, 0), (source, 0)], rows) if self.started else Copy(self.head, [(source, 0)], rows)
        self.plan.add(step)

    def _modulated(self, slot: str, source: Buffer, layer: str) -> Buffer:
        """Return `source` through the FiLM in `slot`; itself where that is empty."""
        if slot not in self.slots:
            return source
        film, plan = self.slots[slot], self.plan
        weight, bias = (self.weights[f"{layer}films.{slot}.{name}"] for name in ("weight", "bias"))
        factors = Buffer(len(weight))
        plan.add(Product(plan, factors, [Term(self.condition, weight, 1, film.groups)], bias))
        sources = [(source, 0), (factors, 0), *([(factors, source.rows)] if film.shift else [])]
        return self.lowering.emit(ScaleShift, source.rows, *sources)
