"""Lowering: from a spec and its weights to the steps of a plan, fusing what follows a matrix into it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...models.decibels import factor
from ...models.folding import as_convolution, scale_and_shift
from ...models.model import Model
from ...models.spec import (
    GRU,
    LSTM,
    Activation,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dense,
    FiLM,
    Gain,
    KnobInputs,
    MaxPool,
    Multiply,
    Residual,
    StateSpace,
    TemporalFiLM,
    WaveNet,
)
from ...models.state_spaces import silence_of
from ..kernels.kernel import TILE
from .assemble import Assembled, assemble
from .film import Film, Films
from .plan import Buffer, Plan
from .product import Product, Term, padded_rows
from .recurrent import Recurrent
from .rows import Add, Copy, Curve, KnobRows, Pool, ScaleShift, Softmax, Times, slopes_of
from .state_space import States
from .temporal_film import LevelFollower
from .wavenet import lower_wavenet

MATRICES = (Dense, Conv1d, Conv2d)


def compile_model(model: Model, channels: int) -> Assembled:
    """Return what plays `model` on `channels` rows of audio: independent ones, or the inputs of one net."""
    spec = model.spec
    lowering = Lowering(model)
    plan = lowering.plan
    plan.silence_samples, plan.settles = silence_of(spec, TILE)
    with np.errstate(over="ignore", invalid="ignore"):  # extreme weights: the runner mutes what turns non-finite
        plan.sink = lowering.run(spec.layers, plan.source, "layers.")
    together = (spec.input_channels, spec.output_channels) != (1, 1)
    return assemble(plan, lowering.films, channels, together, spec.output_channels)


class Lowering:
    """Walks the layers of one model; `run` is where every kind is turned into steps."""

    def __init__(self, model: Model) -> None:
        spec = model.spec
        self.plan, self.weights, self.knobs = Plan(spec.input_channels), model.weights, len(spec.knobs)
        self.films = Films(self.plan, spec.conditioning, self.knobs, model.weights) if spec.conditioning else None

    def run(self, layers: Sequence[Any], source: Buffer, prefix: str, plus: Buffer | None = None) -> Buffer:
        """Lower `layers` in series, then add `plus`; return where the result lies."""
        i = 0
        while i < len(layers):
            layer, at = layers[i], f"{prefix}{i}."
            if isinstance(layer, MATRICES):
                source, i, plus = self._matrix(layers, i, source, prefix, plus)
                continue
            if isinstance(layer, LSTM | GRU):
                source, i = self._recurrent(layers, i, source, prefix)
                continue
            if isinstance(layer, StateSpace):
                source, i, plus = self._states(layers, i, source, prefix, plus)
                continue
            source = self._single(layer, source, at)
            i += 1
        return self.emit(Add, source.rows, (source, 0), (plus, 0)) if plus else source

    def emit(self, kind: Any, rows: int, *sources: tuple[Buffer, int], parameters: list[int] | None = None) -> Buffer:
        """Append an `Each` step; return its output."""
        out = Buffer(rows)
        self.plan.add(kind(out, list(sources), rows, parameters))
        return out

    def film(self, prefix: str, padded: int) -> Film:
        """Return the FiLM whose dense layer is at `prefix`."""
        assert self.films is not None  # the spec has checked it
        return self.films.add(self.weights[f"{prefix}weight"], self.weights[f"{prefix}bias"], padded)

    def _single(self, layer: Any, source: Buffer, at: str) -> Buffer:
        rows, plan = source.rows, self.plan
        match layer:
            case WaveNet():
                return lower_wavenet(self, layer, source, at)
            case Residual():
                beside = self.run(layer.shortcut, source, f"{at}shortcut.")
                return self.run(layer.body, source, f"{at}body.", beside)
            case Multiply():
                beside = self.run(layer.shortcut, source, f"{at}shortcut.")
                through = self.run(layer.body, source, f"{at}body.")
                out = self.emit(Times, through.rows, (through, 0), (beside, 0))
            case Activation(name="softmax"):
                out = Buffer(rows)
                plan.add(Softmax(out, source, rows))
            case Activation():
                out = Buffer(rows)
                plan.add(Curve(out, source, rows, layer, slopes_of(plan, self.weights, at, layer, rows)))
            case BatchNorm():
                parameters = [plan.pack(values) for values in scale_and_shift(layer, self.weights, at, rows)]
                out = self.emit(ScaleShift, rows, (source, 0), parameters=parameters)
            case Gain():
                level = plan.pack(np.full(rows, factor(layer.level_db)))
                out = self.emit(ScaleShift, rows, (source, 0), parameters=[level])
            case FiLM():
                out, ones = Buffer(rows), np.ones((rows, 1, 1), np.float32)
                plan.add(Product(plan, out, [Term(source, ones, 1, rows)], film=self.film(at, rows)))
            case TemporalFiLM():
                out = Buffer(rows)
                plan.add(LevelFollower(plan, layer, source, out, self.weights, at))
            case MaxPool():
                out = Buffer(rows)
                plan.add(Pool(out, source, rows, layer.kernel_size))
            case KnobInputs():
                out = Buffer(rows + layer.knobs)
                plan.add(Copy(out, [(source, 0)], rows))
                plan.add(KnobRows(out, rows, layer.knobs))
            case _:
                raise NotImplementedError(layer.kind)
        return out

    def _matrix(self, layers: Sequence[Any], i: int, source: Buffer, prefix: str, plus: Buffer | None) -> tuple[Any, ...]:
        """Lower a matrix layer with the normalisation, FiLM, curve and sum behind it; return (out, next layer, plus)."""
        layer, at = layers[i], f"{prefix}{i}."
        weight, bias, dilation, groups = as_convolution(layer, self.weights, at, source.rows)
        return self._product(layers, i + 1, prefix, plus, Term(source, weight, dilation, groups), bias)

    def _states(self, layers: Sequence[Any], i: int, source: Buffer, prefix: str, plus: Buffer | None) -> tuple[Any, ...]:
        """Lower a state space with the normalisation, FiLM, curve and sum behind it; return (out, next layer, plus)."""
        rows = source.rows
        out = Buffer(rows)
        self.plan.add(States(self.plan, layers[i], source, out, self.weights, f"{prefix}{i}."))
        following = layers[i + 1] if i + 1 < len(layers) else None
        if not isinstance(following, BatchNorm | FiLM):
            return out, i + 1, plus
        return self._product(layers, i + 1, prefix, plus, Term(out, np.ones((rows, 1, 1), np.float32), 1, rows), None)

    def _product(self, layers: Sequence[Any], i: int, prefix: str, plus: Buffer | None, term: Term,
                 bias: np.ndarray | None) -> tuple[Any, ...]:  # fmt: skip
        """Lower a matrix with what from layer `i` on fits into it; return (out, next layer, plus)."""
        weight, rows = term.weight, len(term.weight)
        while i < len(layers) and isinstance(layers[i], BatchNorm):
            both = scale_and_shift(layers[i], self.weights, f"{prefix}{i}.", rows)
            scale, shift = (values.astype(np.float32) for values in both)
            weight = weight * scale[:, None, None]
            bias = shift if bias is None else bias * scale + shift
            i += 1
        film, curve, slopes = None, None, None
        if i < len(layers) and isinstance(layers[i], FiLM):
            film = self.film(f"{prefix}{i}.", padded_rows(rows, [term.groups]))
            i += 1
        if i < len(layers) and isinstance(layers[i], Activation) and layers[i].name != "softmax":
            curve, slopes = layers[i], self.weights.get(f"{prefix}{i}.slopes")
            i += 1
        last = plus if i == len(layers) else None
        out = Buffer(rows)
        term = replace(term, weight=weight.astype(np.float32))
        self.plan.add(Product(self.plan, out, [term], bias, film, curve, slopes, last))
        return out, i, None if last else plus

    def _recurrent(self, layers: Sequence[Any], i: int, source: Buffer, prefix: str) -> tuple[Buffer, int]:
        """Lower an LSTM or GRU, with a dense layer of one output behind it where there is one."""
        head, following = None, layers[i + 1] if i + 1 < len(layers) else None
        if isinstance(following, Dense) and following.channels == 1:
            at = f"{prefix}{i + 1}."
            head = self.weights[f"{at}weight"], self.weights.get(f"{at}bias", np.zeros(1, np.float32))
        out = Buffer(1 if head else layers[i].hidden)
        self.plan.add(Recurrent(self.plan, layers[i], source, out, self.weights, f"{prefix}{i}.", head))
        return out, i + (2 if head else 1)
