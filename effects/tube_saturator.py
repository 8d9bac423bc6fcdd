"""TubeSaturator: asymmetric soft clipping, as a driven triode stage gives it."""

from ..models.parameter import Parameter
from .effect import Effect
from .kernels import tube_saturator as compiled
from .kernels.dc_block import settling_seconds
from .kernels.oversampling import FACTORS, oversampling
from .kernels.program import Part
from .registry import REGISTRY


@REGISTRY.register
class TubeSaturator(Effect):
    """Input gain → DC bias → tanh → DC block → low-pass → mix → output gain.

    The bias moves the working point on the tanh curve, which makes clipping asymmetric and adds even
    harmonics; the curve is shifted back so that silence stays silence. The DC block is a one-pole high-pass
    at 10 Hz; the low-pass is a one-pole (6 dB an octave) in trapezoidal form, exact while its cutoff moves.

    The curve runs at a multiple of the sample rate, so that its harmonics do not fold back; everything else runs at the
    sample rate. Knobs move once a sample there, and act when they arrive: a move of the output level is ahead of the
    sound by the latency.

    Knobs:
        drive_db: gain into the curve, 0 to 48 dB.
        bias: working point, -1 to 1; 0 is symmetric.
        tone_hz: low-pass cutoff, 200 to 20000 Hz, log scale.
        mix: dry 0 to wet 1; the dry sound is as late as the wet one.
        output_db: gain after the mix, -24 to 24 dB.
        oversampling: 1, 2, 4 or 8 times the sample rate for the curve; a change fades over, no automation.

    Latency 0, 83, 89 or 91 samples at 1x, 2x, 4x, 8x, whatever the rate; `process` takes it out. The linear-phase filters
    together are flat within 0.01 dB up to 0.4535 of the sample rate (20 kHz at 44.1 kHz, 21.8 kHz at 48 kHz); what the
    curve makes above half the sample rate is at least 100 dB down before it could fold. Tail: the DC block's, 0.17 s to
    -90 dB.

    Source of the maths: tanh as a static triode curve, and biasing it, in D. T. Yeh, "Digital Implementation of
    Musical Distortion Circuits by Analysis and Simulation", Stanford 2009, chapter 2; the low-pass in
    V. Zavalishin, "The Art of VA Filter Design", chapter 3; oversampling by half-band filters in polyphase form in
    P. P. Vaidyanathan, "Multirate Systems and Filter Banks", 1993, chapter 4. Antiderivative antialiasing (J. Parker,
    V. Zavalishin, E. Le Bivic, DAFx 2016) was measured instead: at 4x it aliases more than 8x without it, for more time.

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
        Parameter("oversampling", default=8, choices=FACTORS, automatable=False),
    )

    drive_db: float
    bias: float
    tone_hz: float
    mix: float
    output_db: float
    oversampling: int

    @property
    def tail_seconds(self) -> float:
        """Seconds until the DC block has fallen by 90 dB."""
        return settling_seconds(compiled.DC_BLOCK_HZ)

    def _latency(self, sample_rate: float) -> int:
        return oversampling(self.oversampling).latency_samples

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        factor = self.oversampling
        memory, state = compiled.initial_memory(sample_rate, channels), compiled.initial_state(factor, channels)
        return [Part(compiled.tube_saturator(factor), self._knobs(), memory, state, oversampling(factor).weights)]
