"""What blocks cost: all rivals take turns, run by run, so that all of them meet the same busy minutes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..benchmark.processor import check_output, start_stream
from ..benchmark.timing import Timing, cut, time_blocks
from .figures import BlockCost, CallCost, Spread

TURN_SECONDS = 0.25  # that a rival may take in one run at one block size
WARM_UP_SECONDS = 0.1
MOST_BLOCKS = 3000  # of a turn: p99.9 means something from 1000 on
LEAST_COMPUTE_NS = 1e-3


@dataclass(frozen=True)
class Racer:
    """What takes part at one block size: the player, and what plays without Python between blocks where there is that."""

    player: Any
    loop: Callable[[np.ndarray], float] | None = None


def race(racers: Mapping[str, Racer], audio: np.ndarray, buffer_size: int, runs: int, sample_rate: float,
         turn_seconds: float = TURN_SECONDS) -> dict[str, BlockCost]:  # fmt: skip
    """Return what a block costs each racer, by name.

    Args:
        racers: name → racer, ready for this block size.
        audio: float32 (samples,); what is played, again and again.
        buffer_size: samples a block.
        runs: turns of each.
        sample_rate: in Hz.
        turn_seconds: that each may take in a turn.
    """
    blocks = cut(audio, buffer_size)
    blocks = (blocks * -(-MOST_BLOCKS // len(blocks)))[:MOST_BLOCKS]
    for racer in racers.values():
        start_stream(racer.player)
        check_output(blocks[0], racer.player(blocks[0]))
        time_blocks(racer.player, blocks, min(WARM_UP_SECONDS, turn_seconds))
    taken: dict[str, list[Timing]] = {name: [] for name in racers}
    loops: dict[str, list[float]] = {name: [] for name in racers}
    for _ in range(runs):
        for name, racer in racers.items():
            start_stream(racer.player)
            racer.player(blocks[0])  # where a reset costs something, the first block of a stream pays for it
            taken[name].append(Timing.of(time_blocks(racer.player, blocks, turn_seconds), buffer_size, sample_rate))
            if racer.loop:
                loops[name].append(racer.loop(audio))
    return {name: _cost(buffer_size, taken[name], loops[name]) for name in racers}


def _cost(buffer_size: int, timings: Sequence[Timing], loops: Sequence[float]) -> BlockCost:
    def over_runs(key: str) -> Spread:
        return _spread([getattr(timing, key) for timing in timings])

    return BlockCost(
        buffer_size, sum(t.blocks for t in timings), over_runs("ns_per_sample"), over_runs("samples_per_second"),
        over_runs("real_time_factor"), _spread([t.ns_per_sample * buffer_size / 1000 for t in timings]), over_runs("p50_us"),
        over_runs("p99_us"), over_runs("p999_us"), over_runs("max_us"), over_runs("jitter_us"), Spread.of(loops),
    )  # fmt: skip


def _spread(values: Sequence[float]) -> Spread:
    found = Spread.of(values)
    assert found is not None
    return found


def call_cost(costs: Sequence[BlockCost]) -> CallCost:
    """Return the line through the median times of the quietest run over the block size, both of its numbers 0 or more.

    It has the least sum of relative errors, not of their squares: on a busy machine a block that outlasts what the system
    gives a process at a time takes several times as long, and would bend the line for all others.
    """
    from scipy.optimize import linprog

    sizes, times = np.array([c.buffer_size for c in costs], float), np.array([c.p50_us.least for c in costs])
    shares = np.stack([1 / times, sizes / times], axis=1)  # of what is measured, by call and by sample; at best their sum is 1
    errors, count = np.eye(len(times)), len(times)
    found = linprog(np.concatenate([[0.0, 0.0], np.ones(count)]), np.block([[shares, -errors], [-shares, -errors]]),
                    np.concatenate([np.ones(count), -np.ones(count)]))  # fmt: skip
    call_us, each_us = (float(value) for value in found.x[:2])
    worst = float(np.abs(shares @ found.x[:2] - 1).max())
    compute_ns = max(1000 * each_us, LEAST_COMPUTE_NS)
    return CallCost(call_us, compute_ns, 1000 * call_us / compute_ns, worst)
