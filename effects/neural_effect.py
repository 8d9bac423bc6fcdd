"""NeuralEffect: plays a model with nothing added; the model's knobs are its knobs."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..models.errors import InvalidType, InvalidValue, LayoutError
from ..models.model import Model
from ..models.parameter import Parameter
from .effect import Effect, check_call
from .kernels.program import Knob, Part
from .kernels.wire import WIRE
from .neural import compile_model
from .registry import REGISTRY


@REGISTRY.register
class NeuralEffect(Effect):
    """Plays a `Model` as a compiled, streaming effect.

    The knobs are the model's; a move is smoothed (10 ms one-pole on the knob's position, the FiLM evaluated
    every 64 samples and ramped between). Each channel has a state of its own. After a reset the net idles as
    if silence had been playing, so it starts without a click. Latency 0; the tail is the receptive field.

    Args:
        model: what `wetdry.models.load` returns. None plays a wire (a net that passes its input on), which
            keeps the effect constructible by name.
        **values: knobs to set.

    Raises (when playing):
        InvalidValue: at another sample rate than the model's, naming both.

    Source of the maths: the docstring of `models.spec.WaveNet`; FiLM: Perez et al., "FiLM: Visual Reasoning
    with a General Conditioning Layer", AAAI 2018.
    """

    def __init__(self, model: Model | None = None, **values: Any) -> None:
        if model is not None and not isinstance(model, Model):
            raise InvalidType(f"NeuralEffect takes a Model, got {type(model).__name__}; wetdry.models.load(path) gives one")
        spec = model.spec if model else None
        self.__dict__["_model"] = model
        self.__dict__["_channels"] = (spec.input_channels, spec.output_channels) if spec else (1, 1)  # slow to ask each block
        knobs = model.spec.knobs if model else ()
        self._set_up([replace(k, smoothing_ms=10.0) for k in knobs], values)

    @property
    def model(self) -> Model | None:
        """The model being played."""
        return self._model

    @property
    def sample_rate(self) -> float | None:
        """The only rate it plays at, in Hz; None: any."""
        return self._model.spec.sample_rate if self._model else None

    @property
    def tail_seconds(self) -> float:
        """The receptive field in seconds."""
        return self._model.spec.receptive_field / self._model.spec.sample_rate if self._model else 0.0

    def _kernel_number(self, parameter: Parameter, value: Any) -> float:
        return parameter.to_raw(value)

    def _knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(p.smoothing_ms, 1.0) for p in self._table.values())

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        if self._model is None:
            return [Part(WIRE)]
        rate = self._model.spec.sample_rate
        if sample_rate != rate:
            raise InvalidValue(f"this model plays at {rate:g} Hz, the audio is at {sample_rate:g} Hz; resample the audio "
                               f"to {rate:g} Hz first")  # fmt: skip
        inputs, outputs = self._channels
        if max(inputs, outputs) > 1 and channels != max(inputs, outputs):
            raise LayoutError(f"this model has {inputs} inputs and {outputs} outputs, the audio has {channels} channels")
        played = compile_model(self._model, channels)
        silence = self._model.spec.silence_before
        return [Part(played.kernel, self._knobs(), played.memory, played.state, played.weights, silence)]

    def process(self, input_array: np.ndarray, sample_rate: float, buffer_size: int = 8192, reset: bool = True) -> np.ndarray:
        """Run audio through the model.

        A mono model plays every channel on its own. One with several inputs or outputs takes (input_channels, samples)
        or (samples, input_channels), 1-D where it has one input, and returns its outputs in the same layout (1-D only
        where the audio was and there is one output). Everything else as `Effect.process`.
        """
        inputs, outputs = self._channels
        if inputs == outputs:
            return super().process(input_array, sample_rate, buffer_size, reset)
        rate = check_call(sample_rate, buffer_size)
        with self._lock:
            planar = self._layout.to_planar(input_array)
            if planar.shape[0] != inputs:
                raise LayoutError(f"this model has {inputs} inputs, the audio has {planar.shape[0]} channels")
            rows = np.zeros((max(inputs, outputs), planar.shape[1]), np.float32)
            rows[: len(planar)] = planar
            wet = np.ascontiguousarray(self._player.play(rows, rate, bool(reset))[:outputs])
            return wet if input_array.ndim == 1 and len(wet) > 1 else self._layout.from_planar(wet, input_array)

    __call__ = process

    def _arguments(self) -> tuple[Any, ...]:
        return (self._model,) if self._model else ()
