"""The seed budgets: what small and large nets may cost a sample, and what a call from Python may."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ...effects import Gain, NeuralEffect
from ...models.errors import MissingExtra
from ...models.spec import GRU, LSTM, ModelSpec
from .. import _pedalboard
from .benchmark import noise
from .compiled_host import CompiledHost
from .engines import OURS, engine
from .measured import Measured
from .peak import peak_multiply_adds
from .processor import start_stream
from .race import check_rounds, check_seconds
from .seeded import RATE, recurrent, seeded_model, tcn_300, wavenet_nano, wavenet_standard
from .timing import cut, time_blocks

BUDGETS: dict[str, tuple[Callable[[], ModelSpec], float]] = {  # name: (spec, ns a sample in blocks of 64)
    "LSTM 8": (lambda: recurrent(LSTM, 8), 50),
    "LSTM 16": (lambda: recurrent(LSTM, 16), 100),
    "LSTM 32": (lambda: recurrent(LSTM, 32), 200),
    "GRU 10": (lambda: recurrent(GRU, 10), 40),
    "WaveNet nano": (wavenet_nano, 150),
    "WaveNet standard": (wavenet_standard, 500),
}
BLOCK = 64
TCN_BLOCK = 128
TCN_REAL_TIME = 20.0
MOST_CALL_RATIO = 2.0


@dataclass(frozen=True)
class Budget:
    """One net against its budget, in blocks of 64.

    Attributes:
        name: of the net.
        weights: how many.
        ns_per_sample: under a compiled loop: the median over the rounds of each round's best pass.
        from_python_ns: the same net called from Python once a block: the median of the rounds' means.
        budget_ns: what it may cost under the loop.
    """

    name: str
    weights: int
    ns_per_sample: float
    from_python_ns: float
    budget_ns: float

    @property
    def kept(self) -> bool:
        """Whether it stays within the budget."""
        return self.ns_per_sample <= self.budget_ns

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "kept": self.kept}


def measure_budgets(rounds: int = 9, seconds: float = 0.5, seed: int = 0) -> list[Budget]:
    """Build every net with seeded weights and measure it; the nets take turns, round by round."""
    audio = noise(seconds, RATE, seed)
    blocks = cut(audio, BLOCK)
    models = {name: seeded_model(build(), seed) for name, (build, _) in BUDGETS.items()}
    hosts = {name: CompiledHost(model, BLOCK) for name, model in models.items()}
    players = {name: engine(OURS, model, BLOCK) for name, model in models.items()}
    compiled: dict[str, list[float]] = {name: [] for name in models}
    called: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name in models:
            compiled[name].append(hosts[name].best_pass(audio, seconds=0.1))
            start_stream(players[name])
            players[name](blocks[0])
            called[name].append(float(time_blocks(players[name], blocks, 1.0).mean()) / BLOCK)
    return [Budget(name, models[name].weight_count, statistics.median(compiled[name]), statistics.median(called[name]), limit)
            for name, (_, limit) in BUDGETS.items()]  # fmt: skip


@dataclass(frozen=True)
class CallCost:
    """What a call from Python costs in blocks of 64: our Gain, and pedalboard's Gain in a Pedalboard; µs a block.

    `theirs_us` is None where pedalboard is not installed.
    """

    ours_us: float
    theirs_us: float | None

    @property
    def ratio(self) -> float | None:
        """Ours over theirs."""
        return self.ours_us / self.theirs_us if self.theirs_us else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "ratio": self.ratio}


def measure_calls(rounds: int = 9, seed: int = 0) -> CallCost:
    """Call both gains in turn with blocks of 64 and return the medians."""
    blocks, ours = cut(noise(0.5, RATE, seed), BLOCK), Gain(gain_db=-6)
    try:
        module = _pedalboard.pedalboard()
        theirs = module.Pedalboard([module.Gain(-6)])
    except MissingExtra:
        theirs = None
    taken: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(rounds + 1):
        for who, processor in enumerate((ours, theirs)):
            if processor is not None:
                taken[who].append(_each_call(processor, blocks))
    medians = [statistics.median(times[1:]) if times else None for times in taken.values()]  # the first round warms up
    assert medians[0] is not None
    return CallCost(medians[0], medians[1])


def _each_call(processor: Any, blocks: list[np.ndarray]) -> float:
    """Return µs a call, both called alike."""
    rate, begun = RATE, time.perf_counter_ns()
    for block in blocks:
        processor(block, rate, reset=False)
    return (time.perf_counter_ns() - begun) / len(blocks) / 1000


@dataclass(frozen=True)
class TcnSpeed:
    """TCN-300 with FiLM, called from Python in blocks of 128, both knobs turned before every block.

    Attributes:
        ns_per_sample: median of the rounds' means.
        real_time_factor: times faster than real time at 48 kHz.
        multiply_adds: a sample.
        peak: multiply-adds a second of this core, measured between the rounds.
    """

    ns_per_sample: float
    real_time_factor: float
    multiply_adds: int
    peak: float

    @property
    def peak_fraction(self) -> float:
        """Multiply-adds a second over the core's peak."""
        return self.multiply_adds / self.ns_per_sample * 1e9 / self.peak

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "peak_fraction": self.peak_fraction}


def measure_tcn(rounds: int = 9, seconds: float = 0.5, seed: int = 0) -> TcnSpeed:
    """Play TCN-300 with its knobs moving and set it beside the core's peak, measured in the same rounds."""
    model = seeded_model(tcn_300(), seed)
    effect, blocks = NeuralEffect(model), cut(noise(seconds, RATE, seed), TCN_BLOCK)
    first, second = (effect.parameters[knob.name] for knob in model.spec.knobs)
    steps, peaks, taken = np.arange(len(blocks)), [], []
    positions = np.stack([0.5 + 0.4 * np.sin(0.05 * steps), 0.5 + 0.4 * np.cos(0.03 * steps)], 1).tolist()
    for _ in range(rounds + 1):
        effect.reset()
        effect.process(blocks[0], RATE, reset=False)
        begun = time.perf_counter_ns()
        for block, (one, other) in zip(blocks, positions, strict=True):
            first.raw_value, second.raw_value = one, other
            effect.process(block, RATE, reset=False)
        taken.append((time.perf_counter_ns() - begun) / len(blocks) / TCN_BLOCK)
        peaks.append(peak_multiply_adds())
    each = statistics.median(taken[1:])
    return TcnSpeed(each, 1e9 / RATE / each, model.spec.multiply_adds, statistics.median(peaks))


@dataclass(frozen=True)
class SeedBudgets(Measured):
    """All budgets, and how they were measured."""

    nets: tuple[Budget, ...]
    calls: CallCost
    tcn: TcnSpeed

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        nets = [net.to_dict() for net in self.nets]
        return {**asdict(self), "nets": nets, "calls": self.calls.to_dict(), "tcn": self.tcn.to_dict()}


def measure_seed_budgets(rounds: int = 9, seconds: float = 0.5, seed: int = 0) -> SeedBudgets:
    """Measure everything there is a budget for. Raises InvalidValue without a round, or outside 0 to 600 s."""
    check_rounds(rounds)
    check_seconds(seconds)
    nets, calls = tuple(measure_budgets(rounds, seconds, seed)), measure_calls(rounds, seed)
    return SeedBudgets(nets, calls, measure_tcn(rounds, seed=seed), rounds=rounds, seed=seed)
