"""Where knobs are held that DawDreamer turns, at its blocks' beginnings, for the lanes that hang on them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..automation.hanging import lanes_of
from ..automation.hung import hold_error_of, note
from ..container import knobs_of
from ..dawdreamer.holding import held, longest_block

Courses = dict[str, np.ndarray]


def courses_of(processor: Any, late: int, samples: int, sample_rate: float) -> Courses:
    """Return where the lanes on a processor put its knobs, which hears the sound `late`: float64 (samples,) by knob."""
    return {knob: lane.numbers(-late, samples, sample_rate) for knob, lane in lanes_of(processor).items()}


def block_for(moving: Mapping[Any, Courses]) -> int:
    """Return the longest block over which every knob may be held, by processor."""
    return longest_block((knobs_of(processor)[knob].parameter.positions(numbers), hold_error_of(lanes_of(processor)[knob]))
                         for processor, courses in moving.items() for knob, numbers in courses.items())  # fmt: skip


def note_held(processor: Any, late: int, courses: Courses, block: int) -> None:
    """Note what the knobs were really given."""
    for knob, numbers in courses.items():
        note(lanes_of(processor)[knob], -late, held(numbers, block))
