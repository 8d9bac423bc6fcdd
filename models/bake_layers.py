"""Baking, layer by layer: constants on their way into the matrices beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bake_wavenet import fold_films
from .spec import GRU, LSTM, BatchNorm, Conv1d, Dense, FiLM, KnobInputs, TwoPaths, WaveNet

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Part:
    """A layer and its weights, by the names they have inside it."""

    layer: Any
    weights: Weights


def split(layers: Sequence[Any], weights: Weights, prefix: str) -> list[Part]:
    """Return the layers whose weights are named behind `prefix`, each with its own."""
    parts = [Part(layer, {}) for layer in layers]
    for name, array in weights.items():
        if name.startswith(prefix):
            number, _, rest = name.removeprefix(prefix).partition(".")
            parts[int(number)].weights[rest] = array
    return parts


def joined(parts: Sequence[Part], prefix: str) -> tuple[tuple[Any, ...], Weights]:
    """Return layers, and their weights named behind `prefix`: the reverse of `split`."""
    weights = {f"{prefix}{i}.{name}": array for i, part in enumerate(parts) for name, array in part.weights.items()}
    return tuple(part.layer for part in parts), weights


@dataclass(frozen=True)
class Baking:
    """What is constant.

    Attributes:
        positions: raw position of each knob; None: it stays live.
        vector: what the FiLMs read; None: some knob stays live, or there is no FiLM.
    """

    positions: tuple[float | None, ...]
    vector: np.ndarray | None

    def run(self, parts: Sequence[Part], inputs: int) -> list[Part]:
        """Return `parts`, which `inputs` channels enter, without what is constant."""
        done: list[Part] = []
        pending: Affine | None = None  # waits for a matrix to fold into
        for part in parts:
            entering, inputs = inputs, part.layer.outputs(inputs)
            part = self._inside(part, entering)
            if isinstance(part.layer, KnobInputs):
                _keep(done, pending)
                live, pending = self._knob_inputs(part.layer, entering)
                done += live
                continue
            if isinstance(part.layer, FiLM) and self.vector is not None:
                film = self._film(part, entering)
                done, pending = (done, pending.followed_by(film)) if pending else behind(done, film)
                continue
            if pending:
                folded = pending.into(part)
                if folded is None:
                    done.append(pending.part)
                part, pending = folded or part, None
            done.append(part)
        _keep(done, pending)
        return done

    def _inside(self, part: Part, inputs: int) -> Part:
        """Return a layer that holds others with these baked; others as they are."""
        layer = part.layer
        if isinstance(layer, TwoPaths):
            lists, weights = {}, Weights()
            for name, layers in layer.paths():
                lists[name], found = joined(self.run(split(layers, part.weights, f"{name}."), inputs), f"{name}.")
                weights.update(found)
            return Part(layer.model_copy(update=lists), weights)
        if isinstance(layer, WaveNet):
            condition, found = joined(self.run(split(layer.condition, part.weights, "condition."), inputs), "condition.")
            weights = {name: array for name, array in part.weights.items() if not name.startswith("condition.")}
            baked = layer.model_copy(update={"condition": condition})
            if self.vector is not None:
                baked, weights = fold_films(baked, weights, self.vector, layer.condition_channels(inputs))
            return Part(baked, {**found, **weights})
        return part

    def _film(self, part: Part, channels: int) -> "Affine":
        assert self.vector is not None
        factors = part.weights["weight"] @ self.vector + part.weights["bias"]
        return Affine(np.diag(factors[:channels]), factors[channels:], channels)

    def _knob_inputs(self, layer: KnobInputs, channels: int) -> "tuple[list[Part], Affine | None]":
        """Return the live knobs' inputs, and the matrix that puts the constant ones between them."""
        live = [i for i, position in enumerate(self.positions) if position is None]
        if len(live) == layer.knobs:
            return [Part(layer, {})], None
        rows = [*range(channels), *(channels + i for i in live)]
        offset = np.array([0.0] * channels + [position or 0.0 for position in self.positions])
        parts = [Part(KnobInputs(knobs=len(live)), {})] if live else []
        return parts, Affine(np.eye(channels + layer.knobs)[:, rows], offset, 1)


@dataclass(frozen=True)
class Affine:
    """matrix · x + offset at every sample; `groups` equal to the channels where the matrix is diagonal."""

    matrix: np.ndarray
    offset: np.ndarray
    groups: int

    def followed_by(self, film: "Affine") -> "Affine":
        """Return both as one; `film` is diagonal."""
        scale = np.diag(film.matrix)
        return Affine(scale[:, None] * self.matrix, scale * self.offset + film.offset, self.groups)

    @property
    def part(self) -> Part:
        """It, as a layer of its own: a 1x1 convolution."""
        channels = len(self.offset)
        weight = np.diag(self.matrix)[:, None, None] if self.groups > 1 else self.matrix[:, :, None]
        return Part(Conv1d(channels=channels, groups=self.groups), {"weight": weight, "bias": self.offset})

    def into(self, part: Part) -> Part | None:
        """Return `part` behind this, as one layer; None where that is not the same at every sample.

        A convolution in time pads its own input with zeros, which no constant inside it can be.
        """
        layer, weights = part.layer, part.weights
        if isinstance(layer, LSTM | GRU):
            matrix = weights["weight_ih"].astype(np.float64)
            return Part(layer, {**weights, "weight_ih": matrix @ self.matrix,
                                "bias_ih": weights["bias_ih"] + matrix @ self.offset})  # fmt: skip
        dense = isinstance(layer, Dense)
        if not dense and not (isinstance(layer, Conv1d) and layer.kernel_size == layer.groups == 1):
            return None
        matrix = weights["weight"].astype(np.float64).reshape(layer.channels, -1)
        bias = weights.get("bias", 0.0) + matrix @ self.offset
        weight = matrix @ self.matrix
        return Part(layer.model_copy(update={"bias": True}), {"weight": weight if dense else weight[:, :, None], "bias": bias})


def _keep(done: list[Part], pending: Affine | None) -> None:
    if pending:
        done.append(pending.part)


def behind(done: list[Part], film: Affine) -> tuple[list[Part], Affine | None]:
    """Fold `film`, which is diagonal, into the last of `done`; where that is no matrix, return it to wait for the next."""
    before = done[-1] if done else None
    scale = np.diag(film.matrix)
    if before and isinstance(before.layer, Dense | Conv1d):
        weight = before.weights["weight"].astype(np.float64)
        weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
        bias = before.weights.get("bias", 0.0) * scale + film.offset
        return [*done[:-1], Part(before.layer.model_copy(update={"bias": True}), {"weight": weight, "bias": bias})], None
    if before and isinstance(before.layer, BatchNorm) and len(before.weights["mean"]) == len(scale):
        gain, shift = before.weights.get("weight", 1.0) * scale, before.weights.get("bias", 0.0) * scale + film.offset
        layer = before.layer.model_copy(update={"affine": True})
        return [*done[:-1], Part(layer, {**before.weights, "weight": gain, "bias": shift})], None
    return done, film
