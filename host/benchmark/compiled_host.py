"""Our player under a compiled loop of blocks, as the programs of other engines call theirs: no Python between blocks."""

import numpy as np

from ...effects import Effect, NeuralEffect
from ...effects.player import Player
from ...models.model import Model
from .timing import PASS_SECONDS, best_pass


class CompiledHost:
    """Plays a model, or an effect at the knobs it stands at, in blocks of one size, one channel.

    `sample_rate`, in Hz, is an effect's; a model has its own.
    """

    def __init__(self, played: Model | Effect, buffer_size: int, sample_rate: float = 48000.0) -> None:
        self.buffer_size = buffer_size
        effect, rate = (NeuralEffect(played), played.spec.sample_rate) if isinstance(played, Model) else (played, sample_rate)
        self._program = Player([effect]).program(rate, 1)

    def play(self, audio: np.ndarray) -> np.ndarray:
        """Return the whole blocks of audio (samples,), played."""
        blocks = self._whole_blocks(audio).copy()
        self._program.process_blocks(blocks, self.buffer_size)
        return blocks[0]

    def best_pass(self, audio: np.ndarray, seconds: float = PASS_SECONDS) -> float:
        """Return ns a sample of the fastest of several passes over the audio; the first warms up and is not counted."""
        source = self._whole_blocks(audio)
        blocks = source.copy()
        return best_pass(lambda: self._program.process_blocks(blocks, self.buffer_size), blocks.size, seconds,
                         prepare=lambda: np.copyto(blocks, source))  # fmt: skip

    def _whole_blocks(self, audio: np.ndarray) -> np.ndarray:
        if len(audio) < self.buffer_size:
            audio = np.resize(audio, self.buffer_size)
        return audio[None, : len(audio) // self.buffer_size * self.buffer_size]
