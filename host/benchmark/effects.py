"""The cost of our effects, each beside the pedalboard plugin nearest to it, and what silence costs them."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effects import REGISTRY, CabinetIR, Effect, NeuralDelay, TubeSaturator
from ...models.errors import UnknownName
from .. import _pedalboard
from .benchmark import noise
from .compiled_host import CompiledHost
from .measured import Measured
from .processor import start_stream
from .race import check_rounds, check_seconds
from .silence import SECONDS, silence_ratio
from .timing import best_pass, cut

RATE = 48000.0
BLOCKS = (64, 512)
MOST_RATIO, MOST_RATIO_BLOCK = 1.5, 512  # the bar where a native of equal quality exists, and the blocks it holds for
TURN_SECONDS = 0.1
IR_SECONDS = (0.2, 1.0, 3.0)


@dataclass(frozen=True)
class Contest:
    """An effect of ours, and a plugin of pedalboard's that does as much.

    Attributes:
        make: constructs ours.
        native: class name and arguments of theirs; None where there is none.
        equal: whether theirs is of equal quality, so that the bar holds.
    """

    make: Callable[[], Effect]
    native: tuple[str, dict[str, Any]] | None = None
    equal: bool = True


def contests() -> dict[str, Contest]:
    """Return every case by name: each registered effect, some at several settings."""
    found: dict[str, Contest] = {}
    for name in sorted(REGISTRY):
        found |= _CONTESTS[name]() if name in _CONTESTS else {name: Contest(REGISTRY[name])}
    return found


def _saturators() -> dict[str, Contest]:
    native, knobs = ("Distortion", {"drive_db": 25.0}), {"drive_db": 25.0, "bias": 0.0, "tone_hz": 20000.0}
    return {
        f"TubeSaturator {times}x": Contest(lambda times=times: TubeSaturator(oversampling=times, **knobs), native, times == 1)
        for times in (1, 2, 4, 8)
    }


def _cabinets() -> dict[str, Contest]:
    found = {}
    for seconds in IR_SECONDS:
        response = impulse_response(seconds)
        native = ("Convolution", {"impulse_response_filename": response, "sample_rate": RATE})
        found[f"CabinetIR {seconds:g} s"] = Contest(lambda response=response: CabinetIR((response, RATE)), native)
    return found


def _delays() -> dict[str, Contest]:
    """Return the delay with its own loop, a net, and with maths in it; pedalboard's has neither."""
    knobs: dict[str, Any] = {"time_ms": 350.0, "feedback": 0.4, "mix": 0.35}
    native = ("Delay", {"delay_seconds": 0.35, "feedback": 0.4, "mix": 0.35})
    maths = TubeSaturator(oversampling=1)
    return {
        "NeuralDelay": Contest(lambda: NeuralDelay(**knobs), native, False),
        "NeuralDelay of maths": Contest(lambda: NeuralDelay(maths, **knobs), native, False),
    }


def _alone(
    name: str, native: str, ours: dict[str, Any], theirs: dict[str, Any], equal: bool = True
) -> Callable[[], dict[str, Contest]]:
    return lambda: {name: Contest(lambda: REGISTRY[name](**ours), (native, theirs), equal)}


_CONTESTS: dict[str, Callable[[], dict[str, Contest]]] = {
    "Gain": _alone("Gain", "Gain", {"gain_db": -6.0}, {"gain_db": -6.0}),
    "TubeSaturator": _saturators,
    "Bitcrusher": _alone("Bitcrusher", "Bitcrush", {"bit_depth": 9.0}, {"bit_depth": 8.0}),
    "CabinetIR": _cabinets,
    "NeuralCompressor": _alone(
        "NeuralCompressor",
        "Compressor",
        {"threshold_db": -30.0, "ratio": 4.0, "attack_ms": 10.0},
        {"threshold_db": -30.0, "ratio": 4.0, "attack_ms": 10.0, "release_ms": 80.0},
        equal=False,
    ),
    "NeuralDelay": _delays,
}


def impulse_response(seconds: float, seed: int = 0) -> np.ndarray:
    """Return seeded noise that decays by 60 dB over its length, float32 (1, samples)."""
    samples = round(seconds * RATE)
    decay = 10.0 ** (-3.0 * np.arange(samples) / samples)
    return (0.05 * decay * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)[None]


@dataclass(frozen=True)
class EffectCost:
    """What a case costs in blocks of one size, ns a sample, medians over the rounds of each round's best pass.

    Attributes:
        name: of the case.
        buffer_size: samples a block.
        loop_ns: ours without Python between blocks.
        called_ns: ours called from Python once a block.
        native: what it is compared with; empty: nothing.
        native_loop_ns, native_called_ns: theirs, likewise (a whole signal with `buffer_size`, in C++; called once a block).
        ratio, called_ratio: ours over theirs, medians of the rounds' ratios.
        equal: whether theirs is of equal quality.
    """

    name: str
    buffer_size: int
    loop_ns: float
    called_ns: float
    native: str = ""
    native_loop_ns: float | None = None
    native_called_ns: float | None = None
    ratio: float | None = None
    called_ratio: float | None = None
    equal: bool = True

    @property
    def over(self) -> bool:
        """Whether it costs more than the bar allows."""
        return self.ratio is not None and self.equal and self.buffer_size >= MOST_RATIO_BLOCK and self.ratio > MOST_RATIO


@dataclass(frozen=True)
class EffectCosts(Measured):
    """All cases, what silence costs each of them (0 s: not measured), and how it was measured."""

    costs: tuple[EffectCost, ...]
    silence: dict[str, float]
    seconds: float
    silence_seconds: float


def measure_effects(
    names: Sequence[str] = (),
    blocks: Sequence[int] = BLOCKS,
    rounds: int = 9,
    seconds: float = 0.5,
    silence_seconds: float = SECONDS,
    seed: int = 0,
) -> EffectCosts:
    """Measure effects by name (none: all), ours and theirs in turn, round by round.

    Raises:
        UnknownName: no such effect. MissingExtra: pedalboard is not installed. InvalidValue: rounds or seconds.
    """
    check_rounds(rounds)
    check_seconds(seconds)
    for name in names:
        if name not in REGISTRY:
            raise UnknownName("effect", name, REGISTRY)
    cases = {name: case for name, case in contests().items() if not names or name.split()[0] in names}
    audio = noise(seconds, RATE, seed)
    costs = [_cost(name, case, audio, size, rounds) for name, case in cases.items() for size in blocks]
    silence = {name: silence_ratio(case.make, silence_seconds) for name, case in cases.items()} if silence_seconds else {}
    return EffectCosts(tuple(costs), silence, seconds, silence_seconds, rounds=rounds, seed=seed)


def _cost(name: str, case: Contest, audio: np.ndarray, size: int, rounds: int) -> EffectCost:
    host, called = CompiledHost(case.make(), size, RATE), case.make()
    turns = {"loop": lambda: host.best_pass(audio, TURN_SECONDS), "called": lambda: _called(called, audio, size)}
    if case.native:
        kind = _pedalboard.native_class(case.native[0])
        looped, natively_called = kind(**case.native[1]), kind(**case.native[1])
        turns["native_loop"] = lambda: best_pass(
            lambda: looped.process(audio, RATE, buffer_size=size, reset=False), len(audio), TURN_SECONDS
        )
        turns["native_called"] = lambda: _called(natively_called, audio, size)
    taken: dict[str, list[float]] = {key: [] for key in turns}
    for _ in range(rounds):
        for key, turn in turns.items():
            taken[key].append(turn())
    middle = {key: statistics.median(values) for key, values in taken.items()}
    if not case.native:
        return EffectCost(name, size, middle["loop"], middle["called"])
    ratio, called_ratio = (
        statistics.median(a / b for a, b in zip(taken[ours], taken[f"native_{ours}"], strict=True))
        for ours in ("loop", "called")
    )
    return EffectCost(name, size, middle["loop"], middle["called"], case.native[0], middle["native_loop"],
                      middle["native_called"], ratio, called_ratio, case.equal)  # fmt: skip


def _called(processor: Any, audio: np.ndarray, size: int) -> float:
    """Return ns a sample of the best pass of a stream called from Python, both kinds alike."""
    blocks = cut(audio, size)

    def play() -> None:
        for block in blocks:
            processor(block, RATE, reset=False)

    start_stream(processor)
    return best_pass(play, len(blocks) * size, TURN_SECONDS)
