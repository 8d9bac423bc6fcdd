"""What a chain, and a graph that is one, cost above what stands in them: our effects' kernels, or pedalboard's own call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effects import Bitcrusher, Effect, Gain, TubeSaturator
from .. import _pedalboard
from ..chain import Chain
from ..graph.graph import Graph
from .benchmark import noise
from .compiled_host import CompiledHost
from .measured import Measured
from .processor import start_stream
from .race import check_rounds, check_seconds
from .timing import best_pass, cut

RATE = 48000.0
BLOCKS = (64, 512)
TURN_SECONDS = 0.1
MOST_ABOVE_US, ABOVE_BLOCK = 10.0, 64  # the bar of our effects, and the block it holds for
MOST_RATIO = 1.1  # the bar of native plugins, for any block
WHOLE, WHOLE_SECONDS = 0, 5.0  # the block of a whole signal, and its length
NATIVES: dict[str, tuple[tuple[str, dict[str, float]], ...]] = {
    "four cheap native plugins": (
        ("Gain", {"gain_db": -1}),
        ("HighpassFilter", {"cutoff_frequency_hz": 80}),
        ("LowpassFilter", {"cutoff_frequency_hz": 9000}),
        ("Gain", {"gain_db": 1}),
    ),
    "ten native plugins": (
        ("Gain", {"gain_db": -1}),
        ("HighpassFilter", {"cutoff_frequency_hz": 80}),
        ("Compressor", {}),
        ("Distortion", {"drive_db": 6}),
        ("LowpassFilter", {"cutoff_frequency_hz": 9000}),
        ("PeakFilter", {}),
        ("Chorus", {}),
        ("Delay", {}),
        ("Reverb", {}),
        ("Gain", {"gain_db": 1}),
    ),
}


def ten_effects() -> list[Effect]:
    """Return ten of our cheap effects."""
    return [
        Gain(gain_db=-1),
        TubeSaturator(oversampling=1, drive_db=12),
        Bitcrusher(bit_depth=14),
        Gain(gain_db=1),
        TubeSaturator(oversampling=1, drive_db=6),
        Gain(gain_db=-2),
        Bitcrusher(bit_depth=12),
        TubeSaturator(oversampling=1, drive_db=3),
        Bitcrusher(bit_depth=16),
        Gain(gain_db=2),
    ]


def natives(name: str) -> list[Any]:
    """Return the plugins of a case in `NATIVES`. Raises MissingExtra where pedalboard is not installed."""
    return [_pedalboard.native_class(kind)(**knobs) for kind, knobs in NATIVES[name]]


@dataclass(frozen=True)
class ChainCost:
    """One chain, in µs a block: the best pass of all rounds, which is what it costs while nothing else runs.

    Attributes:
        name: of the case.
        buffer_size: samples a block; 0: a whole signal, where times are of all of it.
        parts: what the others are measured against: "kernels" (each effect alone in a compiled loop, summed) or "pedalboard".
        parts_us, chain_us, graph_us: what those, a Chain and a Graph cost.
    """

    name: str
    buffer_size: int
    parts: str
    parts_us: float
    chain_us: float
    graph_us: float

    @property
    def above_us(self) -> float:
        """What the dearer of chain and graph adds."""
        return max(self.chain_us, self.graph_us) - self.parts_us

    @property
    def ratio(self) -> float:
        """The dearer of chain and graph over their parts."""
        return max(self.chain_us, self.graph_us) / self.parts_us

    @property
    def over(self) -> bool:
        """Whether it costs more than its bar allows."""
        if self.parts == "kernels":
            return self.buffer_size == ABOVE_BLOCK and self.above_us > MOST_ABOVE_US
        return self.ratio > MOST_RATIO


@dataclass(frozen=True)
class ChainCosts(Measured):
    """All cases, and how they were measured."""

    costs: tuple[ChainCost, ...]
    seconds: float


def measure_chains(blocks: Sequence[int] = BLOCKS, rounds: int = 9, seconds: float = 0.5, seed: int = 0) -> ChainCosts:
    """Measure ten of our effects, and runs of native plugins, streamed in blocks and as whole signals; all take turns.

    Raises:
        MissingExtra: pedalboard is not installed. InvalidValue: rounds or seconds.
    """
    check_rounds(rounds)
    check_seconds(seconds)
    audio = noise(seconds, RATE, seed)
    costs = [_ours(audio, size, rounds) for size in blocks]
    costs += [_natives(name, audio, size, rounds) for name in NATIVES for size in (*blocks, WHOLE)]
    return ChainCosts(tuple(costs), seconds, rounds=rounds, seed=seed)


def in_line(processors: Sequence[Any]) -> Graph:
    """Return a graph of processors one after another."""
    nodes = {f"node_{i}": processor for i, processor in enumerate(processors)}
    return Graph(nodes, " -> ".join(["in", *nodes, "out"]))


def _ours(audio: np.ndarray, size: int, rounds: int) -> ChainCost:
    hosts = [CompiledHost(effect, size, RATE) for effect in ten_effects()]
    chain, graph = Chain(ten_effects()), in_line(ten_effects())
    turns = (
        lambda: sum(host.best_pass(audio, TURN_SECONDS / len(hosts)) for host in hosts) * size,
        lambda: streamed(chain, audio, size),
        lambda: streamed(graph, audio, size),
    )
    return ChainCost("ten of our effects", size, "kernels", *_best(turns, rounds))


def _natives(name: str, audio: np.ndarray, size: int, rounds: int) -> ChainCost:
    board = _pedalboard.pedalboard().Pedalboard(natives(name))
    play, played = streamed if size else whole, (board, Chain(natives(name)), in_line(natives(name)))
    turns = [lambda processor=processor: play(processor, audio, size) for processor in played]
    return ChainCost(name, size, "pedalboard", *_best(turns, rounds))


def _best(turns: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """Return the least of each, in µs; they take turns."""
    return [min(taken) / 1000 for taken in zip(*([turn() for turn in turns] for _ in range(rounds)), strict=True)]


def streamed(processor: Any, audio: np.ndarray, size: int) -> float:
    """Return ns a block of the best pass of a stream called from Python, as a host calls a plugin."""
    blocks = cut(audio, size)

    def play() -> None:
        for block in blocks:
            processor.process(block, RATE, reset=False)

    start_stream(processor)
    return best_pass(play, len(blocks), TURN_SECONDS)


def whole(processor: Any, audio: np.ndarray, size: int = WHOLE) -> float:
    """Return ns of the best of several calls with a whole signal of five seconds."""
    audio = np.resize(audio, round(WHOLE_SECONDS * RATE))
    return best_pass(lambda: processor.process(audio, RATE), 1, TURN_SECONDS)
