"""What plays: from plain data, which a fresh process can be given too, to something called with one block after another.

All answer the same interface: `player(block)` plays the next block (samples,), `player.reset()` starts a stream,
`player.latency_samples` is what the stream leaves out at its start.

{"plays": "numpy", "effect": "TubeSaturator", "carries": true}       plain NumPy
{"plays": "processor", "recipe": {…}, "keeps": ["oversampling"]}     an effect, a plugin, a chain: `host.recipe`; and the
                                                                     knobs that stay as they are, whatever others do
{"plays": "natives", "effect": "TubeSaturator"}                      pedalboard's own plugins nearest to an effect
{"plays": "model", "engine": "onnxruntime", "path": …, "file": …}    a model, and the file that this engine reads
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...effects import Effect, NeuralAmp, NeuralEffect
from ...models.model import Model, load
from .. import _pedalboard
from ..benchmark.compiled_host import CompiledHost
from ..benchmark.engines import ENGINES, OURS, TorchScript
from ..benchmark.onnx_engine import OnnxRuntime
from ..benchmark.timing import best_pass
from ..capture.target import Target
from ..recipe import build as build_processor
from .numpy_effects import NUMPY_EFFECTS, Stateless, Stream

Recipe = Mapping[str, Any]
Values = Mapping[str, Any]
INT8 = "onnxruntime-int8"
MODEL_ENGINES = (OURS, "torch", "torchscript", "onnxruntime", INT8)
LOOP_SECONDS = 0.1
# effect: its knobs' values → pedalboard's plugins in series, class name and arguments
NEAREST: dict[str, Callable[[Values], list[tuple[str, dict[str, Any]]]]] = {
    "TubeSaturator": lambda v: [("Distortion", {"drive_db": v["drive_db"]}),
                                ("LowpassFilter", {"cutoff_frequency_hz": v["tone_hz"]}),
                                ("Gain", {"gain_db": v["output_db"]})],
    "Bitcrusher": lambda v: [("Bitcrush", {"bit_depth": max(v["bit_depth"] - 1.0, 0.0)})],
    "Gain": lambda v: [("Gain", {"gain_db": v["gain_db"]})],
}  # fmt: skip


class Processor:
    """An effect, a plugin or a chain, as a host calls it; of several channels the first is heard."""

    def __init__(self, processor: Any, sample_rate: float) -> None:
        target = Target(processor, sample_rate)
        self.processor, self.sample_rate, self.channels = target.processor, sample_rate, target.channels

    @property
    def latency_samples(self) -> int:
        """That it reports."""
        return int(getattr(self.processor, "latency_samples", 0) or 0)

    def reset(self) -> None:
        self.processor.reset()

    def __call__(self, block: np.ndarray) -> np.ndarray:
        if self.channels == 1:
            return self.processor.process(block, self.sample_rate, reset=False)
        return self.processor.process(np.tile(block, (self.channels, 1)), self.sample_rate, reset=False)[0]


class Natives:
    """pedalboard's own plugins in its own Pedalboard: none of Python between them."""

    latency_samples = 0

    def __init__(self, chain: list[tuple[str, dict[str, Any]]], sample_rate: float, buffer_size: int) -> None:
        self.board = _pedalboard.pedalboard().Pedalboard([_pedalboard.native_class(name)(**given) for name, given in chain])
        self.sample_rate, self.buffer_size = sample_rate, buffer_size

    def reset(self) -> None:
        self.board.reset()

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return self.board.process(block, self.sample_rate, self.buffer_size, reset=False)


class Engine:
    """A model on one of the engines that are no player of ours; it starts after the silence a stream starts with."""

    latency_samples = 0

    def __init__(self, plays: Any) -> None:
        self.plays = plays

    def reset(self) -> None:
        self.plays.reset()

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return self.plays(block)


def build(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Any:
    """Return the player of a recipe, its knobs standing at `values`, ready for blocks of one size.

    Raises:
        MissingExtra: what it needs is not installed. InvalidValue, ModelFileError, PluginError: it cannot be built.
    """
    return _BUILDERS[recipe["plays"]](recipe, sample_rate, values, buffer_size)


def _numpy(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Any:
    effect = NUMPY_EFFECTS[recipe["effect"]](sample_rate, **values)
    return Stream(effect) if recipe["carries"] else Stateless(effect)


def _processor(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Any:
    return Processor(_standing(recipe, values), sample_rate)


def _natives(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Any:
    return Natives(NEAREST[recipe["effect"]](values), sample_rate, buffer_size)


def _model(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Any:
    model, engine, file = standing_at(load(recipe["path"]), values), recipe["engine"], Path(recipe["file"])
    if engine == OURS:
        return Processor(_ours(model, sample_rate), sample_rate)
    if engine in ("onnxruntime", INT8):
        return Engine(OnnxRuntime(model, buffer_size, file.read_bytes()))
    if engine == "torchscript":
        return Engine(TorchScript(model, buffer_size, file))
    return Engine(ENGINES[engine](model, buffer_size))


_BUILDERS = {"numpy": _numpy, "processor": _processor, "natives": _natives, "model": _model}


def _ours(model: Model, sample_rate: float) -> Effect:
    """Return what plays a model; one of another rate is resampled there and back, which NeuralAmp does."""
    return NeuralEffect(model) if model.spec.sample_rate == sample_rate else NeuralAmp(model)


def _standing(recipe: Recipe, values: Values) -> Any:
    moving = {name: value for name, value in values.items() if name not in recipe.get("keeps", ())}
    return turned(build_processor(recipe["recipe"]), moving)


def turned(processor: Any, values: Values) -> Any:
    """Return the processor with those of the knobs turned that it has."""
    for name, value in values.items():
        if name in processor.parameters and processor.parameters[name].value != value:
            processor.parameters[name].value = value
    return processor


def standing_at(model: Model, values: Values) -> Model:
    """Return the model with other defaults: every engine plays it there."""
    knobs = tuple(replace(k, default=values.get(k.name, k.default)) for k in model.spec.knobs)
    return replace(model, spec=model.spec.model_copy(update={"knobs": knobs})) if knobs else model


def loop_of(recipe: Recipe, sample_rate: float, values: Values, buffer_size: int) -> Callable[[np.ndarray], float] | None:
    """Return what plays audio (samples,) in blocks without Python between them and tells ns a sample; None: nothing does."""
    if recipe["plays"] == "natives":
        board = Natives(NEAREST[recipe["effect"]](values), sample_rate, buffer_size).board
        return lambda audio: best_pass(
            lambda: board.process(audio, sample_rate, buffer_size, reset=False), len(audio), LOOP_SECONDS
        )
    effect: Any = None
    if recipe["plays"] == "processor":
        effect = _standing(recipe, values)
    elif recipe["plays"] == "model" and recipe["engine"] == OURS:
        effect = _ours(standing_at(load(recipe["path"]), values), sample_rate)
    if not isinstance(effect, Effect):
        return None
    host = CompiledHost(effect, buffer_size, sample_rate)
    return lambda audio: host.best_pass(audio, LOOP_SECONDS)
