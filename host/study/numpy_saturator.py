"""TubeSaturator in plain NumPy: the same maths a block at a time, float64, as a script without a compiler would do it."""

import math
from typing import Any

import numpy as np

from ...effects.kernels.oversampling_filters import down_filter, up_filter
from .numpy_filters import Delayed, Doubler, Halver, OnePole

DC_BLOCK_HZ = 10.0
HIGHEST_TONE = 0.49  # of the sample rate


class NumpySaturator:
    """Input gain → bias → tanh at the fast rate → DC block → low-pass → mix → output gain, its knobs as TubeSaturator's.

    Every filter remembers: blocks of any length, 0 excepted, give what one call of the whole would.

    Attributes:
        latency_samples: by which it answers late, as TubeSaturator's.
    """

    def __init__(self, sample_rate: float, *, drive_db: float, bias: float, tone_hz: float, mix: float, output_db: float,
                 oversampling: int, **_: Any) -> None:  # fmt: skip
        self.drive, self.output = 10 ** (drive_db / 20), 10 ** (output_db / 20)
        self.bias, self.rest, self.mix = bias, math.tanh(bias), mix
        rates = [2**k for k in range(1, oversampling.bit_length())]
        ups, downs = [up_filter(rate) for rate in rates], [down_filter(rate) for rate in rates]
        late = sum((len(u) + len(d) - 2) // 2 * oversampling // rate for u, d, rate in zip(ups, downs, rates, strict=True))
        self.latency_samples = -(-late // oversampling)
        self.ups, self.downs = [Doubler(taps) for taps in ups], [Halver(taps) for taps in reversed(downs)]
        self.whole = Delayed(self.latency_samples * oversampling - late)
        self.dry = Delayed(self.latency_samples)
        self.before, self.dc_block = Delayed(1), OnePole(math.exp(-2 * math.pi * DC_BLOCK_HZ / sample_rate), 1.0)
        steep = math.tan(math.pi * min(tone_hz / sample_rate, HIGHEST_TONE))
        self.tone = steep / (1 + steep)
        self.low, self.low_before = OnePole(1 - 2 * self.tone, 2 * self.tone), Delayed(1)

    def reset(self) -> None:
        """Forget what was heard."""
        for part in (*self.ups, *self.downs, self.whole, self.dry, self.before, self.dc_block, self.low, self.low_before):
            part.reset()

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Return the answers to the next block, (samples,) float32, late by the latency."""
        dry = fast = block.astype(np.float64)
        for up in self.ups:
            fast = up.play(fast)
        wet = self.whole.play(np.tanh(self.drive * fast + self.bias) - self.rest)
        for down in self.downs:
            wet = down.play(wet)
        wet = self.dc_block.play(np.diff(self.before.extended(wet)))
        low = self.low_before.play(self.low.play(wet))
        wet = low + self.tone * (wet - low)
        dry = self.dry.play(dry)
        return (self.output * (dry + self.mix * (wet - dry))).astype(np.float32)
