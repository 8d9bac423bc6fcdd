"""TubeSaturator: asymmetric soft clipping, as a driven triode stage gives it."""

import math

from ..models.parameter import Parameter
from .effect import Effect
from .kernels import tube_saturator as compiled
from .kernels.program import Part
from .registry import REGISTRY


@REGISTRY.register
class TubeSaturator(Effect):
    """Input gain → DC bias → tanh → DC block → low-pass → mix → output gain.

    The bias moves the working point on the tanh curve, which makes clipping asymmetric and adds even
    harmonics; the curve is shifted back so that silence stays silence. The DC block is a one-pole high-pass
    at 10 Hz; the low-pass is a one-pole (6 dB an octave) in trapezoidal form, exact while its cutoff moves.

    Knobs:
        drive_db: gain into the curve, 0 to 48 dB.
        bias: working point, -1 to 1; 0 is symmetric.
        tone_hz: low-pass cutoff, 200 to 20000 Hz, log scale.
        mix: dry 0 to wet 1.
        output_db: gain after the mix, -24 to 24 dB.

    Latency 0 samples. Tail: the DC block's, 0.17 s to -90 dB. The curve runs at the sample rate, so high drive
    on high notes aliases.

    Source of the maths: tanh as a static triode curve, and biasing it, in D. T. Yeh, "Digital Implementation of
    Musical Distortion Circuits by Analysis and Simulation", Stanford 2009, chapter 2; the low-pass in
    V. Zavalishin, "The Art of VA Filter Design", chapter 3.

    Example:
        >>> import numpy as np
        >>> dry = np.sin(np.arange(48000) * 0.05).astype("float32")
        >>> wet = TubeSaturator(drive_db=18, bias=0.2)(dry, 48000)
        >>> wet.shape, wet.dtype
        ((48000,), dtype('float32'))
    """

    parameters_table = (
        Parameter("drive_db", "dB", 0.0, 48.0, 12.0),
        Parameter("bias", "", -1.0, 1.0, 0.1),
        Parameter("tone_hz", "Hz", 200.0, 20000.0, 4000.0, scale="log"),
        Parameter("mix", "", 0.0, 1.0, 1.0),
        Parameter("output_db", "dB", -24.0, 24.0, 0.0),
    )

    drive_db: float
    bias: float
    tone_hz: float
    mix: float
    output_db: float

    @property
    def tail_seconds(self) -> float:
        """Seconds until the DC block has fallen by 90 dB."""
        return math.log(10 ** (90 / 20)) / (2 * math.pi * compiled.DC_BLOCK_HZ)

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        memory = compiled.initial_memory(sample_rate, channels)
        return [Part(compiled.TUBE_SATURATOR, self._knobs(), memory, compiled.initial_state())]
