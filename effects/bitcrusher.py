"""Bitcrusher: fewer bits and fewer samples, as an early digital sampler gives them."""

from ..models.parameter import Parameter
from .effect import Effect
from .kernels import bitcrusher as compiled
from .kernels.program import Part
from .registry import REGISTRY

HOLDS, QUANTISERS, DITHERS = ("sample", "filtered"), ("mid_tread", "mid_rise"), ("none", "rectangular", "tpdf")
# Seconds of 1 Hz: both low-passes' sharpest pole, Q 7.4 at 1.04 of their edge, down by 90 dB, and one held sample.
SAMPLE_TAIL, FILTERED_TAIL = 1.0, 1.0 + 2.0 * 56.0


@REGISTRY.register
class Bitcrusher(Effect):
    """(Low-pass →) sample at a lower rate → dither → quantiser → hold (→ low-pass) → mix.

    A depth of b bits has 2**b levels over full scale, -1 to 1: they lie 2**(1 - b) apart, for fractional b too, and
    go on at that distance beyond full scale, where nothing clips. With x the sample and d the distance:

        mid_tread   d · round(x / d), ties to even: silence is a level; rounding errors follow the signal
        mid_rise    d · (floor(x / d) + 1/2): no level at 0, so that silence comes out as d / 2, and 1 bit is a comparator

    At whole depths this holds to the last bit of float32 (without dither); samples so large that float32 has no
    finer levels pass unchanged. At 24 bits every sample below full scale is a level already.

    Dither is noise added before rounding, drawn anew for every sample taken and each channel: a hash of the stream's
    sample count, the same after every reset. `rectangular` (±d / 2) makes the mean error zero, `tpdf` (±d,
    triangular) also keeps the noise from breathing with the signal.

    Knobs:
        bit_depth: 1 to 24 bits, stepless.
        rate_hz: samples a second that are taken and held, 100 to 48000 Hz, log scale; 48000 (or the sample rate or
            above, where that is lower) is off. Sampling instants are exact multiples of the rate for any length of stream, and
            fall on the next sample of the host.
        hold: "sample": sample-and-hold, which folds what lies above rate_hz / 2 down and lets the images above it
            through; "filtered": a low-pass before (aliases below 0.42 rate_hz at least 50 dB down) and one after
            (images too): elliptic, sixth order, 0.1 dB of ripple up to 0.42 rate_hz. Fades over in 10 ms.
        quantiser: "mid_tread" or "mid_rise".
        dither: "none", "rectangular" or "tpdf".
        mix: dry 0 to wet 1, dry · (1 - mix) + wet · mix.

    Latency 0 samples (the low-passes are minimum-phase; between dry and wet they show as a comb). Tail: one held
    sample, with the low-passes about 110 / rate_hz seconds; dither never ends.

    `pedalboard.Bitcrush` counts its bits without the sign: its `bit_depth=b` is this one's `bit_depth=b + 1` with
    "mid_tread", to the last bit for whole b, within rounding for fractional b (it multiplies by the inverse; so do we).
    It has no rate, dither or mid-rise, and no mix.

    Source of the maths: J. Vanderkooy, S. P. Lipshitz, "Dither in Digital Audio", JAES 35 (1987); the low-pass as
    state-variable sections: V. Zavalishin, "The Art of VA Filter Design", chapter 4.

    Example:
        >>> import numpy as np
        >>> ramp = np.linspace(-1, 1, 9, dtype="float32")
        >>> Bitcrusher(bit_depth=2)(ramp, 48000).tolist()
        [-1.0, -1.0, -0.5, -0.0, 0.0, 0.0, 0.5, 1.0, 1.0]
    """

    parameters_table = (
        Parameter("bit_depth", "bits", 1.0, 24.0, 8.0),
        Parameter("rate_hz", "Hz", 100.0, compiled.RATE_OFF, compiled.RATE_OFF, scale="log"),
        Parameter("hold", choices=HOLDS, default="sample"),
        Parameter("quantiser", choices=QUANTISERS, default="mid_tread"),
        Parameter("dither", choices=DITHERS, default="none"),
        Parameter("mix", "", 0.0, 1.0, 1.0),
    )

    bit_depth: float
    rate_hz: float
    hold: str
    quantiser: str
    dither: str
    mix: float

    @property
    def tail_seconds(self) -> float:
        """Seconds until what was held and filtered has fallen by 90 dB, at the knobs of now; dither not counted."""
        if self.rate_hz >= compiled.RATE_OFF:
            return 0.0
        return (FILTERED_TAIL if self.hold == "filtered" else SAMPLE_TAIL) / self.rate_hz

    def _parts(self, sample_rate: float, channels: int) -> list[Part]:
        memory = compiled.initial_memory(sample_rate, channels)
        return [Part(compiled.BITCRUSHER, self._knobs(), memory, compiled.initial_state())]
