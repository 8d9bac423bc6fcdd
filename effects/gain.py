"""Gain: level, and nothing else."""

import numpy as np

from ..models.decibels import factor
from ..models.parameter import Parameter
from .effect import Effect
from .kernels.gain import GAIN
from .kernels.program import Knob, Part
from .registry import REGISTRY


@REGISTRY.register
class Gain(Effect):
    """Multiplies the signal by a level.

    Knobs:
        gain_db: -120 to 48 dB; a move glides, as a linear factor, with a time constant of 10 ms.

    Latency 0 samples, no tail.

    Example:
        >>> import numpy as np
        >>> float(Gain(gain_db=20)(np.full(8, 0.05, "float32"), 48000)[0])
        0.5
    """

    parameters_table = (Parameter("gain_db", "dB", -120.0, 48.0, 0.0),)

    gain_db: float

    def _kernel_numbers(self, parameter: Parameter, numbers: np.ndarray) -> np.ndarray:
        return factor(numbers)

    def _knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(p.smoothing_ms, 1.0) for p in self.parameters_table)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        return [Part(GAIN, self._knobs())]
