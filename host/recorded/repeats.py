"""Sections that a dry signal plays twice: a device that answers them differently is noisy, or drifts."""

import numpy as np

from ...models.errors import WetdryError
from ..excitation import excitation_layout

EQUAL_ESR = 1e-4  # 16 bits, or another rate and back, leave less than that
NAM_SECONDS = 9.0  # NAM's training signal ends as it begins
WARM_UP_SECONDS = 0.25  # of a section, in which the device still answers what went before


def repeated_section(dry: np.ndarray, sample_rate: float, first: int, stop: int) -> tuple[int, int, int] | None:
    """Return (start, start again, samples) of a section at the end that was played before; None where there is none.

    Known are the built-in excitation (see `excitation_layout`) and NAM's. Only samples `first` … `stop` count.
    """
    candidates = [(0, len(dry) - round(NAM_SECONDS * sample_rate), round(NAM_SECONDS * sample_rate))]
    try:
        layout = excitation_layout(len(dry) / sample_rate, sample_rate)
        candidates.insert(0, (layout.first, layout.second, layout.repeated))
    except WetdryError:  # too short to be ours
        pass
    warm_up = round(WARM_UP_SECONDS * sample_rate)
    for start, again, length in candidates:
        length = min(length, stop - again)
        if again <= start + length or start < first or length < 4 * warm_up:
            continue
        one, other = (dry[at : at + length].astype(np.float64) for at in (start, again))
        energy = float((one**2).sum())
        if energy > 0 and float(((one - other) ** 2).sum()) <= EQUAL_ESR * energy:
            return start + warm_up, again + warm_up, length - warm_up
    return None
