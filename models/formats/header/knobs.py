"""Knobs as C++: their rows in the table, and how a value becomes a position."""

import json
import math
from dataclasses import dataclass

from ...parameter import Parameter
from .names import identifier, one_line

SMOOTHING_MS = 10.0  # time constant of a move, as `NeuralEffect` has it


@dataclass(frozen=True)
class KnobText:
    """What the header says about a knob."""

    name: str
    constant: str
    range: str
    row: str
    default: str
    shown_default: str
    position: str
    choices: tuple[str, ...]


def smoothing_coefficient(sample_rate: float) -> float:
    """Return the one-pole's coefficient a sample."""
    return -math.expm1(-1.0 / (SMOOTHING_MS * 1e-3 * sample_rate))


def knob_texts(knobs: tuple[Parameter, ...]) -> list[KnobText]:
    """Return every knob's texts; their C++ constants are all different."""
    taken: set[str] = set()
    return [_text(knob, taken) for knob in knobs]


def _text(knob: Parameter, taken: set[str]) -> KnobText:
    constant = identifier(knob.name.lower(), "knob", taken)
    minimum, maximum, default = (f"{float(v)!r}" for v in (knob.minimum, knob.maximum, knob.to_number(knob.default)))
    if knob.choices:
        values = ", ".join(f"{i} = {choice}" for i, choice in enumerate(knob.choices))
        spread = f"switch, {values}"
    else:
        middle = " to " if knob.scale == "linear" else f" to {knob.text(knob.maximum)}, {knob.scale} scale"
        spread = knob.text(knob.minimum) + middle + (knob.text(knob.maximum) if knob.scale == "linear" else "")
    choices = f"{constant}_choices" if knob.choices else "nullptr"
    row = f"{quoted(knob.name)}, {quoted(knob.unit)}, {minimum}, {maximum}, {default}, {choices}"
    return KnobText(one_line(knob.name), constant, one_line(spread), row, default, one_line(knob.text(knob.default)),
                    _position(knob, minimum, maximum), tuple(quoted(str(c)) for c in knob.choices))  # fmt: skip


def _position(knob: Parameter, minimum: str, maximum: str) -> str:
    if knob.scale == "points" and not knob.choices:
        points = ", ".join(repr(float(point)) for point in knob.points)
        return f"{{ static constexpr double points[] = {{{points}}}; return detail::points_position(value, points); }}"
    function = "log_position" if knob.scale == "log" and not knob.choices else "linear_position"
    return f"return detail::{function}(value, {minimum}, {maximum});"


def quoted(text: str) -> str:
    """Return a C++ string literal; what is not ASCII is spelled in UTF-8 bytes."""
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    plain = "".join(c if 32 <= ord(c) < 127 else "".join(f"\\{byte:03o}" for byte in c.encode()) for c in plain)
    return f'"{plain.replace("?", chr(92) + "?")}"'  # "??/" would be a trigraph to old compilers
