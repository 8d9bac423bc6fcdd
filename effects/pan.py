"""Pan: where between left and right a sound stands."""

from typing import Any

from ..models.parameter import Parameter
from .effect import Effect
from .kernels.pan import PAN
from .kernels.program import Part
from .registry import REGISTRY


@REGISTRY.register
class Pan(Effect):
    """Places a sound between left and right, at equal power.

    With a = (pan + 1) · π / 4 the left channel is multiplied by cos a, the right by sin a: their powers add up to one
    everywhere, the centre is 3.01 dB down on both sides, and at either end the other side is exactly silent. Two equal
    channels are panned; two different ones keep their sides and are balanced, nothing crosses over.

    As every effect, it puts out as many channels as come in. One channel has no sides, and passes unchanged, as do
    three and more: `np.stack([audio, audio])` first, or a graph, where a mono cable into a Pan goes to both sides.

    Knobs:
        pan: -1 left, 0 centre, 1 right; a move glides with a time constant of 10 ms.

    Latency 0 samples, no tail.

    Source of the maths: the sine law of constant power, in F. R. Moore, "Elements of Computer Music", 1990, chapter 4.

    Example:
        >>> import numpy as np
        >>> both = np.ones((2, 8), "float32")
        >>> [f"{side:.4f}" for side in Pan(0)(both, 48000)[:, 0]]
        ['0.7071', '0.7071']
        >>> Pan(-1)(both, 48000)[:, 0].tolist()
        [1.0, 0.0]
    """

    parameters_table = (Parameter("pan", "", -1.0, 1.0, 0.0),)
    channels = (2,)  # of its port in a graph

    pan: float

    def __init__(self, pan: float = 0.0, **values: Any) -> None:
        super().__init__(pan=pan, **values)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        return [Part(PAN, self._knobs())]
