"""Stages: what a chain is cut into, each a stream of float32 blocks (channels, samples).

`push` may return fewer samples than it was given: what has not arrived yet because of latency. What does
arrive is in place, so stages follow each other, and run side by side, without further alignment.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..effects.effect import Effect
from ..effects.player import Player
from . import _pedalboard
from .automation.turning import Turning
from .repeated import Call, Repeated, all_finite, repeated_compiled, repeated_native

PRIMING_SAMPLES = 64
LARGEST_BLOCK = 8192  # pedalboard's own; larger ones leave the processor's cache


class Stage(Protocol):
    """A part of a chain, played as a stream."""

    def start(self) -> None:
        """Begin a stream: clear the sound."""
        ...

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block, which is the stage's to change."""
        ...


class CompiledStage:
    """A maximal run of our effects: one compiled call a block."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        self._player = Player(effects)

    def start(self) -> None:
        """Begin a stream."""
        self._player.forget()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        return self._player.play(block, sample_rate, reset=False)

    def repeated(self, call: Call, rows: bool, lock: Any) -> Repeated:
        """Return how blocks that come with the same call as the last one play on."""
        return repeated_compiled(call, self._player, rows, lock)


class NativeStage:
    """A maximal run of pedalboard's own plugins: one native call a block.

    A native plugin loses its state when a block is larger than any since its reset, so later blocks are cut to
    the size of the first, and that to 8192 samples; and it guesses the layout of a block with fewer samples than
    channels, so the board that holds it has been told the channel count by a block of silence, while it was still empty.
    """

    def __init__(self, plugins: Sequence[Any]) -> None:
        self._plugins, self._turning = list(plugins), Turning(plugins)
        self._boards: dict[int, Any] = {}
        self._largest = 0

    def start(self) -> None:
        """Begin a stream."""
        for plugin in self._plugins:
            plugin.reset()
        self._largest = 0
        self._turning.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        channels, samples = block.shape
        if not (channels and samples):
            return block
        if not all_finite(block):
            block = np.where(np.isfinite(block), block, np.float32(0.0))  # it may be the caller's
        board = self._boards.get(channels) or self._board(channels, sample_rate)
        if self._turning.whole(samples):
            self._largest = self._largest or min(samples, LARGEST_BLOCK)
            return board.process(block, sample_rate, self._largest, False)  # by name, the arguments would cost a fifth more
        played: list[np.ndarray] = []
        for part in self._turning.parts(samples, sample_rate):
            self._largest = self._largest or min(part.stop - part.start, LARGEST_BLOCK)
            played.append(board.process(np.ascontiguousarray(block[:, part]), sample_rate, self._largest, False))
        return np.concatenate(played, axis=1)

    def repeated(self, call: Call, rows: bool, lock: Any) -> Repeated:
        """Return how blocks that come with the same call as the last one play on."""
        shape = call[0]
        board = self._boards.get(shape[0] if len(shape) == 2 else 1) if rows else None
        return repeated_native(call, board, self._largest)

    def _board(self, channels: int, sample_rate: float) -> Any:
        board = _pedalboard.pedalboard().Pedalboard([])
        board.process(np.zeros((channels, PRIMING_SAMPLES), np.float32), sample_rate)
        for plugin in self._plugins:
            board.append(plugin)
        self._boards = {channels: board}
        return board


class ProcessorStage:
    """Anything else with `reset` and `process`: a bridged plugin, a foreign model, an effect of another package.

    One that has `play_planar` is told the layout, so that blocks of few samples are no riddle; one that has `play_turned` turns
    its moving knobs by itself.
    """

    def __init__(self, processor: Any) -> None:
        self._processor, self._turning = processor, Turning([processor])
        self._play = getattr(processor, "play_planar", processor.process)

    def start(self) -> None:
        """Begin a stream."""
        self._processor.reset()
        self._turning.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        samples = block.shape[1]
        if not samples or self._turning.whole(samples):
            return self._play(block, sample_rate, reset=False, **self._with(slice(None)))
        if play_turned := getattr(self._processor, "play_turned", None):
            turns = self._turning.turns(samples, sample_rate)
            return play_turned(block, sample_rate, turns, **self._with(slice(None)))
        played = [self._play(np.ascontiguousarray(block[:, part]), sample_rate, reset=False, **self._with(part))
                  for part in self._turning.parts(samples, sample_rate)]  # fmt: skip
        return np.concatenate(played, axis=1)

    def _with(self, part: slice) -> dict[str, Any]:
        """Return what goes with a part of the block."""
        return {}


class ParallelStage:
    """Branches side by side, summed; each branch waits for the slowest."""

    def __init__(self, branches: Sequence[Sequence[Stage]]) -> None:
        self._branches = [list(branch) for branch in branches]
        self._waiting: list[np.ndarray] = []

    def start(self) -> None:
        """Begin a stream."""
        self._waiting = []
        for branch in self._branches:
            for stage in branch:
                stage.start()

    def push(self, block: np.ndarray, sample_rate: float) -> np.ndarray:
        """Play the next block."""
        if not self._branches:
            return np.zeros_like(block)
        arrived = [push_through(branch, block.copy(), sample_rate) for branch in self._branches]
        if self._waiting:
            arrived = [np.concatenate(pair, axis=1) for pair in zip(self._waiting, arrived, strict=True)]
        ready = min(part.shape[1] for part in arrived)
        self._waiting = [part[:, ready:] for part in arrived]
        total = arrived[0][:, :ready].copy()
        for part in arrived[1:]:
            total += part[:, :ready]
        return total


def push_through(stages: Sequence[Stage], block: np.ndarray, sample_rate: float) -> np.ndarray:
    """Play a block through stages in series."""
    for stage in stages:
        block = stage.push(block, sample_rate)
    return block
