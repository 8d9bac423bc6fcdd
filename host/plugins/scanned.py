"""What a scan knows of a plugin, and where it is remembered."""

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from ...models.errors import FileProblem
from .cache import cache_file, recall, remember
from .folders import plugin_folders, plugins_in

SCAN_VERSION = 1


@dataclass(frozen=True)
class ScannedPlugin:
    """An installed plugin, as the scan found it.

    Attributes:
        path: its file or bundle.
        plugin_name: which plugin of the file; None where the file holds one.
        name, maker, version, category: as it says.
        format: "VST3" or "VST2".
        host: which host plays it: "pedalboard" or "dawdreamer"; "" where none does.
        instrument: whether it is one; wetdry plays effects.
        channels: the (input, output) channels it takes; a side-chain counts among the inputs of a VST2.
        knobs: their names, as the plugin spells them.
        latency_samples: at 48 kHz and its defaults, after a block.
        quarantine: why it is not to be loaded; "" where it may.
        note: what else there is to know.
        timeout: seconds it was given; 0 where it did not need them all.
    """

    path: Path
    plugin_name: str | None
    name: str
    format: str
    maker: str = ""
    version: str = ""
    category: str = ""
    host: str = ""
    instrument: bool = False
    channels: tuple[tuple[int, int], ...] = ()
    knobs: tuple[str, ...] = ()
    latency_samples: int = 0
    quarantine: str = ""
    note: str = ""
    timeout: float = 0.0

    @property
    def playable(self) -> bool:
        """Whether `load_plugin` takes it."""
        return not self.quarantine and not self.instrument

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ScannedPlugin":
        """Rebuild from remembered JSON data."""
        found = cls(**data)
        pairs = tuple((int(inputs), int(outputs)) for inputs, outputs in found.channels)
        return replace(found, path=Path(found.path), channels=pairs, knobs=tuple(found.knobs))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data."""
        return {**asdict(self), "path": str(self.path)}


def scanned(folders: Iterable[str | Path] | None = None) -> tuple[list[ScannedPlugin], list[Path]]:
    """Return what earlier scans found below `folders`, sorted by name, and the files they have not seen."""
    known: list[ScannedPlugin] = []
    unknown: list[Path] = []
    for path in plugins_in(checked_folders(folders)):
        remembered = remembered_scan(path)
        if remembered is None:
            unknown.append(path)
        else:
            known += remembered
    return by_name(known), unknown


def by_name(found: Iterable[ScannedPlugin]) -> list[ScannedPlugin]:
    """Return them sorted by name, VST3 after VST2."""
    return sorted(found, key=lambda one: (one.name.lower(), one.format, str(one.path)))


def checked_folders(folders: Iterable[str | Path] | None) -> list[Path]:
    """Return the folders to look in. Raises FileProblem where one of them is none."""
    if folders is None:
        return plugin_folders()
    places = [Path(folder).expanduser() for folder in folders]
    for place in places:
        if not place.is_dir():
            raise FileProblem(f"no folder at {place}: pass a folder of plugins, or none for those of this system")
    return places


def _memory(path: Path) -> Path:
    return cache_file(path, "scan", SCAN_VERSION, *(_version(host) for host in ("pedalboard", "dawdreamer")))


@cache
def _version(package: str) -> str:
    try:
        return version_of(package)
    except PackageNotFoundError:
        return ""


def display() -> bool:
    """Tell whether a plugin could open a window here."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def remember_scan(path: Path, found: list[ScannedPlugin]) -> None:
    """Remember what a scan found in a file."""
    remember(_memory(path), {"plugins": [one.to_dict() for one in found], "display": display()})


def remembered_scan(path: Path) -> list[ScannedPlugin] | None:
    """Return what a scan found in a file; None where it has changed since, as has a host, or was never scanned."""
    data = recall(_memory(path))
    try:
        if data is None:
            return None
        found = [replace(ScannedPlugin.from_dict(one), path=path) for one in data["plugins"]]
        stale = data["display"] != display() and any("window" in one.quarantine for one in found)
    except (KeyError, TypeError, ValueError):  # a file that is not ours, or was damaged
        return None
    return None if stale else found
