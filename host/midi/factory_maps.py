"""Factory maps: what common controllers send as they are delivered, so that a map needs no learning."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...models.errors import InvalidType, InvalidValue, UnknownName
from ...presets.loader import FOLDER, read_yaml
from .sources import read_source

MAPS = FOLDER.parent / "midi"
TEXTS = ("name", "mode", "source")


@dataclass(frozen=True)
class FactoryMap:
    """A controller as it is delivered: a file `presets/midi/….yaml`.

    Attributes:
        key: what `MidiMap.factory` calls it, such as `nanokontrol2`.
        name: the device.
        mode: in which setting of the device the map is right.
        controls: name → source of what turns and slides (`knob 1` → `cc 16`), in the order in which knobs are given to them.
        buttons: name → source of what is pressed.
        source: where the numbers come from.
    """

    key: str
    name: str
    mode: str
    controls: dict[str, str]
    buttons: dict[str, str]
    source: str

    @property
    def sources(self) -> dict[str, str]:
        """Every control and button: name → source."""
        return self.controls | self.buttons


def factory_names() -> list[str]:
    """Return the names that `MidiMap.factory` knows, sorted."""
    return sorted(path.stem for path in MAPS.glob("*.yaml"))


def factory_map(name: str) -> FactoryMap:
    """Return a controller's map by its name; capitals, blanks and hyphens do not count. Raises UnknownName."""
    if not isinstance(name, str):
        raise InvalidType(f"a controller is named as {', '.join(factory_names())}; got {name!r:.60}")
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    if key not in factory_names():
        raise UnknownName("controller with a factory map", key, factory_names())
    return read_factory_map(MAPS / f"{key}.yaml")


def read_factory_map(path: Path) -> FactoryMap:
    """Read such a file: `name`, `mode`, `source`, `controls` and maybe `buttons`, each name with a source or a list of them.

    Raises:
        FileProblem, InvalidType, InvalidValue: names the file and what is wrong in it.
    """
    data = read_yaml(path)
    if not isinstance(data, dict) or not {*TEXTS, "controls"} <= set(data) <= {*TEXTS, "controls", "buttons"}:
        raise InvalidType(f"{path.name}: a mapping of name, mode, source, controls and buttons is needed")
    wrong = next((field for field in TEXTS if not isinstance(data[field], str)), None)
    if wrong:
        raise InvalidType(f"{path.name}: {wrong} is text, got {data[wrong]!r:.60}")
    controls, buttons = (dict(_named(f"{path.name}: {part}", data.get(part, {}))) for part in ("controls", "buttons"))
    return FactoryMap(path.stem, data["name"], data["mode"], controls, buttons, data["source"])


def _named(where: str, entries: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(entries, dict):
        raise InvalidType(f"{where}: a mapping of names to sources is needed, got {entries!r:.60}")
    for name, given in entries.items():
        many = isinstance(given, list)
        for number, source in enumerate(given if many else [given], start=1):
            try:
                read_source(source)
            except (InvalidType, InvalidValue) as error:
                raise type(error)(f"{where}: {name}: {error}") from None
            yield f"{name} {number}" if many else str(name), source
