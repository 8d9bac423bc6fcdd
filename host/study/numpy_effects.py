"""What there is in plain NumPy, by the effect it is the maths of; with its state carried over, or without."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .numpy_bitcrusher import NumpyBitcrusher
from .numpy_saturator import NumpySaturator

NUMPY_EFFECTS: dict[str, Callable[..., Any]] = {"TubeSaturator": NumpySaturator, "Bitcrusher": NumpyBitcrusher}


class Stream:
    """A NumPy effect as every other rival streams: the first `latency_samples` of a stream are left out."""

    def __init__(self, effect: Any) -> None:
        self.effect, self.late = effect, effect.latency_samples

    @property
    def latency_samples(self) -> int:
        """As the effect's."""
        return self.effect.latency_samples

    def reset(self) -> None:
        """Start a stream."""
        self.effect.reset()
        self.late = self.effect.latency_samples

    def __call__(self, block: np.ndarray) -> np.ndarray:
        answers = self.effect(block)
        if self.late:
            left_out = min(self.late, len(answers))
            self.late -= left_out
            return answers[left_out:]
        return answers


class Stateless:
    """A NumPy effect called anew for every block, as scripts do that know of no stream: nothing carries over.

    What each block's filters would still say after its end is cut off, and each begins from silence.
    """

    latency_samples = 0

    def __init__(self, effect: Any) -> None:
        self.effect = effect

    def reset(self) -> None:
        """There is nothing to forget."""

    def __call__(self, block: np.ndarray) -> np.ndarray:
        late = self.effect.latency_samples
        self.effect.reset()
        return self.effect(np.concatenate([block, np.zeros(late, np.float32)]))[late:]
