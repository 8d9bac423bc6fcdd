"""Every effect by name: ours, and those other packages offer through the entry-point group `wetdry.effects`."""

from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from typing import TypeVar

from ..models.errors import InvalidValue, UnknownName
from .effect import Effect

E = TypeVar("E", bound=type[Effect])


class Registry(Mapping[str, type[Effect]]):
    """Mapping from class name to effect class; a name registered twice raises."""

    def __init__(self) -> None:
        self._classes: dict[str, type[Effect]] = {}
        self._searched = False

    def register(self, effect: E) -> E:
        """Add a class under its name; usable as a decorator."""
        name = effect.__name__
        if self._classes.get(name, effect) is not effect:
            raise InvalidValue(f"an effect named {name!r} is registered already ({self._classes[name].__module__})")
        self._classes[name] = effect
        return effect

    def _all(self) -> dict[str, type[Effect]]:
        if not self._searched:
            self._searched = True
            for point in entry_points(group="wetdry.effects"):
                self.register(point.load())
        return self._classes

    def __getitem__(self, name: str) -> type[Effect]:
        try:
            return self._all()[name]
        except KeyError:
            raise UnknownName("effect", name, self._all()) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


REGISTRY = Registry()
