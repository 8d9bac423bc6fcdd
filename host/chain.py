"""Chain: processors in series."""

from .container import Container, latency_of
from .series import serial_stages
from .stages import Stage


class Chain(Container):
    """Processors in series, list-like: our effects, native pedalboard plugins, VST3s and containers side by side.

    Runs of our effects are one compiled call, runs of native plugins one native call. The same chain object
    renders training targets, evaluates twins and plays. An empty chain, and None in it, pass the audio on.

    Example:
        >>> import numpy as np
        >>> from wetdry import Chain, TubeSaturator
        >>> board = Chain([TubeSaturator(drive_db=18), TubeSaturator(tone_hz=9000)])
        >>> board[0].drive_db = 24
        >>> board(np.zeros((2, 480), "float32"), 48000).shape
        (2, 480)
    """

    __slots__ = ()

    @property
    def latency_samples(self) -> int:
        """Sum of the processors' latencies, in samples."""
        return sum(latency_of(p) for p in self)

    def _build(self) -> list[Stage]:
        return serial_stages(self)
