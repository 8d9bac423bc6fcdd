"""Filters in plain NumPy that go on from block to block: what recurs is solved for a stretch at once, not sample by sample."""

from functools import cache

import numpy as np

STRETCH = 64


class OnePole:
    """y[n] = pole · y[n - 1] + gain · x[n], float64.

    A stretch of 64 answers is a triangular matrix of powers of the pole times the input, plus what is left of the answer
    before it: only from stretch to stretch does Python loop.
    """

    def __init__(self, pole: float, gain: float) -> None:
        self.pole, self.gain = pole, gain
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self.last = 0.0

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return the answers to the next block (samples,)."""
        matrix, decay = _stretch(self.pole, self.gain)
        whole = len(audio) // STRETCH * STRETCH
        answers = np.empty(len(audio))
        rows = answers[:whole].reshape(-1, STRETCH)
        np.matmul(audio[:whole].reshape(-1, STRETCH), matrix.T, out=rows)
        for row in rows:
            row += decay * self.last
            self.last = row[-1]
        left = len(audio) - whole
        if left:
            answers[whole:] = matrix[:left, :left] @ audio[whole:] + decay[:left] * self.last
            self.last = answers[-1]
        return answers


@cache
def _stretch(pole: float, gain: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix of a stretch, (64, 64), and the powers 1 to 64 of the pole."""
    powers = pole ** np.arange(STRETCH + 1)
    ago = np.subtract.outer(np.arange(STRETCH), np.arange(STRETCH))
    return gain * np.where(ago >= 0, powers[np.maximum(ago, 0)], 0.0), powers[1:]


class Delayed:
    """The last `samples` of what was heard, float64: zeros at first."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self.past = np.zeros(self.samples)

    def extended(self, audio: np.ndarray) -> np.ndarray:
        """Return the past, then the block: (samples + block,)."""
        whole = np.concatenate([self.past, audio])
        self.past = whole[len(audio) :]
        return whole

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return the signal that many samples ago."""
        return self.extended(audio)[: len(audio)]


class Doubler:
    """Twice the rate: zeros between the samples, then a low-pass, in two phases, so that no zero is multiplied."""

    def __init__(self, taps: np.ndarray) -> None:
        self.even, self.odd = 2.0 * taps[0::2], 2.0 * taps[1::2]
        self.before = Delayed(len(self.even) - 1)

    def reset(self) -> None:
        """Forget what was heard."""
        self.before.reset()

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return twice as many samples as the block has."""
        heard = self.before.extended(audio)
        answers = np.empty(2 * len(audio))
        answers[0::2] = np.convolve(heard, self.even, "valid")
        answers[1::2] = np.convolve(heard, self.odd, "valid")[-len(audio) :]
        return answers


class Halver:
    """Half the rate: a low-pass, of which every second sample alone is computed."""

    def __init__(self, taps: np.ndarray) -> None:
        self.even, self.odd = taps[0::2], taps[1::2]
        self.before_even, self.before_odd = Delayed(len(self.even) - 1), Delayed(len(self.odd))

    def reset(self) -> None:
        """Forget what was heard."""
        self.before_even.reset()
        self.before_odd.reset()

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return half as many samples as the block, of an even length, has."""
        even = np.convolve(self.before_even.extended(audio[0::2]), self.even, "valid")
        odd = np.convolve(self.before_odd.extended(audio[1::2])[:-1], self.odd, "valid")
        return even + odd
