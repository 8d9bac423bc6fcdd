"""A race: engines take turns, round by round, so that all of them meet the same busy minutes."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidValue
from ...models.model import Model
from .against import OutsideEngine
from .compiled_host import CompiledHost
from .engines import engine
from .processor import check_output, start_stream
from .timing import Timing, cut, time_blocks

ROUND_SECONDS = 0.5  # that an engine called from Python may take in one round
WARM_UP_SECONDS = 0.3


@dataclass(frozen=True)
class Ratio:
    """Our time over another engine's, both under compiled loops; below 1 we are faster.

    Attributes:
        name: of the other engine.
        buffer_size: samples a block.
        ours_ns, theirs_ns: medians over the rounds of each round's best pass, ns a sample.
        ratio: of the medians.
        least, most: of the ratios within single rounds.
        rounds: how many there were.
    """

    name: str
    buffer_size: int
    ours_ns: float
    theirs_ns: float
    ratio: float
    least: float
    most: float
    rounds: int

    @classmethod
    def of(cls, name: str, buffer_size: int, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        """Sum up paired rounds."""
        pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
        median = statistics.median
        return cls(name, buffer_size, median(ours), median(theirs), median(ours) / median(theirs), min(pairs), max(pairs),
                   len(pairs))  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return asdict(self)


def race_engines(model: Model, names: Sequence[str], audio: np.ndarray, buffer_size: int, rounds: int) -> dict[str, Timing]:
    """Return the timing of each named engine, called from Python: latencies over all rounds, ns a sample the median round.

    Each round plays the audio once on every engine in turn, for half a second at most.

    Raises:
        UnknownName, MissingExtra, InvalidValue: an engine does not exist, is not installed, cannot play the model.
    """
    check_rounds(rounds)
    blocks = cut(audio, buffer_size)
    players = {name: engine(name, model, buffer_size) for name in names}
    for player in players.values():
        start_stream(player)
        check_output(blocks[0], player(blocks[0]))
        time_blocks(player, blocks, WARM_UP_SECONDS)
    taken: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, player in players.items():
            start_stream(player)
            player(blocks[0])
            taken[name].append(time_blocks(player, blocks, ROUND_SECONDS))
    return {name: _median_round(rounds_taken, buffer_size, model.spec.sample_rate) for name, rounds_taken in taken.items()}


def race_outside(model: Model, path: Path, outside: OutsideEngine, audio: np.ndarray, buffer_size: int, rounds: int) -> Ratio:
    """Take turns with an outside engine: ours, theirs, ours, theirs; each round the best of several passes.

    Raises:
        PluginError: the outside engine fails.
    """
    check_rounds(rounds)
    host, ours, theirs = CompiledHost(model, buffer_size), [], []
    for _ in range(rounds):
        ours.append(host.best_pass(audio))
        theirs.append(outside.best_pass(path, buffer_size, len(audio) / model.spec.sample_rate))
    return Ratio.of(outside.name, buffer_size, ours, theirs)


def check_rounds(rounds: int) -> None:
    """Raise InvalidValue where there is no round to play."""
    if rounds < 1:
        raise InvalidValue(f"rounds = {rounds}: one at least is needed")


def check_seconds(seconds: float) -> None:
    """Raise InvalidValue for no audio, or for more than ten minutes of it."""
    if not 0 < seconds <= 600:
        raise InvalidValue(f"seconds = {seconds:g} is outside 0 to 600")


def _median_round(taken: Sequence[np.ndarray], buffer_size: int, sample_rate: float) -> Timing:
    """Sum up all rounds' blocks; ns a sample is the median of the rounds' means."""
    pooled = Timing.of(np.concatenate(taken), buffer_size, sample_rate)
    each = statistics.median(float(t.mean()) for t in taken) / buffer_size
    return Timing(**{**pooled.to_dict(), "ns_per_sample": each, "samples_per_second": 1e9 / each,
                     "real_time_factor": 1e9 / sample_rate / each})  # fmt: skip
