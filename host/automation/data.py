"""Curves as plain data, the way a rig file says them, and as a user may give them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import InvalidType, InvalidValue, UnknownName
from .breakpoints import LATEST, Breakpoints
from .checks import checked_number, checked_pair
from .curve import Curve
from .follower import EnvelopeFollower
from .lfo import LFO
from .samples import Samples
from .steps import Steps

MOST_POINTS = 100_000
FARTHEST = 1e30
FIELDS = {  # a curve's first field says its kind; beside it may stand
    "points": ("unit", "shape"),
    "lfo": ("rate_hz", "beats", "low", "high", "phase", "seed"),
    "samples": (),
    "follow": ("low", "high", "attack_ms", "release_ms", "quiet_db", "loud_db"),
    "steps": ("before",),
}
ALLOWED = "a curve is Breakpoints, an LFO, an EnvelopeFollower, a list of points, or a numpy array with a value a sample"


def as_curve(given: Any) -> Curve:
    """Return what a user gave for a knob as a curve: one as it is, a list as Breakpoints, an array as Samples.

    Raises:
        InvalidType, InvalidValue: it is none of these; names what is wrong in it.
    """
    if isinstance(given, Curve):
        return given
    if isinstance(given, np.ndarray):
        return Samples(given)
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return Breakpoints(given)
    raise InvalidType(f"{ALLOWED}; got {given!r:.60}")


def curve_from(data: Any, folder: Path | None = None) -> Curve:
    """Return the curve that `to_data` described; what a stranger wrote is checked field by field.

    Args:
        data: plain data, such as YAML or JSON gives.
        folder: what a relative path counts from; None: the current folder.

    Raises:
        InvalidType, InvalidValue, UnknownName: names the field. FileProblem: a file of samples cannot be read.
    """
    if not isinstance(data, Mapping):
        raise InvalidType(f"automation is a mapping with one of {', '.join(FIELDS)}, got {data!r:.60}")
    kinds = [kind for kind in FIELDS if kind in data]
    if len(kinds) != 1:
        raise InvalidValue(f"automation has one of {', '.join(FIELDS)}, got {', '.join(map(str, data)) or 'nothing'}")
    kind = kinds[0]
    rest = {str(field): value for field, value in data.items() if field != kind}
    for field in rest:
        if field not in FIELDS[kind]:
            raise UnknownName(f"field beside {kind}", field, FIELDS[kind])
    return _made(kind, data[kind], rest, folder)


def _made(kind: str, said: Any, rest: dict[str, Any], folder: Path | None) -> Curve:
    match kind:
        case "points":
            return Breakpoints(_listed(kind, said), **rest)
        case "lfo":
            return LFO(shape=said, **rest)
        case "samples":
            if not isinstance(said, str) or not said or "\0" in said:
                raise InvalidType(f"samples is the path of a WAV file, got {said!r:.60}")
            return Samples.from_file((folder or Path()) / said)
        case "follow":
            if said != "in":
                raise InvalidValue(f"follow = {said!r:.60} is not in: it follows what comes in")
            if missing := {"low", "high"} - set(rest):
                raise InvalidValue(f"follow: {min(missing)} is missing: the knob goes from low to high")
            return EnvelopeFollower(**rest)
        case _:
            if "before" not in rest:
                raise InvalidValue("steps: before is missing: where the knob stands before the first step")
            before = checked_number("steps: before", rest["before"], -FARTHEST, FARTHEST)
            return Steps(before, [_step(index, step) for index, step in enumerate(_listed(kind, said))])


def _step(index: int, given: Any) -> tuple[int, float]:
    sample, number = checked_pair(f"step {index}, (sample, number),", given)
    at = checked_number(f"step {index}: its sample", sample, 0, LATEST)
    if at != int(at):
        raise InvalidValue(f"step {index}: its sample {at:g} is no whole number")
    return int(at), checked_number(f"step {index}: its number", number, -FARTHEST, FARTHEST)


def _listed(kind: str, said: Any) -> list[Any]:
    if not isinstance(said, list | tuple):
        raise InvalidType(f"{kind} is a list, got {said!r:.60}")
    if len(said) > MOST_POINTS:
        raise InvalidValue(f"{kind}: {len(said)} are more than the {MOST_POINTS} allowed")
    return list(said)
