"""Facts about a model: what it is made of, what it hears back, what a sample costs."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from ...models.model import Model
from ...models.parameter import Parameter
from ...models.spec import GRU, LSTM, StateSpace, TemporalFiLM, TwoPaths, WaveNet

COST_BLOCK = 64
COST_MULTIPLY_ADDS = 2e9  # of one pass at most: a net of any size answers within seconds
MOST_LINES = 60
RECURRENT = (LSTM, GRU, StateSpace, TemporalFiLM)


@dataclass(frozen=True)
class ModelFacts:
    """What a model file holds.

    Attributes:
        architecture: the kinds of its layers, counted.
        layers: one line a layer, parts indented.
        weights: how many numbers were trained.
        sample_rate: in Hz.
        receptive_field, receptive_field_ms: what one output sample depends on, recurrent state not counted.
        recurrent: whether a state remembers beyond it.
        silence_before: samples of silence a player plays before the first one.
        multiply_adds: a sample.
        channels: in, out.
        knobs: name → range with unit and default.
        metadata: what a foreign file says of itself.
        training, certificate: what wetdry's own file says of its making; the outermost keys with plain values.
    """

    architecture: str
    layers: tuple[str, ...]
    weights: int
    sample_rate: float
    receptive_field: int
    receptive_field_ms: float
    recurrent: bool
    silence_before: int
    multiply_adds: int
    channels: tuple[int, int]
    knobs: dict[str, str]
    metadata: dict[str, str]
    training: dict[str, str]
    certificate: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def facts_of(model: Model) -> ModelFacts:
    """Return what spec, weights and header tell; nothing is played."""
    spec = model.spec
    lines = list(_lines(spec.layers))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES} lines more"]
    return ModelFacts(
        architecture=", ".join(f"{kind} x {n}" if n > 1 else kind for kind, n in Counter(x.kind for x in spec.layers).items()),
        layers=tuple(lines),
        weights=model.weight_count,
        sample_rate=spec.sample_rate,
        receptive_field=spec.receptive_field,
        receptive_field_ms=1000 * spec.receptive_field / spec.sample_rate,
        recurrent=any(isinstance(layer, RECURRENT) for layer in _flat(spec.layers)),
        silence_before=spec.silence_before,
        multiply_adds=spec.multiply_adds,
        channels=(spec.input_channels, spec.output_channels),
        knobs={k.name: f"{_range(k)}, default {k.text(k.default)}" for k in spec.knobs},
        metadata=_told(model.metadata),
        training=_told(model.training),
        certificate=_told(model.certificate),
    )


def cost_of(model: Model) -> float | None:
    """Return ns a sample in blocks of 64 under a compiled loop, best of several passes; None for more than one channel."""
    from ..benchmark.benchmark import noise
    from ..benchmark.compiled_host import CompiledHost

    spec = model.spec
    if (spec.input_channels, spec.output_channels) != (1, 1):
        return None
    seconds = min(1.0, COST_MULTIPLY_ADDS / max(spec.multiply_adds, 1) / spec.sample_rate)
    return CompiledHost(model, COST_BLOCK).best_pass(noise(seconds, spec.sample_rate), seconds=0.2)


def _range(knob: Parameter) -> str:
    return ", ".join(map(str, knob.choices)) or f"{knob.text(knob.minimum)} to {knob.text(knob.maximum)}"


def _flat(layers: Iterable[Any]) -> Iterable[Any]:
    for layer in layers:
        yield layer
        inner = (*layer.body, *layer.shortcut) if isinstance(layer, TwoPaths) else getattr(layer, "condition", ())
        yield from _flat(inner)


def _lines(layers: Sequence[Any], indent: str = "") -> Iterable[str]:
    """Return a line for each layer, the parts of layers that hold layers below it."""
    for layer in layers:
        if isinstance(layer, TwoPaths):
            yield f"{indent}{type(layer).__name__}"
            for name, path in layer.paths():
                if path:
                    yield f"{indent}  {name}"
                    yield from _lines(path, indent + "    ")
        elif isinstance(layer, WaveNet):
            yield f"{indent}WaveNet: head scale {layer.head_scale:.6g}"
            for array in layer.arrays:
                yield f"{indent}  array: {_array(array)}"
            if layer.condition:
                yield f"{indent}  condition"
                yield from _lines(layer.condition, indent + "    ")
        else:
            yield f"{indent}{layer.kind}{_options(layer.model_dump(exclude_defaults=True, exclude={'kind'}))}"


def _array(array: Any) -> str:
    names = [array.curve(j).name for j in range(len(array.dilations))]
    gates = {array.gate(j) for j in range(len(array.dilations))} - {"none"}
    kernels = sorted({array.taps(j) for j in range(len(array.dilations))})
    count = len(array.dilations)
    parts = [f"{array.channels} channels", f"kernel {' and '.join(map(str, kernels))}", f"{count} layer{'s' * (count > 1)}",
             f"dilation {_dilations(array.dilations)}", "/".join(dict.fromkeys(names))]  # fmt: skip
    parts += [*sorted(gates), *(["FiLM from the knobs"] if array.film else [])]
    if array.signal_films:
        parts.append(f"{len(array.signal_films)} FiLMs from the signal")
    if array.bottleneck and array.bottleneck != array.channels:
        parts.append(f"bottleneck {array.bottleneck}")
    return ", ".join([*parts, f"{array.head_channels} out"])


def _dilations(dilations: Sequence[int]) -> str:
    if len(dilations) > 4 and all(b == 2 * a for a, b in pairwise(dilations)):
        return f"{dilations[0]} … {dilations[-1]}"
    shown = " ".join(map(str, dilations[:24]))
    return shown if len(dilations) <= 24 else f"{shown} …"


def _options(values: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} {json.dumps(value)}" for name, value in values.items())
    return f": {shown:.160}" if shown else ""


def _told(record: dict[str, Any]) -> dict[str, str]:
    """Return a stranger's record as short lines of printable text."""
    lines = {}
    for key, value in record.items():
        if value is None or value == {} or value == []:
            continue
        text = json.dumps(value, ensure_ascii=False, default=str)
        lines[json.dumps(key, ensure_ascii=False)[1:-1][:60]] = text[1:-1] if isinstance(value, str) else text
    return {key: text if len(text) <= 200 else f"{text[:199]}…" for key, text in lines.items()}
