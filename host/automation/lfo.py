"""LFO: a knob that swings."""

from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue
from ...models.parameter import Parameter
from .checks import check_ends, checked_number, checked_value
from .curve import Curve
from .scale import on_grid, swept
from .time import Time

SHAPES = ("sine", "triangle", "rise", "fall", "square", "random")
SLOWEST_HZ, FASTEST_HZ = 1e-6, 1e5
MOST_BEATS = 1e6
LARGEST_SEED = (1 << 63) - 1


class LFO(Curve):
    """A low-frequency oscillator between two values, even along the knob's own scale; a switch passes its choices.

    Args:
        rate_hz: rounds a second; or
        beats: a round's length in beats of the tempo.
        low, high: the ends, in the knob's unit, or choices.
        shape: "sine" and "triangle" begin at `low`, "rise" goes from `low` to `high` and jumps back, "fall" the other
            way, "square" stands at `high` for the first half, "random" at a new value each round.
        phase: where in its round it begins, 0 to 1.
        seed: of the random values; the same seed gives the same values.

    Raises:
        InvalidType, InvalidValue: both or neither of `rate_hz` and `beats`, or one of the rest; names it.

    Example:
        >>> LFO(rate_hz=0.5, low=800, high=6000)
        LFO(rate_hz=0.5, low=800, high=6000)
    """

    __slots__ = ("beats", "high", "low", "phase", "rate_hz", "seed", "shape")

    def __init__(self, rate_hz: float | None = None, low: Any = None, high: Any = None, shape: str = "sine", *,
                 beats: float | None = None, phase: float = 0.0, seed: int = 0) -> None:  # fmt: skip
        if (rate_hz is None) == (beats is None):
            raise InvalidValue("an LFO has a rate_hz or beats, one of them")
        if low is None or high is None:
            raise InvalidValue("an LFO swings from low to high; give both, in the knob's unit")
        if not isinstance(shape, str) or shape not in SHAPES:
            raise InvalidValue(f"lfo: shape = {shape!r:.60} is not one of {', '.join(SHAPES)}")
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
            raise InvalidType(f"lfo: seed is a whole number, got {seed!r:.60}")
        checked_number("lfo: seed", seed, 0, LARGEST_SEED)
        self.rate_hz = None if rate_hz is None else checked_number("lfo: rate_hz", rate_hz, SLOWEST_HZ, FASTEST_HZ)
        self.beats = None if beats is None else checked_number("lfo: beats", beats, 1 / MOST_BEATS, MOST_BEATS)
        self.phase = checked_number("lfo: phase", phase, 0.0, 1.0)
        self.low, self.high = checked_value("lfo: low", low), checked_value("lfo: high", high)
        self.shape, self.seed = shape, int(seed)

    def check(self, parameter: Parameter) -> None:
        """Look whether both ends can be set; see `Curve.check`."""
        check_ends(parameter, self.low, self.high)

    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands; see `Curve.numbers`."""
        return on_grid(start, samples, lambda at: swept(parameter, self.low, self.high, self._shares(np.maximum(at, 0), time)))

    def _shares(self, at: np.ndarray, time: Time) -> np.ndarray:
        if self.rate_hz is not None:
            rounds = at * self.rate_hz / time.sample_rate + self.phase
        else:
            assert self.beats is not None
            rounds = time.beats_of(at) / self.beats + self.phase
        whole = np.floor(rounds)
        part = rounds - whole
        match self.shape:
            case "sine":
                return 0.5 - 0.5 * np.cos(2 * np.pi * part)
            case "triangle":
                return 1 - np.abs(2 * part - 1)
            case "rise":
                return part
            case "fall":
                return 1 - part
            case "square":
                return (part < 0.5).astype(np.float64)
            case _:
                return _random(self.seed, whole)

    def to_data(self) -> dict[str, Any]:
        """Return `{lfo: shape, rate_hz or beats, low, high, phase, seed}`, what is usual left out."""
        return {"lfo": self.shape, **{name: value for name, value in self._said().items() if name != "shape"}}

    def _said(self) -> dict[str, Any]:
        usual = {"rate_hz": None, "beats": None, "shape": "sine", "phase": 0.0, "seed": 0}
        names = ("rate_hz", "beats", "low", "high", "shape", "phase", "seed")
        return {name: getattr(self, name) for name in names if name not in usual or getattr(self, name) != usual[name]}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LFO) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash((self.rate_hz, self.beats, self.shape, self.phase, self.seed))

    def __repr__(self) -> str:
        return f"LFO({', '.join(f'{name}={value!r}' for name, value in self._said().items())})"


def _random(seed: int, rounds: np.ndarray) -> np.ndarray:
    """Return a number 0..1 for each round, float64: the splitmix64 generator's, reached by counting, so that it has no state.

    Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    begun = np.uint64(seed * 0xD1342543DE82EF95 & 0xFFFFFFFFFFFFFFFF)  # seeds begin far apart
    mixed = (rounds.astype(np.uint64) + begun) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) / float(1 << 53)
