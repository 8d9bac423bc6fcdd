"""NeuralEffect: plays a model with nothing added; the model's knobs are its knobs."""

from typing import Any

from ..models.errors import InvalidValue
from ..models.model import Model
from .kernels.program import Part
from .kernels.wire import WIRE
from .model_effect import ModelEffect
from .registry import REGISTRY


@REGISTRY.register
class NeuralEffect(ModelEffect):
    """Plays a `Model` as a compiled, streaming effect.

    The knobs are the model's; a move is smoothed (10 ms one-pole on the knob's position, the FiLM evaluated
    every 64 samples and ramped between). Each channel has a state of its own. After a reset the net idles as
    if silence had been playing, so it starts without a click. Latency 0; the tail is the receptive field.

    Args:
        model: what `wetdry.models.load` returns. None plays a wire (a net that passes its input on), which
            keeps the effect constructible by name.
        **values: knobs to set.

    Raises (when playing):
        InvalidValue: at another sample rate than the model's, naming both. `NeuralAmp` plays at any rate.

    Source of the maths: the docstring of `models.spec.WaveNet`; FiLM: Perez et al., "FiLM: Visual Reasoning
    with a General Conditioning Layer", AAAI 2018.
    """

    def __init__(self, model: Model | None = None, **values: Any) -> None:
        self._take_model(model)
        self._set_up(self._model_knobs(), values)

    @property
    def sample_rate(self) -> float | None:
        """The only rate it plays at, in Hz; None: any."""
        return self._model.spec.sample_rate if self._model else None

    def _latency(self, sample_rate: float) -> int:
        return 0

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        rate = self.sample_rate
        if rate not in (None, sample_rate):
            raise InvalidValue(f"this model plays at {rate:g} Hz, the audio is at {sample_rate:g} Hz; resample the audio "
                               f"to {rate:g} Hz first, or play it with NeuralAmp")  # fmt: skip
        return [self._net_part(sample_rate, channels) if self._model else Part(WIRE)]
