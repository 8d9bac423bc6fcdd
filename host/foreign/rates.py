"""Streaming resamplers over the filters of `effects.kernels.resampler_filter`: what goes out depends on the counts alone."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LARGEST_CHUNK = 4096


class RateStream:
    """Resamples a stream: output k is a filter over the inputs up to floor(k · down / up), phase k · down mod up.

    Args:
        phases: (up, taps) factors, oldest sample first.
        up, down: the rate of the output over that of the input, in lowest terms.
        channels: rows of the stream.
    """

    def __init__(self, phases: np.ndarray, up: int, down: int, channels: int) -> None:
        self.phases, self.up, self.down = phases, up, down
        self._recent = np.zeros((channels, phases.shape[1] - 1), np.float32)
        self._taken = self._given = 0

    def push(self, audio: np.ndarray) -> np.ndarray:
        """Return every output that `audio` (channels, samples), which comes next, makes possible."""
        taps = self.phases.shape[1]
        joined = np.concatenate([self._recent, audio], 1)
        oldest, self._taken = self._taken, self._taken + audio.shape[1]
        last = -(-self._taken * self.up // self.down)
        made = np.empty((len(audio), last - self._given), np.float32)
        windows = sliding_window_view(joined, taps, axis=1)
        for at in range(self._given, last, LARGEST_CHUNK):
            k = np.arange(at, min(at + LARGEST_CHUNK, last), dtype=np.int64)
            newest, phase = k * self.down // self.up - oldest, k * self.down % self.up
            for row, window in zip(made, windows, strict=True):
                row[at - self._given : at - self._given + len(k)] = np.einsum("kt,kt->k", window[newest], self.phases[phase])
        self._given, self._recent = last, joined[:, joined.shape[1] - (taps - 1) :]
        return made

    @property
    def state(self) -> dict[str, np.ndarray]:
        """What it remembers, as copies."""
        return {"recent": self._recent.copy(), "counts": np.array([self._taken, self._given])}

    @state.setter
    def state(self, arrays: dict[str, np.ndarray]) -> None:
        self._recent, (self._taken, self._given) = arrays["recent"].copy(), (int(n) for n in arrays["counts"])
