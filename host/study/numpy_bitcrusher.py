"""Bitcrusher in plain NumPy: rounding is a line, holding samples a running maximum over where they were taken."""

from typing import Any

import numpy as np

from ...models.errors import InvalidValue

HOLDS, RATE_OFF = "sample", 48000.0
GRAINS = 1 << 48  # of a position between two samples taken, as the kernel counts them
LONGEST = 1 << 14  # samples that int64 counts in grains


class NumpyBitcrusher:
    """Sample at a lower rate → quantiser → hold → mix, its knobs as Bitcrusher's; dither and hold "filtered" are refused."""

    latency_samples = 0

    def __init__(self, sample_rate: float, *, bit_depth: float, rate_hz: float, hold: str, quantiser: str, dither: str,
                 mix: float, **_: Any) -> None:  # fmt: skip
        if hold != HOLDS or dither != "none":
            raise InvalidValue(f"hold {hold!r} with dither {dither!r} has no NumPy version: hold 'sample', dither 'none' have")
        self.scale, self.rises, self.mix = np.float32(2.0 ** (bit_depth - 1)), quantiser == "mid_rise", np.float32(mix)
        share = 1.0 if rate_hz >= RATE_OFF else min(rate_hz / sample_rate, 1.0)
        self.step = round(share * GRAINS)
        self.reset()

    def reset(self) -> None:
        """Take the next sample at once."""
        self.phase, self.held = GRAINS - self.step, np.float32(0.0)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Return the answers to the next block, (samples,) float32."""
        if len(block) > LONGEST:
            return np.concatenate([self(block[i : i + LONGEST]) for i in range(0, len(block), LONGEST)])
        steps = block * self.scale
        rounded = (np.floor(steps) + np.float32(0.5) if self.rises else np.rint(steps)) / self.scale
        wet = rounded if self.step == GRAINS else self._held(rounded)
        return (wet * self.mix + block * (1 - self.mix)).astype(np.float32)

    def _held(self, samples: np.ndarray) -> np.ndarray:
        """Return each sample as long as none is taken after it."""
        phases = self.phase + self.step * np.arange(1, len(samples) + 1)
        taken = np.diff(phases >> 48, prepend=self.phase >> 48) > 0
        self.phase = int(phases[-1]) % GRAINS if len(samples) else self.phase
        last = np.maximum.accumulate(np.where(taken, np.arange(len(samples)), -1))
        answers = np.where(last < 0, self.held, samples[last]).astype(np.float32)
        self.held = answers[-1] if len(answers) else self.held
        return answers
