"""Where audio comes into a graph: one array, or one for each input."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...effects.layout import ChannelLayout
from ...models.errors import InvalidType, InvalidValue, LayoutError, UnknownName
from ..uncopied import UncopiedLayout

Audio = np.ndarray | Mapping[str, np.ndarray]


class Doors:
    """The inputs of a graph, each with a layout of its own.

    Args:
        names: of the inputs.
        first: layout of the first of them.
    """

    def __init__(self, names: Sequence[str], first: UncopiedLayout) -> None:
        self._layouts = {name: first if i == 0 else ChannelLayout() for i, name in enumerate(names)}
        self._only = first if len(names) == 1 else None

    def forget(self) -> None:
        """Drop what is known of the layouts."""
        for layout in self._layouts.values():
            layout.forget()

    def stacked(self, given: Audio, copy: bool = True) -> tuple[np.ndarray, tuple[int, ...]]:
        """Return all inputs' channels as rows of one float32 array, and how many each has.

        The array is fresh; without `copy` it may be what was given.

        Raises:
            InvalidType, UnknownName, InvalidValue: an array where a dict is needed; a name too many or too few.
            LayoutError: the arrays are not equally long, or of no known layout.
        """
        if self._only and not isinstance(given, Mapping):
            planar = self._only.to_planar(given, copy)
            return planar, (len(planar),)
        parts = {name: self._layouts[name].to_planar(audio) for name, audio in self._named(given).items()}
        if len({part.shape[1] for part in parts.values()}) > 1:
            said = ", ".join(f"{name} {part.shape[1]}" for name, part in parts.items())
            raise LayoutError(f"inputs are equally long, got samples: {said}; pad the shorter ones with zeros")
        rows = list(parts.values())
        return rows[0] if len(rows) == 1 else np.concatenate(rows), tuple(map(len, rows))

    def first_of(self, given: Audio) -> np.ndarray:
        """Return the first input's array."""
        return self._named(given)[next(iter(self._layouts))] if isinstance(given, Mapping) else given

    def _named(self, given: Audio) -> Mapping[str, np.ndarray]:
        names = list(self._layouts)
        if not isinstance(given, Mapping):
            if len(names) > 1:
                raise InvalidType(f"this graph has the inputs {', '.join(names)}: pass a dict with an array for each")
            return {names[0]: given}
        for name in given:
            if name not in self._layouts:
                raise UnknownName("input", str(name), names)
        missing = [name for name in names if name not in given]
        if missing:
            raise InvalidValue(f"no audio for the input {missing[0]!r}; silence is np.zeros_like of another's")
        return {name: given[name] for name in names}
