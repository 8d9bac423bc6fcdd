"""A drawing of a gesture for the page: where the knobs are, and how loud target and residual, over time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..models.parameter import Parameter
from .capture.gestures import numbers_of
from .figures import DRY, NEAREST, RESIDUAL, TARGET, TWIN, svg

POINTS = 1200
WINDOW_SECONDS = 0.02
LOWEST_DB = -90.0


def courses(knobs: Sequence[Parameter], gesture: dict[str, Any], tracks: dict[str, np.ndarray], sample_rate: float) -> str:
    """Return the knobs' positions above the levels of target and residual, on one axis of time; empty where none moves."""
    frames = tracks["target"].size
    at = np.linspace(0, frames - 1, min(POINTS, frames)).astype(int)
    numbers = numbers_of(knobs, gesture["curves"], frames, sample_rate)
    moving = [knob for knob in knobs if knob.name in numbers]
    if not moving:
        return ""

    def draw(figure: Any) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        for i, knob in enumerate(moving):
            positions = [100 * _position(knob, number) for number in numbers[knob.name][at]]
            colour = (TARGET, TWIN, NEAREST, RESIDUAL, DRY)[i % 5]
            above.plot(at / sample_rate, positions, color=colour, linewidth=1.3, label=knob.name)
        above.set_ylim(-4, 104)
        above.set_ylabel("position, %")
        above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, borderpad=0, handlelength=1.2, columnspacing=1.2)
        for name, colour in (("target", TARGET), ("residual", RESIDUAL)):
            times, levels = _levels(tracks[name], sample_rate)
            below.plot(times, levels, color=colour, linewidth=1, label=name)
        below.set_xlim(0, frames / sample_rate)
        below.set_ylabel("level, dBFS")
        below.set_xlabel("s of the gesture")
        below.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0, handlelength=1.2, columnspacing=1.2)

    return svg(draw, 10.4, 3.6, "Positions of the moving knobs, and levels of target and residual, over time")


def _position(knob: Parameter, number: float) -> float:
    if knob.choices:
        return number / max(len(knob.choices) - 1, 1)
    return knob.to_raw(min(max(float(number), knob.minimum), knob.maximum))


def _levels(audio: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    length = max(1, round(WINDOW_SECONDS * sample_rate))
    pieces = audio[: audio.size // length * length].astype(np.float64).reshape(-1, length)
    levels = 10 * np.log10(np.maximum(np.mean(pieces**2, axis=1), 1e-30))
    return (np.arange(len(pieces)) + 0.5) * length / sample_rate, np.maximum(levels, LOWEST_DB)
