"""quantise: a model file with smaller numbers, and what that costs in accuracy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..models.errors import InvalidValue
from ..models.formats import onnx_writing, safetensors
from ..models.formats.small_numbers import Numbers, check
from ..models.model import Model, load
from .benchmark.benchmark import noise
from .benchmark.onnx_engine import OnnxRuntime
from .benchmark.timing import best_pass, cut
from .model_pages.facts import COST_BLOCK
from .smaller import Compared, Contender, compare, material

WRITERS: dict[str, Callable[[Model, Path, Numbers], None]] = {
    ".safetensors": safetensors.write,
    ".onnx": onnx_writing.write,
}
ITSELF = "the model itself"
SPEED_SECONDS = 0.25


@dataclass(frozen=True)
class Quantised:
    """What `quantise` leaves: the file, and the model before and after."""

    path: Path
    numbers: str
    compared: Compared


def quantise(
    source: Model | str | Path,
    out: str | Path,
    numbers: Numbers = "float16",
    *,
    target: Any = None,
    capture: str | Path | None = None,
    seed: int = 0,
) -> Quantised:
    """Write a model with its weights as float16 or int8, and measure size, speed and ESR before and after.

    What is written is an ordinary model file: `load` gives float32 weights again, so it plays as fast as before; an .onnx
    is turned back when onnxruntime loads it. int8 has a scale for each row of a matrix.

    Args:
        source: a mono model, or the file of one.
        out: ends in .safetensors or .onnx.
        numbers: "float16" or "int8".
        target: what the model was cloned from, to measure the ESR against: a processor, or the path of a plugin.
        capture: or a capture folder; its validation takes are played. Neither: the model itself before.
        seed: of the knob settings that are visited.

    Raises:
        InvalidValue: another suffix or kind of numbers, or a model of several channels. CannotHold: .onnx has no such layer.
        FileProblem, ModelFileError, MissingExtra, and what the target raises.
    """
    out = Path(out)
    check(numbers)
    if out.suffix.lower() not in WRITERS:
        raise InvalidValue(f"{out.name}: small numbers are written as {' or '.join(WRITERS)}; end the name in one")
    model = source if isinstance(source, Model) else load(source)
    passages = material(model, target=target, capture=capture, seed=seed)
    WRITERS[out.suffix.lower()](model, out, numbers)
    sides = _in_onnxruntime(model, out) if out.suffix.lower() == ".onnx" else _in_our_player(model, out)
    against = ITSELF if target is None and capture is None else "the target"
    return Quantised(out, numbers, compare(*sides, passages, against))


def _in_our_player(model: Model, out: Path) -> tuple[Contender, Contender]:
    """Return both sides; the first one's file is what float32 takes."""
    before = len(safetensors.content(model))
    return Contender.of(model, before), Contender.of(load(out), out.stat().st_size)


def _in_onnxruntime(model: Model, out: Path) -> tuple[Contender, Contender]:
    contents = onnx_writing.file_bytes(model), out.read_bytes()
    first, second = (_onnx_contender(model, content) for content in contents)
    return first, second


def _onnx_contender(model: Model, content: bytes) -> Contender:
    spec = model.spec
    engine = OnnxRuntime(model, COST_BLOCK, content)
    blocks = cut(noise(SPEED_SECONDS, spec.sample_rate), COST_BLOCK)

    def play(audio: np.ndarray, values: dict[str, Any]) -> np.ndarray:
        return engine.play_from_silence(audio, [k.to_number(values[k.name]) for k in spec.knobs])

    def measure_ns() -> float:
        return best_pass(lambda: [engine(block) for block in blocks], len(blocks) * COST_BLOCK, SPEED_SECONDS, engine.reset)

    return Contender(play, len(content), model.weight_count, measure_ns)
