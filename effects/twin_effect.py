"""TwinEffect: what the neural twins of a processor share: a factory clone by default, any mono model instead."""

import os
from typing import Any, ClassVar

import numpy as np

from ..models.decibels import factor
from ..models.errors import InvalidValue
from ..models.model import Model
from ..models.parameter import Parameter
from .effect import Effect
from .kernels.program import Knob
from .model_effect import ModelEffect, given_model


class TwinEffect(ModelEffect):
    """Base of effects around a mono model with knobs; a subclass says its factory clone and its own knobs.

    Args:
        model: a `Model`, or the path of any file `wetdry.models.load` reads; None: the factory clone.
        **knobs: to set.
    """

    own_knobs: ClassVar[tuple[Parameter, ...]]

    def __init__(self, model: Model | str | os.PathLike[str] | None = None, **knobs: Any) -> None:
        self.__dict__["_given"] = os.fspath(model) if isinstance(model, os.PathLike) else model
        self._take_model(given_model(model, self.factory_clone))
        if self._channels != (1, 1):
            raise InvalidValue(f"{type(self).__name__} plays each channel by itself, and this model has {self._channels[0]} "
                               f"inputs and {self._channels[1]} outputs; NeuralEffect plays it")  # fmt: skip
        taken = {*dir(type(self)), *(knob.name for knob in self.own_knobs)}
        self._set_up([*self._model_knobs(taken), *self.own_knobs], knobs)

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        """Return a level of our own as a factor, in which it glides; a knob of the model as its position."""
        if parameter.name not in self._model_names and parameter.unit == "dB":
            return factor(numbers)
        return super()._kernel_numbers(parameter, numbers)

    def _own_motion(self) -> list[Knob]:
        """Return how our own knobs move, in the table's order."""
        return [Knob(knob.smoothing_ms, 1.0) for knob in self.own_knobs]

    def _arguments(self) -> tuple[Any, ...]:
        return () if self._given is None else (self._given,)

    def __reduce__(self) -> Any:
        rebuild, (kind, given, values) = super().__reduce__()
        return rebuild, (kind, (self._model,) if given else (), values)  # a file may be another where it is unpickled

    def __copy__(self) -> Effect:
        twin = type(self)(self._model, **self._values)
        twin.__dict__["_given"] = self._given
        return twin
