"""The knobs of an isolated plugin, read and turned in its process."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .isolated_process import IsolatedProcess
from .knobs import Knob


class Far(Protocol):
    """A plugin, or an instrument, in another process: what is known of it here."""

    _process: IsolatedProcess | None
    _positions: dict[str, float]
    _table: dict[str, Knob]

    def _ask(self, *question: Any) -> Any: ...


class FarKnobs(Mapping[str, "FarKnob"]):
    """The knobs in another process, by name."""

    def __init__(self, plugin: Far) -> None:
        self._plugin = plugin

    def __getitem__(self, name: str) -> "FarKnob":
        return FarKnob(self._plugin, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugin._table)

    def __len__(self) -> int:
        return len(self._plugin._table)


class FarKnob:
    """A knob in another process; where it stood, if that has crashed."""

    def __init__(self, plugin: Far, name: str) -> None:
        self._plugin, self._name = plugin, name

    @property
    def raw_value(self) -> float:
        plugin = self._plugin
        if plugin._process is not None:
            plugin._positions[self._name] = plugin._ask("raw", self._name)
        return plugin._positions[self._name]

    @property
    def string_value(self) -> str:
        plugin = self._plugin
        if plugin._process is None:
            knob = plugin._table[self._name]
            return knob.parameter.text(knob.from_raw(self.raw_value))
        return plugin._ask("text", self._name)
