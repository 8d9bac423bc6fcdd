"""The walk over a spec: every layer kind as calls of the functions in `parts/`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import CannotHold
from ...folding import as_convolution, scale_and_shift
from ...model import Model
from ...spec import (
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
from .conditioning import Conditioning
from .curves import curve_of
from .memory import state_space, temporal_film
from .packing import packed_convolution
from .program import Buffer, Program, View
from .recurrent import recurrent
from .wavenet import wavenet

MATRICES = (Dense, Conv1d, Conv2d)


class Walk:
    """Walks the layers of one model; `run` is where every kind is turned into calls."""

    def __init__(self, model: Model) -> None:
        self.spec, self.weights = model.spec, model.weights
        self.program = Program(Buffer("audio", model.spec.input_channels))
        self.conditioning = Conditioning(self.program, model) if model.spec.conditioning else None
        self.sink = self.run(model.spec.layers, self.program.source.all, "layers.")

    def run(self, layers: Sequence[Any], source: View, prefix: str) -> View:
        """Append the calls of `layers` in series; return where the result lies."""
        i = 0
        while i < len(layers):
            layer, at = layers[i], f"{prefix}{i}."
            self.program.comment = f"{at.rstrip('.')}: {described(layer)}"
            if isinstance(layer, MATRICES):
                source, i = self._matrix(layers, i, source, prefix)
                continue
            source = self._single(layer, source, at, own=i > 0)
            i += 1
        return source

    def rows(self, at: str, channels: int) -> View:
        """Return new rows, named after the layer."""
        return Buffer(at.rstrip(".").replace(".", "_"), channels).all

    def convolve(self, out: View, start: View | None, source: View, at: str, weight: np.ndarray, bias: np.ndarray | None,
                 dilation: int = 1, groups: int = 1) -> View:  # fmt: skip
        """Append out = start + bias + convolution; `weight` (out, in / groups, taps); return `out`."""
        outputs, inputs, taps = weight.shape
        source.look_back((taps - 1) * dilation)
        size = f"{outputs} outputs, {inputs} inputs{' of a group' if groups > 1 else ''}, {taps} tap{'s' if taps > 1 else ''}"
        packed = self.program.pack(f"{at}weight", packed_convolution(weight, groups), size)
        biases = "nullptr" if bias is None else self.program.pack(f"{at}bias", bias)
        function = f"convolve<{taps}>" if groups == 1 else f"convolve<{taps}, {groups}>"
        self.program.call("convolve", function, [out, start, source], str(dilation), packed, biases)
        return out

    def curve(self, layer: Activation, out: View, source: View, at: str) -> View:
        """Append out = curve(source); return `out`."""
        if layer.name == "softmax":
            self.program.call("softmax", "softmax", [out, source])
        elif layer.name == "prelu":
            slopes = self.program.pack(f"{at}slopes", np.broadcast_to(self.weights[f"{at}slopes"], out.channels))
            self.program.call("leak", "leak", [out, source], slopes)
        else:
            part, text = curve_of(layer)
            self.program.parts.add(part)
            self.program.call("by_value", "shape", [out, source], text)
        return out

    def film(self, out: View, source: View, at: str) -> View:
        """Append a FiLM from the knobs whose dense layer is at `at`; return `out`."""
        assert self.conditioning is not None  # the spec has checked it
        start, end = self.conditioning.add(self.weights[f"{at}weight"], self.weights[f"{at}bias"])
        self.program.call("film", "modulate", [out, source], start, end, "column")
        return out

    def _single(self, layer: Any, source: View, at: str, own: bool) -> View:
        """Append one layer; where the series made its source (`own`), nobody else reads that, and it may be changed."""
        out = source if own else self.rows(at, source.channels)
        match layer:
            case WaveNet():
                return wavenet(self, layer, source, at)
            case LSTM() | GRU():
                return recurrent(self, layer, source, at)
            case StateSpace():
                return state_space(self, layer, source, at)
            case TemporalFiLM():
                return temporal_film(self, layer, source, at, out)
            case Residual() | Multiply():
                return self._two_paths(layer, source, at)
            case Activation():
                return self.curve(layer, out, source, at)
            case BatchNorm():
                factors = scale_and_shift(layer, self.weights, at, source.channels)
                packed = (self.program.pack(f"{at}{n}", v) for n, v in zip(("scale", "shift"), factors, strict=True))
                self.program.call("by_value", "scale_and_shift", [out, source], *packed)
            case Gain():
                self.program.call("by_value", "scale", [out, source], f"{np.float32(10.0 ** (layer.level_db / 20.0))!s}f")
            case FiLM():
                return self.film(out, source, at)
            case MaxPool():
                out = self.rows(at, source.channels)
                source.look_back(layer.kernel_size - 1)
                self.program.call("pool", f"pool<{layer.kernel_size}>", [out, source])
            case KnobInputs():
                out = self.rows(at, source.channels + layer.knobs)
                self.program.call("by_value", "copy", [out.part(0, source.channels), source])
                self.program.call("by_value", "copy", [out.part(source.channels, layer.knobs)], "moving.now()")
            case _:
                raise CannotHold("header", at.rstrip("."), f"no C++ is written for {layer.kind} layers; write a .safetensors "
                                 "file instead, or an .onnx one")  # fmt: skip
        return out

    def _two_paths(self, layer: Residual | Multiply, source: View, at: str) -> View:
        beside = self.run(layer.shortcut, source, f"{at}shortcut.")
        out = self.run(layer.body, source, f"{at}body.")
        function = "add" if isinstance(layer, Residual) else "multiply"
        self.program.comment = f"{at.rstrip('.')}: {layer.kind}"
        self.program.call("by_value", function, [out, out, beside.part(0, out.channels)])
        return out

    def _matrix(self, layers: Sequence[Any], i: int, source: View, prefix: str) -> tuple[View, int]:
        """Append a matrix layer, the normalisation behind it folded into it; return (out, next layer)."""
        at = f"{prefix}{i}."
        weight, bias, dilation, groups = as_convolution(layers[i], self.weights, at, source.channels)
        i += 1
        while i < len(layers) and isinstance(layers[i], BatchNorm):
            scale, shift = scale_and_shift(layers[i], self.weights, f"{prefix}{i}.", len(weight))
            weight, bias = weight * scale[:, None, None], shift if bias is None else bias * scale + shift
            self.program.comment += ", BatchNorm folded into it"
            i += 1
        return self.convolve(self.rows(at, len(weight)), None, source, at, weight, bias, dilation, groups), i


def described(layer: Any) -> str:
    """Return a layer as a comment names it: its kind and what is not its default."""
    known = {n: v for n, v in layer if isinstance(v, int | float | str | tuple) and n != "kind"}
    plain = {n: f.default for n, f in type(layer).model_fields.items()}
    nested = ("body", "shortcut", "arrays", "condition")
    settings = ", ".join(f"{n} {v}" for n, v in known.items() if v != plain[n] and n not in nested)
    return f"{layer.kind} ({settings})" if settings else layer.kind
