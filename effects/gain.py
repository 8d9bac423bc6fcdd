"""Gain: level, and nothing else."""

from ..models.parameter import Parameter
from .effect import Effect
from .kernels.gain import GAIN, initial_memory
from .kernels.program import Part
from .registry import REGISTRY


@REGISTRY.register
class Gain(Effect):
    """Multiplies the signal by a level.

    Knobs:
        gain_db: -120 to 48 dB; a move glides with a time constant of 10 ms.

    Latency 0 samples, no tail.

    Example:
        >>> import numpy as np
        >>> float(Gain(gain_db=20)(np.full(8, 0.05, "float32"), 48000)[0])
        0.5
    """

    parameters_table = (Parameter("gain_db", "dB", -120.0, 48.0, 0.0),)

    gain_db: float

    def _part(self, sample_rate: float, channels: int) -> Part:
        return Part(GAIN, self._knobs(), initial_memory())
