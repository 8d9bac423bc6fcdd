"""What a plugin costs in a process of its own (`load_plugin(path, isolated=True)`), beside the same plugin in this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ..offline import offline_reason
from ..plugins import load_plugin
from .benchmark import noise
from .chains import RATE, WHOLE
from .measured import Measured
from .processor import start_stream
from .race import check_rounds, check_seconds
from .timing import cut, time_blocks

BLOCKS = (64, 128, 256, 512, 1024, 2048, 4096)
WHOLE_CALLS = 3
MOST_SECONDS = 2.0  # of a turn


@dataclass(frozen=True)
class IsolationCost:
    """One plugin and block size, in µs a block: the tenth percentile of all rounds, which a busy machine leaves alone.

    Attributes:
        name: of the plugin.
        buffer_size: samples a block; 0: a whole signal, where times are of all of it.
        here_us, apart_us: in this process, and in one of its own.
        here_p99_us, apart_p99_us: one block in a hundred takes longer, on this machine as it was.
        real_time_us: how long the block lasts.
    """

    name: str
    buffer_size: int
    here_us: float
    apart_us: float
    here_p99_us: float
    apart_p99_us: float
    real_time_us: float

    @property
    def added_us(self) -> float:
        """What the process of its own adds."""
        return self.apart_us - self.here_us

    @property
    def ratio(self) -> float:
        """Apart over here."""
        return self.apart_us / self.here_us


@dataclass(frozen=True)
class IsolationCosts(Measured):
    """All plugins and block sizes, and how they were measured.

    Attributes:
        knob_us: what reading a knob costs apart, by plugin.
    """

    costs: tuple[IsolationCost, ...]
    knob_us: dict[str, float]
    seconds: float


def measure_isolation(
    plugins: Sequence[str], blocks: Sequence[int] = BLOCKS, rounds: int = 9, seconds: float = 0.5, seed: int = 0
) -> IsolationCosts:
    """Measure plugins here and apart, streamed in blocks and as whole signals; the two take turns.

    Args:
        plugins: paths or names of installed ones; one that cannot stream is measured over whole signals alone.
        blocks: samples a block.
        rounds: turns each takes.
        seconds: of noise in a pass.
        seed: of the noise.

    Raises:
        FileProblem, PluginError, MissingExtra: a plugin cannot be loaded. InvalidValue: rounds or seconds; no plugin.
    """
    check_rounds(rounds)
    check_seconds(seconds)
    if not plugins:
        raise InvalidValue("--isolation needs the path or the name of a plugin")
    costs: list[IsolationCost] = []
    knobs: dict[str, float] = {}
    for path in plugins:
        here, apart = load_plugin(path), load_plugin(path, isolated=True)
        audio = np.tile(noise(seconds, RATE, seed), (here.channels[0], 1))
        sizes = (WHOLE,) if offline_reason(here) else (*blocks, WHOLE)
        costs += [_cost(here, apart, audio, size, rounds) for size in sizes]
        knobs[here.name] = _knob_us(apart)
    return IsolationCosts(tuple(costs), knobs, seconds, rounds=rounds, seed=seed)


def _cost(here: Any, apart: Any, audio: np.ndarray, size: int, rounds: int) -> IsolationCost:
    turns = [[_block_us(plugin, audio, size) for plugin in (here, apart)] for _ in range(rounds)]
    usual, late = np.percentile([np.concatenate(taken) for taken in zip(*turns, strict=True)], [10, 99], axis=1).tolist()
    return IsolationCost(here.name, size, usual[0], usual[1], late[0], late[1], (size or audio.shape[1]) / RATE * 1e6)


def _block_us(plugin: Any, audio: np.ndarray, size: int) -> np.ndarray:
    """Return what each block of a stream, or each of several whole calls, took."""
    blocks = cut(audio, size) if size else [audio] * WHOLE_CALLS
    start_stream(plugin)
    return time_blocks(lambda block: plugin.process(block, RATE, reset=not size), blocks, MOST_SECONDS) / 1000


def _knob_us(plugin: Any) -> float:
    name = next(iter(plugin.parameters), None)
    if name is None:
        return 0.0
    turns = [np.zeros(0)] * 200
    return float(np.percentile(time_blocks(lambda _: getattr(plugin, name), turns, MOST_SECONDS), 10)) / 1000
