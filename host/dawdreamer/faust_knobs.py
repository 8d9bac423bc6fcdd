"""The widgets of a Faust program as knobs: unit, scale and choices as its source says them."""

import ast
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...models.parameter import Parameter
from ..plugins.knobs import Knob
from .held_knob import switch
from .plugin_parameters import python_name

CALL = re.compile(r"ui_interface->(\w+)\((.*)\);")
NUMBER = re.compile(r"FAUSTFLOAT\(([-+0-9.e]+)f?\)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
CHOICE = re.compile(r"'([^']*)'\s*:\s*([-+0-9.e]+)")
SLIDERS = {"addHorizontalSlider", "addVerticalSlider", "addNumEntry"}
SWITCHES = {"addCheckButton", "addButton"}


@dataclass(frozen=True)
class Widget:
    """A control of a Faust program.

    Attributes:
        path: its groups and label, the program's own left out.
        numbers: (default, minimum, maximum, step); empty for a switch.
        told: its metadata (unit, scale, style).
    """

    path: tuple[str, ...]
    numbers: tuple[float, ...] = ()
    told: dict[str, str] = field(default_factory=dict)

    @property
    def why_no_knob(self) -> str:
        """Why it is no knob; "" where it is one."""
        if self.numbers and not self.numbers[1] < self.numbers[2]:
            return "has a single value"
        return "" if "".join(self.path).isascii() else "has letters in its label that DawDreamer cannot find again: use a to z"


def widgets_of(cpp: str) -> list[Widget]:
    """Return the controls that Faust's generated C++ builds, in its order; meters are none."""
    found: list[Widget] = []
    groups: list[str] = []
    told: dict[str, str] = {}
    for call, arguments in CALL.findall(cpp):
        texts = [ast.literal_eval(f'"{text}"') for text in TEXT.findall(arguments)]
        if call.startswith("open"):
            groups.append(texts[0])
        elif call == "closeBox":
            groups.pop()
        elif call == "declare":
            told |= {texts[0]: texts[1]} if not arguments.startswith("0,") else {}
            continue
        elif call in SLIDERS or call in SWITCHES:
            found.append(Widget((*groups[1:], texts[0]), tuple(float(n) for n in NUMBER.findall(arguments)), told))
        told = {}
    return found


def knob_of(widget: Widget, name: str) -> Knob:
    """Return the knob of a widget. A menu's or radio's choices are its texts; a check box is False or True."""
    if not widget.numbers:
        return switch(name, False, (False, True))
    default, low, high, _ = widget.numbers
    choices = tuple(text for text, _ in menu_of(widget))
    if choices:
        values = [value for _, value in menu_of(widget)]
        return switch(name, choices[min(range(len(values)), key=lambda i: abs(values[i] - default))], choices)
    scale = "log" if widget.told.get("scale") == "log" and low > 0 else "linear"
    return Knob(Parameter(name, widget.told.get("unit", ""), low, high, min(max(default, low), high), scale=scale))


def number_of(widget: Widget, value: Any) -> float:
    """Return what the program is told for a value of its knob."""
    return dict(menu_of(widget))[value] if isinstance(value, str) else float(value)


def menu_of(widget: Widget) -> list[tuple[str, float]]:
    """Return (text, number) of each choice of a menu or radio; empty for any other widget."""
    style = widget.told.get("style", "")
    if not style.startswith(("menu", "radio")):
        return []
    return [(text, float(number)) for text, number in CHOICE.findall(style)]


def names_of(widgets: Sequence[Widget], taken: Container[str] = ()) -> list[str]:
    """Return attribute names, unit behind: the label alone where one widget only has it, else with its groups."""
    short = [python_name(f"{w.path[-1]} {w.told.get('unit', '')}") for w in widgets]
    long = [python_name(f"{' '.join(w.path)} {w.told.get('unit', '')}") for w in widgets]
    names = [a if a and short.count(a) == 1 else b for a, b in zip(short, long, strict=True)]
    names = [f"faust_{name}" if name in taken else name for name in names]
    return [name if name and names.count(name) == 1 else f"{name or 'knob'}_{i}" for i, name in enumerate(names)]
