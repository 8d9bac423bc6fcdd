"""What is kept apart of recorded takes: the end of every recording, and where there are enough, whole knob settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...models.parameter import Parameter

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}  # of a recording, in this order in time
SHORTEST_SECONDS = 1.0  # of a part
QUIET_SECONDS, SEARCHED = 0.05, 0.02  # a cut falls into the quietest moment within that share of the recording
SETTINGS_FOR_ONE = 6  # so many settings give one up for validation


def parts_of(dry: np.ndarray, end: int, sample_rate: float) -> dict[str, tuple[int, int]]:
    """Return split → (start, stop) in samples of a dry recording up to `end`, cut where it is quiet.

    A net begins each part as after silence, so a cut through a note would teach it a note without its beginning.
    """
    power = np.convolve(np.square(dry[:end], dtype=np.float64), np.ones(max(round(QUIET_SECONDS * sample_rate), 1)), "same")
    reach, places, share = max(int(SEARCHED * end), 1), [0], 0.0
    for split in list(SHARES)[:-1]:
        share += SHARES[split]
        at = int(share * end)
        places.append(at - reach + int(np.argmin(power[at - reach : at + reach])))
    return dict(zip(SHARES, zip(places, [*places[1:], end], strict=True), strict=True))


def held_back(knobs: Sequence[Parameter], settings: Sequence[Mapping[str, Any]], seed: int) -> set[int]:
    """Return indices of the settings that no training sees: one in six, drawn among those inside the range of the others."""
    inside = [i for i, values in enumerate(settings) if all(_inside(k, values[k.name], settings, i) for k in knobs)]
    order = np.random.default_rng([seed, 0x6EA2]).permutation(len(inside))
    return {inside[i] for i in order[: len(settings) // SETTINGS_FOR_ONE]}


def _inside(knob: Parameter, value: Any, settings: Sequence[Mapping[str, Any]], index: int) -> bool:
    others = [s[knob.name] for i, s in enumerate(settings) if i != index]
    return value in others if knob.choices else min(others, default=value) < value < max(others, default=value)
