"""Playing a processor while its knobs move, by given numbers: how gestures are captured and judged."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...models.parameter import Parameter
from ..automation.automated import Automated
from .target import Target


def play_moving(
    target: Target,
    knobs: Sequence[Parameter],
    numbers: Mapping[str, np.ndarray],
    audio: np.ndarray,
    lead: int = 0,
    shift: int = 0,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Play mono audio after a reset and `lead` samples of silence, its knobs where `numbers` have them.

    Args:
        target: its other knobs stand where they were turned to.
        knobs: rows of the captured knobs: what the numbers of a choice count.
        numbers: knob → float64 (frames,) as its row's `to_number` counts; before and after the audio it stands still.
        audio: float32 (frames,).
        lead, shift: samples, as in `Target.play`.

    Returns:
        (wet audio, float32 (frames,); where each knob really was, float64 (frames,)): a plugin is turned in steps.
    """
    rows = {k.name: k for k in knobs}
    there = {name: target.processor.parameters[name].parameter for name in numbers}
    before, after = max(lead, 0), max(shift, 0)
    automation = {name: np.pad(_recounted(rows[name], there[name], course), (before, after), mode="edge")
                  for name, course in numbers.items()}  # fmt: skip
    padded = np.concatenate([np.zeros(before, np.float32), audio, np.zeros(after, np.float32)])
    target.processor.reset()
    whole, given = target.play_automated(Automated(target.processor, automation), padded)
    begins = before + shift
    whole = np.pad(whole, (max(-begins, 0), 0))[max(begins, 0) :][: len(audio)]
    return whole, {name: _recounted(there[name], rows[name], given[name][before:][: len(audio)]) for name in numbers}


def _recounted(from_row: Parameter, to_row: Parameter, numbers: np.ndarray) -> np.ndarray:
    """Return numbers of one row as another counts them: a narrowed switch has fewer choices than the processor's."""
    if not from_row.choices:
        return np.clip(numbers, to_row.minimum, to_row.maximum) if from_row is not to_row else numbers
    table = np.array([to_row.to_number(choice) if choice in to_row.choices else 0.0 for choice in from_row.choices])
    return table[np.asarray(numbers, np.int64)]
