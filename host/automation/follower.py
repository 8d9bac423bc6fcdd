"""Envelope follower: a knob that goes with the level of what comes in."""

import math
from typing import Any

import numba
import numpy as np

from ...models.parameter import Parameter
from .checks import check_ends, checked_number, checked_value
from .curve import ListeningCurve
from .scale import on_grid, swept
from .time import Time

KEPT_SECONDS = 30.0  # an effect far down a chain asks for what was heard its latency ago
LONGEST_MS = 60_000.0
QUIETEST_DB = -200.0


class EnvelopeFollower(ListeningCurve):
    """The peak level of what comes in, from `low` where it is quiet to `high` where it is loud, even along the knob's scale.

    The level is in dB, of the loudest channel; it rises and falls as a one-pole does, and an infinity or NaN counts as 0.

    Args:
        low, high: the knob at `quiet_db` and below, at `loud_db` and above; in its unit, or choices.
        attack_ms, release_ms: time constants of the rise and the fall, 0 to 60000.
        quiet_db, loud_db: dB below full scale.

    Raises:
        InvalidType, InvalidValue: one of them is none, or quiet is not below loud.
    """

    __slots__ = ("_heard", "_kept", "_level", "attack_ms", "high", "loud_db", "low", "quiet_db", "release_ms")

    def __init__(self, low: Any, high: Any, attack_ms: float = 5.0, release_ms: float = 120.0,
                 quiet_db: float = -60.0, loud_db: float = -6.0) -> None:  # fmt: skip
        self.low, self.high = checked_value("follow: low", low), checked_value("follow: high", high)
        self.attack_ms = checked_number("follow: attack_ms", attack_ms, 0.0, LONGEST_MS)
        self.release_ms = checked_number("follow: release_ms", release_ms, 0.0, LONGEST_MS)
        self.loud_db = checked_number("follow: loud_db", loud_db, QUIETEST_DB + 1, 100.0)
        self.quiet_db = checked_number("follow: quiet_db", quiet_db, QUIETEST_DB, self.loud_db - 1)
        self.restart()

    def check(self, parameter: Parameter) -> None:
        """Look whether both ends can be set; see `Curve.check`."""
        check_ends(parameter, self.low, self.high)

    def alone(self) -> "EnvelopeFollower":
        """Return an equal follower that has heard nothing."""
        return EnvelopeFollower(**self._said())

    def restart(self) -> None:
        """Forget what was heard: a stream begins."""
        self._kept = np.zeros(0)
        self._heard, self._level = 0, 0.0

    def hear(self, audio: np.ndarray, sample_rate: float) -> None:
        """Take the stream's next block, float32 (channels, samples), before it is played."""
        samples, back = audio.shape[1], int(KEPT_SECONDS * sample_rate)
        if len(self._kept) < samples + back:
            self._make_room(1 << (samples + back - 1).bit_length())
        rise, fall = _share_a_sample(self.attack_ms, sample_rate), _share_a_sample(self.release_ms, sample_rate)
        audio = np.ascontiguousarray(audio, np.float32)
        self._level = _follow(audio, self._level, rise, fall, self.quiet_db, self.loud_db, self._kept, self._heard)
        self._heard += samples

    def _make_room(self, size: int) -> None:
        before, count = self._kept, min(len(self._kept), self._heard)
        self._kept = np.zeros(size)
        at = np.arange(self._heard - count, self._heard)
        if count:
            self._kept[at & (size - 1)] = before[at & (len(before) - 1)]

    def numbers(self, parameter: Parameter, start: int, samples: int, time: Time) -> np.ndarray:
        """Return where the knob stands; see `Curve.numbers`. What is yet to be heard stands as what was heard last."""
        return on_grid(start, samples, lambda at: swept(parameter, self.low, self.high, self._shares(at)))

    def _shares(self, at: np.ndarray) -> np.ndarray:
        if not self._heard:
            return np.zeros(len(at))
        oldest = max(self._heard - len(self._kept), 0)
        shares = self._kept[np.clip(at, oldest, self._heard - 1) & (len(self._kept) - 1)]
        return np.where(at < 0, 0.0, shares)

    def to_data(self) -> dict[str, Any]:
        """Return `{follow: in, low, high, attack_ms, release_ms, quiet_db, loud_db}`."""
        return {"follow": "in", **self._said()}

    def _said(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("low", "high", "attack_ms", "release_ms", "quiet_db", "loud_db")}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvelopeFollower) and self._said() == other._said()

    def __hash__(self) -> int:
        return hash((self.attack_ms, self.release_ms, self.quiet_db, self.loud_db))

    def __repr__(self) -> str:
        return f"EnvelopeFollower({', '.join(f'{name}={value!r}' for name, value in self._said().items())})"

    def __reduce__(self) -> tuple:
        return EnvelopeFollower, tuple(self._said().values())


def _share_a_sample(milliseconds: float, sample_rate: float) -> float:
    """Return the share of the way to its target that a one-pole goes in a sample."""
    return 1.0 if milliseconds == 0 else -math.expm1(-1000 / (milliseconds * sample_rate))


@numba.njit(cache=True)
def _follow(
    audio: np.ndarray, level: float, rise: float, fall: float, quiet_db: float, loud_db: float, kept: np.ndarray, at: int
) -> float:
    """Write a share 0..1 for each sample into `kept`, a ring of 2^n samples; return the level after the last."""
    mask = len(kept) - 1
    for n in range(audio.shape[1]):
        peak = 0.0
        for c in range(audio.shape[0]):
            size = abs(audio[c, n])
            if peak < size < np.inf:  # no NaN passes either
                peak = size
        level += (peak - level) * (rise if peak > level else fall)
        decibels = 20 * math.log10(max(level, 1e-10))
        kept[(at + n) & mask] = min(max((decibels - quiet_db) / (loud_db - quiet_db), 0.0), 1.0)
    return level
