"""What plays a twin beside its target: at the capture's rate, whatever rate the net runs at, and through a cabinet."""

from pathlib import Path
from typing import Any

import numpy as np

from ...effects import NeuralEffect
from ...effects.impulse_response import ImpulseResponse
from ...effects.kernels.program import Part
from ...effects.model_effect import ModelEffect
from ...models.errors import InvalidValue
from ...models.files import sha256_of
from ...models.model import Model
from ..cabinet import through_cabinet


class OversampledNet(ModelEffect):
    """Plays a model at any rate, resampled there and back, with nothing added; late by what `latency_samples` says.

    Args:
        model: one that was trained at several times the rate.
        **values: knobs to set.
    """

    def __init__(self, model: Model, **values: Any) -> None:
        self._take_model(model)
        self._set_up(self._model_knobs(), values)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        return [self._net_part(sample_rate, channels)]


def oversampling_of(model: Model, sample_rate: float) -> int | None:
    """Return how many times a rate, in Hz, a model runs at: 1, or as often as it was trained at; None: it does not fit."""
    times = model.spec.sample_rate / sample_rate
    return int(times) if times in (1, model.training.get("oversampling")) else None


def player(model: Model) -> ModelEffect:
    """Return the effect that plays a model at the rate of the capture it was trained on."""
    return OversampledNet(model) if model.training.get("oversampling", 1) != 1 else NeuralEffect(model)


class Behind:
    """The cabinet that a model was trained in front of.

    Args:
        path: its impulse response.
        model: which has to be trained in front of this one.

    Raises:
        InvalidValue: the model was trained in front of another, or of none. FileProblem: the file is missing or no audio.
    """

    def __init__(self, path: str | Path, model: Model) -> None:
        self.path = Path(path).expanduser()
        response, known = ImpulseResponse.of(self.path), model.training.get("cabinet")
        assert response
        if not known:
            raise InvalidValue("the model was trained without a cabinet: evaluate it without one, or train it with cabinet=")
        if sha256_of(self.path) != known.get("sha256"):
            raise InvalidValue(f"{self.path} is not {known.get('name')!r}, which the model was trained in front of and its "
                               "recordings went through: pass that file")  # fmt: skip
        self.response = response

    def __call__(self, amp: np.ndarray, sample_rate: float) -> np.ndarray:
        """Return what a net put out, (samples,), as heard through the cabinet; of several channels the mean."""
        heard = through_cabinet(amp[None], sample_rate, self.response.samples.mean(0)[None], self.response.sample_rate)
        return np.ascontiguousarray(heard[0])


def check_cabinet(model: Model, cabinet: str | Path | None, recorded: bool) -> None:
    """Raise InvalidValue where a model needs a cabinet to be judged, or its target cannot be judged through one."""
    if cabinet is not None and not recorded:
        raise InvalidValue("cabinet: only recordings are judged through one; for a plugin, capture a Chain of it and CabinetIR")
    known = model.training.get("cabinet")
    if cabinet is None and known and recorded:
        name = known.get("name")
        raise InvalidValue(f"the model was trained in front of {name!r}, which its recordings went through: pass cabinet= "
                           "(--cabinet), the same file")  # fmt: skip
