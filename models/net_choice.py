"""`model="auto"`: which net suits an effect, by what `wetdry inspect` and every capture measure of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

CLEAN_DB = -26.0  # harmonics below it: what a compressor makes, not a curve
LONGEST_RELEASE = 0.5  # seconds until it is back from 37 dB louder: the net itself hears 0.28 s back
TURNS_DB = 3.0  # between quiet and loud: what a compressor does
NO_MAKE_UP_DB = 0.5

Measured = Mapping[str, Any]


@dataclass(frozen=True)
class Choice:
    """A net's name and why it was chosen."""

    name: str
    why: str


@dataclass(frozen=True)
class Rule:
    """`holds` of what was measured: then `net` is taken."""

    when: str
    holds: Callable[[Measured], bool]
    net: str


def memory_seconds(measured: Measured) -> float:
    """Return how far back a net must hear: the longer of response and recovery."""
    return max(measured["response_seconds"], measured["recovery_seconds"])


def follows_level(measured: Measured) -> bool:
    """Return whether the effect is a gain that follows the level, as a compressor is: it turns, and hardly bends."""
    return abs(measured["gain_change_db"]) >= TURNS_DB and measured["distortion_db"] < CLEAN_DB


def _turns_down_only(measured: Measured) -> bool:
    return follows_level(measured) and measured["highest_gain_db"] <= NO_MAKE_UP_DB


def _turns_down_quickly(measured: Measured) -> bool:
    return _turns_down_only(measured) and memory_seconds(measured) <= LONGEST_RELEASE


def _rings(measured: Measured) -> bool:
    return measured["order"] == 1 and measured["response_seconds"] > 0.132 and abs(measured["gain_change_db"]) < 1.0


RULES = (
    Rule("it holds or rounds samples: no net learns that, Bitcrusher plays it", lambda m: m["steps"], "standard"),
    Rule("it bends nothing and rings on: its impulse response says all, CabinetIR plays it", _rings, "s4d"),
    Rule("a gain that follows the level, never above 0 dB, back within 0.5 s", _turns_down_quickly, "compressor"),
    Rule("a gain that follows the level, never above 0 dB, back later", _turns_down_only, "s4d-gain"),
    Rule("it remembers longer than 0.3 s", lambda m: memory_seconds(m) > 0.3, "s4d"),
    Rule("a gain that follows the level", follows_level, "tcn-300"),
    Rule("it remembers 132 to 300 ms", lambda m: memory_seconds(m) > 0.132, "tcn-300"),
    Rule("it remembers 85 to 132 ms, as an amp with a cabinet", lambda m: memory_seconds(m) > 0.085, "nam-a2"),
    Rule("it remembers 43 to 85 ms, as an amp", lambda m: memory_seconds(m) > 0.043, "nam-standard"),
    Rule("it remembers less than 43 ms, as most pedals", lambda m: True, "standard"),
)
UNKNOWN = Choice("standard", "nothing was measured of the target")


def choose(measured: Measured | None) -> Choice:
    """Return the net for an effect: that of the first of RULES that holds.

    With four knobs or more the chosen net has a wider conditioning net (`spec.nets`).

    Args:
        measured: `host.character.Character` as plain data, as in capture.json under checks.character; None: not known.
    """
    if not measured:
        return UNKNOWN
    for rule in RULES:
        if rule.holds(measured):
            return Choice(rule.net, rule.when)
    raise AssertionError("the last rule always holds")
