"""Which input of an ONNX graph is the audio, which are knobs, and which outputs come back as states: by names and shapes.

Files of `models.formats.onnx_writing` say it themselves; what others write follows one of a few habits.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import PluginError, WetdryError
from ...models.parameter import Parameter

AUDIO_INPUTS = ("audio", "input", "x", "signal", "waveform", "wav", "in", "audio_in", "input_audio", "dry")
AUDIO_OUTPUTS = ("output", "audio", "y", "out", "signal", "waveform", "audio_out", "output_audio", "wet", "enhanced")
KNOBS = ("knobs", "params", "parameters", "controls", "control", "conditioning", "cond", "p")
RATES = ("sr", "sample_rate", "samplerate")
AFFIXES = {"in", "out", "input", "output", "next", "new", "prev", "previous", "before", "after", "old", "current", "n"}
DTYPES = {
    "float": np.float32,
    "double": np.float64,
    "float16": np.float16,
    "int64": np.int64,
    "int32": np.int32,
    "bool": np.bool_,
}
MOST_CHANNELS = 32  # an axis of more is time


@dataclass(frozen=True)
class Tensor:
    """An input or output: its name, its sizes (None where dynamic) and its element type."""

    name: str
    shape: tuple[int | None, ...]
    dtype: Any

    def sized(self, dynamic: int = 1) -> tuple[int, ...]:
        """Return its shape with `dynamic` for every dynamic size."""
        return tuple(dynamic if size is None else size for size in self.shape)


@dataclass(frozen=True)
class Signature:
    """What the tensors of a graph are for.

    Attributes:
        audio, output: where sound goes in and comes out.
        states: (input, output) pairs.
        knobs: inputs that take knobs, one after another.
        rates: inputs that take the sample rate.
    """

    audio: Tensor
    output: Tensor
    states: tuple[tuple[Tensor, Tensor], ...]
    knobs: tuple[Tensor, ...]
    rates: tuple[Tensor, ...]

    @property
    def time_axis(self) -> int:
        """Return the axis of the audio's samples: the last, unless that is small and the one before it is not."""
        shape = self.audio.shape
        last, before = shape[-1], shape[-2] if len(shape) > 1 else 0
        if len(shape) > 1 and last is not None and last <= MOST_CHANNELS and (before is None or before > last):
            return len(shape) - 2
        return len(shape) - 1

    @property
    def channels(self) -> int:
        """Return the audio's channels: what is neither time nor, in front of two others, the batch."""
        shape = self.audio.shape
        rest = [size for axis, size in enumerate(shape) if axis != self.time_axis]
        return (rest[-1] or 1) if rest else 1

    @property
    def fixed_samples(self) -> int | None:
        """Return the samples it takes, where it takes one number of them only."""
        return self.audio.shape[self.time_axis]


def tensor_of(node: Any, path: Any) -> Tensor:
    """Return a tensor from onnxruntime's description of it."""
    kind = str(node.type).removeprefix("tensor(").removesuffix(")")
    if kind not in DTYPES:
        raise PluginError(f"{path}: {node.name} is a {node.type}, which no audio program of ours takes")
    return Tensor(node.name, tuple(size if isinstance(size, int) else None for size in node.shape), DTYPES[kind])


def signature_of(inputs: list[Tensor], outputs: list[Tensor], properties: dict[str, str], path: Any) -> Signature:
    """Return what the tensors are for. Raises PluginError where that cannot be told."""
    sounds = [t for t in inputs if np.issubdtype(t.dtype, np.floating) and 1 <= len(t.shape) <= 3]
    if not sounds or not outputs:
        raise PluginError(f"{path}: no input is audio (floats of 1 to 3 dimensions); its inputs: {_listed(inputs)}")
    audio, output = _named(sounds, AUDIO_INPUTS), _named(outputs, AUDIO_OUTPUTS)
    rest = [t for t in inputs if t is not audio]
    rates = [t for t in rest if t.name.lower() in RATES]
    rest = [t for t in rest if t not in rates]
    states = _pairs(rest, [t for t in outputs if t is not output], properties)
    knobs = [t for t in rest if all(t is not state for state, _ in states)]
    for tensor in knobs:
        if int(np.prod(tensor.sized())) > 64 or len(tensor.shape) > 2:
            raise PluginError(f"{path}: the input {tensor.name} {tensor.sized()} is neither audio nor knobs, and no output "
                              f"comes back as its next state; the outputs: {_listed(outputs)}")  # fmt: skip
    return Signature(audio, output, tuple(states), tuple(knobs), tuple(rates))


def _named(tensors: list[Tensor], names: tuple[str, ...]) -> Tensor:
    """Return the tensor with the first of `names` that one has; else the first tensor."""
    for name in names:
        for tensor in tensors:
            if tensor.name.lower() == name:
                return tensor
    return tensors[0]


def _pairs(inputs: list[Tensor], outputs: list[Tensor], properties: dict[str, str]) -> list[tuple[Tensor, Tensor]]:
    """Return (state, state after the block): as the file says, by name, then in order."""
    by_name = {t.name: t for t in (*inputs, *outputs)}
    if "states" in properties:
        said = json.loads(properties["states"])
        return [(by_name[state["input"]], by_name[state["output"]]) for state in said]
    pairs: list[tuple[Tensor, Tensor]] = []
    left = [t for t in inputs if t.name.lower() not in KNOBS]
    for stems in (_stem, None):
        for output in outputs:
            if any(output is after for _, after in pairs):
                continue
            fits = [t for t in left if _fit(t, output) and (stems is None or stems(t.name) == stems(output.name))]
            if fits:
                pairs.append((fits[0], output))
                left = [t for t in left if t is not fits[0]]
    return [pair for tensor in inputs for pair in pairs if pair[0] is tensor]


def _stem(name: str) -> str:
    """Return a name without what tells a state from the next: `h_in` and `h_out`, `state_0` and `next_state_0`."""
    words = re.findall(r"[a-z]+|\d+", name.lower())
    return "_".join(word for word in words if word not in AFFIXES)


def _fit(state: Tensor, after: Tensor) -> bool:
    return state.dtype == after.dtype and len(state.shape) == len(after.shape) and all(
        a is None or b is None or a == b for a, b in zip(state.shape, after.shape, strict=True)
    )  # fmt: skip


def knob_rows(signature: Signature, properties: dict[str, str], path: Any) -> tuple[Parameter, ...]:
    """Return the knobs: as the file says in `knobs` (JSON of `Parameter.to_dict`), else from 0 to 1, in the middle."""
    names: list[str] = []
    for tensor in signature.knobs:
        count = int(np.prod(tensor.sized()))
        name = re.sub(r"\W+", "_", tensor.name.lower()).strip("_")
        names += [name] if count == 1 and name not in KNOBS else [f"p{len(names) + i + 1}" for i in range(count)]
    if "knobs" not in properties:
        return tuple(Parameter(name, default=0.5) for name in names)
    try:
        rows = tuple(Parameter.from_dict(row) for row in json.loads(properties["knobs"]))
    except (ValueError, WetdryError) as error:
        raise PluginError(f"{path}: its metadata 'knobs' does not list knobs: {error}") from None
    if len(rows) != len(names):
        raise PluginError(f"{path}: its metadata lists {len(rows)} knobs, its inputs take {len(names)}")
    return rows


def _listed(tensors: list[Tensor]) -> str:
    return ", ".join(f"{t.name} {t.sized(-1)}" for t in tensors) or "none"
