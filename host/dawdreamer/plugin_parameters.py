"""The parameters of a plugin in DawDreamer, with the names and faces that pedalboard gives those of a VST3."""

import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ..plugins.fakes import is_fake

STEPS = 1000  # positions at which a parameter is asked for its text, besides 0
NUMBER = re.compile(r"([+-]?(?:inf|infinity|nan|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+))\s*([a-z%°]*)", re.IGNORECASE)
KNOWN_UNITS = {"", "%", "db", "hz", "khz", "ms", "s", "sec", "seconds", "x", "st", "semitones", "cents", "bpm", "°", "deg"}
ON = {"on", "yes", "true", "enabled"}


class ForeignParameter:
    """A parameter as `plugins.knobs` reads it; its texts are read when they are first asked for.

    Attributes:
        name: as the plugin says.
        index: by which DawDreamer knows it.
        is_automatable: as the plugin says.
    """

    def __init__(self, native: Callable[[], Any], told: dict[str, Any]) -> None:
        self._native, self.index = native, int(told["index"])
        self.name, self._label = str(told["name"]), str(told["label"]).strip()
        self.is_automatable, self._told_discrete = bool(told["isAutomatable"]), bool(told["isDiscrete"])

    @property
    def python_name(self) -> str:
        """The name as an attribute: lower case, the unit that the plugin gives behind it."""
        return python_name(self.name if self._label.startswith(":") else f"{self.name} {self._label}")

    @cached_property
    def _read(self) -> tuple[type, dict[tuple[float, float], Any], str]:
        """Type of its values, value by (first, last) position, unit."""
        if not self.is_automatable or is_fake(self.name):  # a host's own parameters are upset by being turned
            return str, {}, self._label
        texts = self._native().get_parameter_range(self.index, STEPS, False)
        numbers = [read_number(text) for text in texts.values()]
        units = {found[1] for found in numbers if found is not None}
        values: list[Any]
        if None not in numbers:
            kind, values = float, [found[0] for found in numbers if found is not None]
        elif len(texts) == 2 and {text.strip().lower() for text in texts.values()} & ON:
            kind, values = bool, [text.strip().lower() in ON for text in texts.values()]
        else:
            kind, values = str, list(texts.values())
        ranges = {(round(low, 3), round(high, 3)): value for (low, high), value in zip(texts, values, strict=True)}
        return kind, ranges, self._label or (units.pop() if kind is float and len(units) == 1 else "")

    @property
    def type(self) -> type:
        """Type of its values: float, bool or str."""
        return self._read[0]

    @property
    def ranges(self) -> dict[tuple[float, float], Any]:
        """Its value by (first, last) position."""
        return self._read[1]

    @property
    def units(self) -> str:
        """Unit, as the plugin says or as its texts do."""
        return self._read[2]

    @property
    def valid_values(self) -> list[Any]:
        """Its values, each once."""
        return list(dict.fromkeys(self.ranges.values()))

    @property
    def is_discrete(self) -> bool:
        """Whether it steps: as the plugin says, or because it has two texts (a VST2 does not say)."""
        return self._told_discrete or len(self.ranges) == 2

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
