"""The first filters that a net learned, as the sound meets them."""

from dataclasses import dataclass

import numpy as np

from ...models.model import Model

POINTS = 256  # of a frequency response


@dataclass(frozen=True)
class FirstFilters:
    """What the first layer does to the signal.

    Attributes:
        taps: float32 (filters, taps), the newest tap first.
        sample_rate: in Hz, that of the net.
        spacing: samples from one tap to the next.
    """

    taps: np.ndarray
    sample_rate: float
    spacing: int = 1

    def responses(self) -> tuple[np.ndarray, np.ndarray]:
        """Return frequencies in Hz, (points,), and gains in dB, (filters, points), 20 Hz to half the rate or 20 kHz."""
        frequencies = np.geomspace(20.0, min(20_000.0, 0.49 * self.sample_rate), POINTS)
        delays = np.arange(self.taps.shape[1]) * self.spacing / self.sample_rate
        turns = np.exp(-2j * np.pi * np.outer(delays, frequencies))
        return frequencies, 20 * np.log10(np.maximum(np.abs(self.taps @ turns), 1e-6))


def first_filters(model: Model) -> FirstFilters | None:
    """Return the filters of the first convolution that has more than one tap; None for nets that begin with another layer.

    Where a gain a channel stands before it (a WaveNet's), both are taken together: that is what the signal meets.
    """
    gains: np.ndarray | None = None
    for name in model.spec.weight_shapes:
        weights = model.weights[name]
        if name.startswith("conditioning") or not name.endswith("weight"):
            continue
        if weights.ndim == 3 and weights.shape[2] > 1:
            if weights.shape[1] == 1:
                taps = weights[:, 0]
            elif gains is not None and len(gains) == weights.shape[1]:
                taps = np.einsum("oit,i->ot", weights, gains)
            else:
                return None
            return FirstFilters(np.ascontiguousarray(taps[:, ::-1]), model.spec.sample_rate)
        if weights.size == len(weights) and gains is None:
            gains = weights.reshape(-1)
        else:
            return None
    return None
