"""DawDreamer's own processors as effects."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...models.errors import UnknownName
from ...models.parameter import Parameter
from .._dawdreamer import Engine
from ..plugins.knobs import Knob
from .held_knob import HeldKnob, switch
from .node import DawDreamerNode

PAN_RULES = ("linear", "balanced", "sin3dB", "sin4p5dB", "sin6dB", "squareRoot3dB", "squareRoot4p5dB")
FILTER_MODES = ("low", "high", "band", "notch", "low_shelf", "high_shelf")


@dataclass(frozen=True)
class Row:
    """A knob and what of DawDreamer's processor it sets.

    Attributes:
        knob: ours, with a unit.
        attribute: DawDreamer's; "" for what only its factory takes.
        told: DawDreamer's number for a value of ours, or for many.
        automation: what DawDreamer calls it where it moves; "": it cannot.
    """

    knob: Knob
    attribute: str
    told: Callable[[Any], Any] = lambda value: value
    automation: str = ""


def _row(
    attribute: str, name: str, unit: str, low: float, high: float, default: float, scale: str = "linear", automation: str = ""
) -> Row:
    row = Parameter(name, unit, low, high, default, scale=scale, automatable=bool(attribute))
    return Row(Knob(row), attribute, automation=automation or attribute)


def _fixed(name: str, default: str, choices: tuple[str, ...]) -> Row:
    return Row(switch(name, default, choices, automatable=False), name)


# The ranges are ours: DawDreamer takes any number, and gives NaN or silence for some (a filter of q 0, a delay of 20 s).
BUILT_IN: dict[str, tuple[Row, ...]] = {
    "filter": (
        _fixed("mode", "low", FILTER_MODES),
        _row("frequency", "frequency_hz", "Hz", 20.0, 20000.0, 1000.0, "log", "freq"),
        _row("q", "q", "", 0.1, 20.0, 0.7071, "log"),
        Row(Knob(Parameter("gain_db", "dB", -48.0, 48.0, 0.0)), "gain", lambda db: 10 ** (db / 20), "gain"),
    ),
    "delay": (
        _row("delay", "delay_ms", "ms", 0.0, 5000.0, 250.0),
        _row("wet", "wet", "", 0.0, 1.0, 0.5, automation="wet_level"),
    ),
    "reverb": (
        _row("room_size", "room_size", "", 0.0, 1.0, 0.5),
        _row("damping", "damping", "", 0.0, 1.0, 0.5),
        _row("wet_level", "wet_level", "", 0.0, 1.0, 0.33),
        _row("dry_level", "dry_level", "", 0.0, 1.0, 0.4),
        _row("width", "width", "", 0.0, 1.0, 1.0),
    ),
    "panner": (_row("pan", "pan", "", -1.0, 1.0, 0.0), _fixed("rule", "balanced", PAN_RULES)),
    "compressor": (
        _row("threshold", "threshold_db", "dB", -80.0, 0.0, -20.0),
        _row("ratio", "ratio", "", 1.0, 100.0, 4.0, "log"),
        _row("attack", "attack_ms", "ms", 0.1, 500.0, 2.0, "log"),
        _row("release", "release_ms", "ms", 1.0, 5000.0, 50.0, "log"),
    ),
    "oscillator": (_row("", "frequency_hz", "Hz", 1.0, 20000.0, 440.0, "log"),),
}


class DawDreamerProcessor(DawDreamerNode):
    """One of DawDreamer's own processors, stereo: filter, delay, reverb, panner, compressor; oscillator, a source.

    Args:
        kind: one of these.
        **values: knobs at construction: `DawDreamerProcessor("filter", mode="high", frequency_hz=120)`.

    Raises:
        UnknownName: no such kind, or no such knob.
        InvalidType, InvalidValue: a value a knob does not take.

    Attributes:
        kind: of it.

    Example:
        >>> import numpy as np
        >>> from wetdry import DawDreamerProcessor
        >>> thin = DawDreamerProcessor("filter", mode="high", frequency_hz=120)
        >>> thin(np.zeros((2, 480), "float32"), 48000).shape
        (2, 480)
    """

    output_channels = 2

    def __init__(self, kind: str, **values: Any) -> None:
        if kind not in BUILT_IN:
            raise UnknownName("processor of DawDreamer", str(kind), BUILT_IN)
        own = self.__dict__  # past __setattr__, which only lets knobs through
        own["kind"], own["input_channels"] = kind, 0 if kind == "oscillator" else 2
        table = {row.knob.parameter.name: row.knob for row in BUILT_IN[kind]}
        self._take_knobs(f"DawDreamer's {kind}", table, {}, {name: HeldKnob(knob) for name, knob in table.items()})
        self._forget()
        for name, value in values.items():
            self.parameters[name].value = value

    def add_to(self, engine: Engine, name: str) -> Any:
        """Make the processor in `engine`, the knobs as they stand, and return it."""
        with self._lock:
            told = [(row, row.told(self._get(row.knob.parameter.name))) for row in BUILT_IN[self.kind]]
            native = engine.built_in(self.kind, name, *[value for row, value in told if not row.attribute])
            for row, value in told:
                if row.attribute:  # by its setter: the factories of 0.9.0 drop or mix up what they are given
                    setattr(native, row.attribute, value)
            return native

    def automate(self, native: Any, name: str, numbers: np.ndarray) -> None:
        """Have a knob of an instance move; see `DawDreamerNode.automate`."""
        row = next(row for row in BUILT_IN[self.kind] if row.knob.parameter.name == name)
        native.set_automation(row.automation, row.told(numbers).astype(np.float32))

    # identity

    def __reduce__(self) -> Any:
        return _rebuild, (self.kind, self.values())

    def __repr__(self) -> str:
        return f"DawDreamerProcessor({self.kind!r}{''.join(f', {name}={value!r}' for name, value in self.moved().items())})"


def _rebuild(kind: str, values: dict[str, Any]) -> DawDreamerProcessor:
    return DawDreamerProcessor(kind, **values)
