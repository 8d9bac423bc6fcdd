"""Knobs that we hold ourselves, because DawDreamer's processor does not exist until it plays."""

from typing import Any

from ...models.parameter import Parameter
from ..plugins.knobs import Knob


class HeldKnob:
    """What `PluginFace` turns: a position, and the text of the value there.

    Attributes:
        raw_value: position, 0..1.
    """

    def __init__(self, knob: Knob) -> None:
        self._knob = knob
        self.raw_value = knob.to_raw(knob.parameter.default)

    @property
    def value(self) -> Any:
        """The value in its unit, or the choice it stands at."""
        return self._knob.from_raw(self.raw_value)

    @property
    def string_value(self) -> str:
        """The value with its unit."""
        return self._knob.parameter.text(self.value)


def switch(name: str, default: Any, choices: tuple[Any, ...], automatable: bool = True) -> Knob:
    """Return a knob that stands at one of `choices`."""
    last = max(len(choices) - 1, 1)
    return Knob(
        Parameter(name, default=default, choices=choices, automatable=automatable), tuple(i / last for i in range(len(choices)))
    )
