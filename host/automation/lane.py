"""A curve bound to a knob."""

import numpy as np

from ...models.parameter import Parameter
from .curve import Curve, ListeningCurve
from .tempo import Tempo
from .time import Time


class CurveLane:
    """The lane of a knob that follows a curve.

    Attributes:
        curve: what it follows; a copy of its own where the curve listens.
        parameter: the knob's row.
        listens: whether `hear` must be told each block before it is played.

    Raises:
        InvalidValue, InvalidType: the knob cannot follow the curve.
    """

    def __init__(self, curve: Curve, parameter: Parameter, tempo: Tempo) -> None:
        curve.check(parameter)
        self.curve, self.parameter, self.tempo = curve.alone(), parameter, tempo
        self.listens = curve.listens
        self._time = Time(48000.0, tempo)

    def numbers(self, start: int, samples: int, sample_rate: float) -> np.ndarray:
        """Return where the knob stands at samples of the stream; see `effects.lane.Lane`."""
        if sample_rate != self._time.sample_rate:
            self._time = Time(float(sample_rate), self.tempo)
        return self.curve.numbers(self.parameter, start, samples, self._time)

    def restart(self) -> None:
        """Forget what was heard: a stream begins."""
        if isinstance(self.curve, ListeningCurve):
            self.curve.restart()

    def hear(self, audio: np.ndarray, sample_rate: float) -> None:
        """Take the stream's next block, float32 (channels, samples), before it is played."""
        if isinstance(self.curve, ListeningCurve):
            self.curve.hear(audio, sample_rate)

    def __repr__(self) -> str:
        return f"<lane of {self.parameter.name}: {self.curve!r}>"
