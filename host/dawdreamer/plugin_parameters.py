"""The parameters of a plugin in DawDreamer, with the names and faces that pedalboard gives those of a VST3."""

import re
from collections.abc import Callable
from typing import Any

from ..plugins.fakes import is_fake

STEPS = 1000  # positions at which a parameter is asked for its text, besides 0
NUMBER = re.compile(r"([+-]?(?:inf|infinity|nan|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+))\s*([a-z%°]*)", re.IGNORECASE)
KNOWN_UNITS = {"", "%", "db", "hz", "khz", "ms", "s", "sec", "seconds", "x", "st", "semitones", "cents", "bpm", "°", "deg"}
ON = {"on", "yes", "true", "enabled"}


class ForeignParameter:
    """A parameter as `plugins.knobs` reads it.

    Attributes:
        name, units: as the plugin says.
        index: by which DawDreamer knows it.
        ranges: its value (float, bool or text) by (first, last) position.
        type: of these values.
        valid_values: each of them once.
        is_discrete, is_automatable: as the plugin says.
    """

    def __init__(self, native: Callable[[], Any], told: dict[str, Any]) -> None:
        self._native, self.index = native, int(told["index"])
        self.name, self.units = str(told["name"]), str(told["label"]).strip()
        self.is_discrete, self.is_automatable = bool(told["isDiscrete"]), bool(told["isAutomatable"])
        self.ranges: dict[tuple[float, float], Any] = {}
        self.type: type = str
        if self.is_automatable and not is_fake(self.name):  # a host's own parameters are upset by being turned
            self._read_texts()
        self.valid_values = list(dict.fromkeys(self.ranges.values()))

    def _read_texts(self) -> None:
        texts = self._native().get_parameter_range(self.index, STEPS, False)
        self.is_discrete |= len(texts) == 2  # a VST2 does not say
        read = [read_number(text) for text in texts.values()]
        numbers = [found[0] for found in read if found is not None]
        if len(numbers) == len(read):
            self.type = float
            units = {found[1] for found in read if found is not None}
            if not self.units and len(units) == 1:
                self.units = units.pop()
            values: list[Any] = numbers
        elif len(texts) == 2 and {text.strip().lower() for text in texts.values()} & ON:
            self.type = bool
            values = [text.strip().lower() in ON for text in texts.values()]
        else:
            values = list(texts.values())
        self.ranges = {(round(a, 3), round(b, 3)): value for (a, b), value in zip(texts, values, strict=True)}

    @property
    def python_name(self) -> str:
        """The name as an attribute: lower case, unit behind it."""
        return python_name(self.name if self.units.startswith(":") else f"{self.name} {self.units}")

    @property
    def raw_value(self) -> float:
        """Position, 0..1; settable."""
        return float(self._native().get_parameter(self.index))

    @raw_value.setter
    def raw_value(self, raw: float) -> None:
        self._native().set_parameter(self.index, float(raw))

    @property
    def string_value(self) -> str:
        """The value as the plugin prints it."""
        return str(self._native().get_parameter_text(self.index))


def parameters_of(native: Callable[[], Any]) -> dict[str, ForeignParameter]:
    """Return the parameters of a PluginProcessor by name; a second one of the same name gets a number."""
    found: dict[str, ForeignParameter] = {}
    for told in native().get_parameters_description():
        foreign = ForeignParameter(native, told)
        name = plain = foreign.python_name or f"parameter_{foreign.index}"
        count = 1
        while name in found:
            count += 1
            name = f"{plain}_{count}"
        found[name] = foreign
    return found


def python_name(text: str) -> str:
    """Return `text` as an attribute is written: lower case, words joined by single underscores."""
    plain = text.lower().replace("#", "_sharp").replace("♯", "_sharp").replace("♭", "_flat")
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def read_number(text: str) -> tuple[float, str] | None:
    """Return (number, unit) of a text such as "-12.5 dB"; kHz as Hz; None where it is no number."""
    found = NUMBER.fullmatch(text.strip())
    if found is None or found[2].lower() not in KNOWN_UNITS:
        return None
    if found[2].lower() == "khz":
        return 1000 * float(found[1]), "Hz"
    return float(found[1]), found[2]
