"""Knobs as a user holds them: one row of an object's table bound to that object."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..models.errors import InvalidType, UnknownName
from ..models.parameter import Parameter


class BoundParameter:
    """A knob of one object, answering with the attribute names of pedalboard's external plugins.

    Attributes:
        parameter: the table row.
        owner: the processor that has the knob, under `name`; in a chain or graph it goes by another one, perhaps.
        value: in the knob's unit; settable, raises InvalidValue outside the range.
        raw_value: position 0..1; settable.
    """

    def __init__(self, parameter: Parameter, owner: Any, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self.parameter, self.owner, self._get, self._put = parameter, owner, get, put

    @property
    def value(self) -> Any:
        """The knob's value in its unit, or the choice it stands at."""
        return self._get()

    @value.setter
    def value(self, value: Any) -> None:
        self._put(value)

    @property
    def raw_value(self) -> float:
        """The knob's position, 0..1."""
        return self.parameter.to_raw(self._get())

    @raw_value.setter
    def raw_value(self, raw: float) -> None:
        self._put(self.parameter.from_raw(raw))

    @property
    def name(self) -> str:
        """Name as shown to people."""
        return self.parameter.name

    python_name = name

    @property
    def units(self) -> str:
        """Unit as printed after a value."""
        return self.parameter.unit

    label = units

    @property
    def min_value(self) -> Any:
        """Smallest value, in its unit."""
        return self.parameter.from_number(self.parameter.minimum)

    @property
    def max_value(self) -> Any:
        """Largest value, in its unit."""
        return self.parameter.from_number(self.parameter.maximum)

    @property
    def step_size(self) -> float | None:
        """1 for a switch, None for a continuous knob."""
        return 1.0 if self.parameter.choices else None

    @property
    def range(self) -> tuple[Any, Any, float | None]:
        """(minimum, maximum, step)."""
        return self.min_value, self.max_value, self.step_size

    @property
    def valid_values(self) -> list[Any]:
        """The choices of a switch; empty for a continuous knob."""
        return list(self.parameter.choices)

    @property
    def is_discrete(self) -> bool:
        """Whether the knob is a switch."""
        return bool(self.parameter.choices)

    @property
    def type(self) -> type:
        """Python type of the value."""
        return type(self.parameter.choices[0]) if self.parameter.choices else float

    @property
    def string_value(self) -> str:
        """Value with its unit."""
        return self.parameter.text(self._get())

    @property
    def default_raw_value(self) -> float:
        """Position after construction."""
        return self.parameter.to_raw(self.parameter.default)

    def __repr__(self) -> str:
        low, high = self.parameter.text(self.min_value), self.parameter.text(self.max_value)
        return f"<wetdry knob {self.name} = {self.string_value}, {low} to {high}>"


class Parameters(Mapping[str, BoundParameter]):
    """Read-only mapping from name to BoundParameter, in table order; a wrong name lists the near misses."""

    def __init__(self, owner: str, bound: Mapping[str, BoundParameter]) -> None:
        self._owner, self._bound = owner, dict(bound)

    def __getitem__(self, name: str) -> BoundParameter:
        try:
            return self._bound[name]
        except KeyError:
            raise UnknownName(f"knob of {self._owner}", str(name), self._bound) from None

    def __setitem__(self, name: str, value: Any) -> None:
        raise InvalidType(f"parameters cannot be assigned; write parameters[{name!r}].value = {value!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._bound)

    def __len__(self) -> int:
        return len(self._bound)

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{name}: {bound.string_value}" for name, bound in self._bound.items()) + "}"
