"""Our player under a compiled loop of blocks, as the programs of other engines call theirs: no Python between blocks."""

import time

import numpy as np

from ...effects import NeuralEffect
from ...effects.player import Player
from ...models.model import Model

PASS_SECONDS = 0.5  # of measuring in one round, at least
LEAST_PASSES, MOST_PASSES, MOST_SECONDS = 3, 100, 5.0


class CompiledHost:
    """Plays a model in blocks of one size, knobs at their defaults, one channel."""

    def __init__(self, model: Model, buffer_size: int) -> None:
        self.buffer_size = buffer_size
        self._program = Player([NeuralEffect(model)]).program(model.spec.sample_rate, 1)

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return the whole blocks of audio (samples,), played."""
        blocks = self._whole_blocks(audio).copy()
        self._program.process_blocks(blocks, self.buffer_size)
        return blocks[0]

    def best_pass(self, audio: np.ndarray, seconds: float = PASS_SECONDS) -> float:
        """Return ns a sample of the fastest of several passes over the audio; the first warms up and is not counted."""
        source = self._whole_blocks(audio)
        blocks, best, passes, total = source.copy(), float("inf"), 0, 0.0
        self._program.process_blocks(blocks, self.buffer_size)
        while not passes or (passes < LEAST_PASSES and total < MOST_SECONDS) or (total < seconds and passes < MOST_PASSES):
            blocks[:] = source
            begun = time.perf_counter_ns()
            self._program.process_blocks(blocks, self.buffer_size)
            taken = time.perf_counter_ns() - begun
            passes, total, best = passes + 1, total + taken * 1e-9, min(best, taken / blocks.size)
        return best

    def _whole_blocks(self, audio: np.ndarray) -> np.ndarray:
        if len(audio) < self.buffer_size:
            audio = np.resize(audio, self.buffer_size)
        return audio[None, : len(audio) // self.buffer_size * self.buffer_size]
