"""ModelEffect: what effects that play a Model share: the net as a part, at any sample rate, and its knobs."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..models.errors import InvalidType, LayoutError
from ..models.model import Model, load
from ..models.parameter import Parameter
from ..presets import clone_path
from .call import check_call
from .effect import Effect
from .kernels.program import Knob, Part
from .kernels.resampler import resampled, resampling_latency
from .neural import compile_model

KNOB_SMOOTHING_MS = 10.0


class ModelEffect(Effect):
    """Base of effects that play a Model.

    A subclass calls `_take_model` before `_set_up`, puts `_model_knobs` into its table, and plays `_net_part`. At
    another rate than the model's the net is resampled, and `_latency` says by how much that lags.
    """

    factory_clone: ClassVar[str] = ""
    factory_defaults: ClassVar[Mapping[str, Any]] = {}  # of its knobs, where the clone has another

    _model: Model | None

    def _take_model(self, model: Model | None) -> None:
        """Keep the model to play. Raises InvalidType for anything else."""
        if model is not None and not isinstance(model, Model):
            name = type(self).__name__
            raise InvalidType(f"{name} takes a Model, got {type(model).__name__}; wetdry.models.load(path) gives one")
        spec = model.spec if model else None
        self.__dict__["_model"] = model
        self.__dict__["_channels"] = (spec.input_channels, spec.output_channels) if spec else (1, 1)  # slow to ask each block
        self.__dict__["_model_names"] = {}
        self.__dict__["_net"] = (None, None)

    def _model_knobs(self, taken: Iterable[str] = ()) -> list[Parameter]:
        """Return the model's knobs for the table; one whose name is `taken` gets `model_` before it."""
        taken, knobs = set(taken), []
        at_factory = self.factory_clone and self._model is _factory_model(self.factory_clone)
        defaults = self.factory_defaults if at_factory else {}
        for knob in self._model.spec.knobs if self._model else ():
            name = f"model_{knob.name}" if knob.name in taken else knob.name
            self._model_names[name] = knob.name
            default = defaults.get(name, knob.default)
            knobs.append(replace(knob, name=name, default=default, smoothing_ms=KNOB_SMOOTHING_MS))
        return knobs

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        """Return a knob of the model as its position, 0 to 1; another as its value."""
        return (
            parameter.positions(numbers) if parameter.name in self._model_names else super()._kernel_numbers(parameter, numbers)
        )

    def _net_part(self, sample_rate: float, channels: int) -> Part:
        """Return `net_part` of the model; the last one is kept."""
        assert self._model
        if self._net[0] != (sample_rate, channels):
            self.__dict__["_net"] = ((sample_rate, channels), net_part(self._model, sample_rate, channels))
        return self._net[1]

    def _latency(self, sample_rate: float) -> int:
        return resampling_latency(sample_rate, float(self._model.spec.sample_rate)) if self._model else 0

    @property
    def model(self) -> Model | None:
        """The model being played."""
        return self._model

    @property
    def tail_seconds(self) -> float:
        """What the model rings for (its receptive field, and until its state spaces have settled), in seconds, and at another
        rate than the model's the resampler after it."""
        if not self._model:
            return 0.0
        return (
            self._model.spec.tail_samples / self._model.spec.sample_rate + ModelEffect._latency(self, self._rate) / self._rate
        )

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


def net_part(model: Model, sample_rate: float, channels: int) -> Part:
    """Return what plays a model on `channels` rows at any rate, compiled; its knobs are the model's, in order.

    Raises:
        LayoutError: the model has several inputs or outputs, and the audio another count of channels.
        InvalidValue: rates too uneven to resample.
    """
    spec = model.spec
    inputs, outputs = spec.input_channels, spec.output_channels
    if max(inputs, outputs) > 1 and channels != max(inputs, outputs):
        raise LayoutError(f"this model has {inputs} inputs and {outputs} outputs, the audio has {channels} channels")
    played = compile_model(model, channels)
    knobs: Sequence[Knob] = [Knob(KNOB_SMOOTHING_MS, 1.0)] * len(spec.knobs)
    part = Part(played.kernel, knobs, played.memory, played.state, played.weights, played.silence_samples)
    part = resampled(part, sample_rate, float(spec.sample_rate), channels)
    _ = part.kernel.address  # the slow part: whoever prepares a model ahead wants it done
    return part


def given_model(model: Any, factory_clone: str) -> Any:
    """Return a model for what a user passed: itself, a file's, or the factory clone for None."""
    if model is None:
        return _factory_model(factory_clone)
    return load(Path(model)) if isinstance(model, str | os.PathLike) else model


@cache
def _factory_model(name: str) -> Model:
    return load(clone_path(name))
