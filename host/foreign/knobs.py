"""The knobs of a foreign model: as attributes, as `parameters`, as positions, as what the program takes."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...effects.parameters import BoundParameter, Parameters
from ...models.errors import UnknownName
from ...models.parameter import Parameter

_OWN = {"raw_values", "state"}  # settable, though no knobs


class KnobFace:
    """What `ForeignModel` is to someone who turns knobs; a subclass calls `_take_knobs` first of all."""

    name: str
    _table: dict[str, Parameter]
    _values: dict[str, Any]
    _numbers: np.ndarray
    _lock: threading.RLock

    def _take_knobs(self, rows: Iterable[Parameter], taken: set[str]) -> None:
        """Make the table; a knob whose name is `taken` gets `model_` before it."""
        own = self.__dict__  # past __setattr__, which only lets knobs through
        taken = taken | set(dir(type(self)))
        table = [replace(row, name=f"model_{row.name}") if row.name in taken else row for row in rows]
        own["_table"] = {row.name: row for row in table}
        own["_values"] = {row.name: row.default for row in table}
        own["_numbers"] = np.array([row.to_number(row.default) for row in table], np.float32)
        own["_lock"] = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_values", {})
        if name in values:
            return values[name]
        if name.startswith("__") or "_values" not in self.__dict__:
            raise AttributeError(name)
        raise UnknownName(f"attribute of {self.name}", name, values)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._table:
            self._put(name, value)
        elif name in _OWN:
            object.__setattr__(self, name, value)
        else:
            raise UnknownName(f"knob of {self.name}", name, self._table)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._table]

    def _put(self, name: str, value: Any) -> None:
        row = self._table[name]
        number = row.to_number(value)
        with self._lock:
            self._values[name] = row.from_number(number)
            numbers = self._numbers.copy()  # a block under way keeps the one it has
            numbers[list(self._table).index(name)] = number
            self.__dict__["_numbers"] = numbers

    @property
    def parameters(self) -> Parameters:
        """The knobs by name, with pedalboard's attribute names (`range`, `raw_value`, …)."""
        return Parameters(self.name, {
            name: BoundParameter(row, self, lambda n=name: self._values[n], lambda v, n=name: self._put(n, v))
            for name, row in self._table.items()
        })  # fmt: skip

    @property
    def raw_values(self) -> dict[str, float]:
        """Position 0..1 of every knob, by name; setting some turns those."""
        return {name: bound.raw_value for name, bound in self.parameters.items()}

    @raw_values.setter
    def raw_values(self, positions: Mapping[str, float]) -> None:
        for name, raw in positions.items():
            self.parameters[name].raw_value = raw
