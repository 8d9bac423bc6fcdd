"""Installed plugins by name: of its file, or as it calls itself, which a scan has read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...models.errors import FileProblem, near_misses
from .folders import plugin_folders, plugins_in
from .formats import is_vst3
from .scanned import remembered_scan


@dataclass(frozen=True)
class Named:
    """A plugin under one of its names; `rank` is lower for what is rather meant: not quarantined, then VST3."""

    name: str
    path: Path
    plugin_name: str | None
    rank: tuple[bool, bool]


def is_name(text: str | Path) -> bool:
    """Tell whether `text` can only be the name of an installed plugin: it leads through no folder, and no file here has it."""
    path = Path(text).expanduser()
    return len(path.parts) == 1 and not path.exists()


def located(text: str | Path) -> tuple[Path, str | None]:
    """Return (path, which plugin of the file; None where it holds one) of a plugin given by path or name.

    A name is that of the file, with or without its suffix, or the plugin's own, of a plugin that was scanned; capitals
    do not matter where no other name is meant. Where several have it, one that is not quarantined is taken, then a VST3.

    Raises:
        FileProblem: no installed plugin has this name; says which are near.
    """
    if not is_name(text):
        return Path(text).expanduser(), None
    wanted = str(text)
    names = list(_names())
    for same in (lambda name: name == wanted, lambda name: name.lower() == wanted.lower()):
        meant = sorted((each for each in names if same(each.name)), key=lambda each: each.rank)
        if meant:
            return meant[0].path, meant[0].plugin_name
    raise FileProblem(_unknown(wanted, list(dict.fromkeys(each.name for each in names))))


def plugin_path(text: str | Path) -> Path:
    """Return the path of a plugin given by path or name, see `located`."""
    return located(text)[0]


def installed_names() -> list[str]:
    """Return every name that `located` knows."""
    return list(dict.fromkeys(each.name for each in _names()))


def _unknown(wanted: str, names: list[str]) -> str:
    unseen = sum(remembered_scan(path) is None for path in plugins_in(plugin_folders()))
    near = near_misses(wanted, names)
    if len(names) > 20 and near.startswith("known"):
        near = "wetdry plugins lists those installed"
    scan = f"; wetdry plugins scan reads the names of {unseen} more" if unseen else ""
    return f"no file at {wanted} here, and no installed plugin has that name: {near}{scan}"


def _names() -> Iterator[Named]:
    for path in plugins_in(plugin_folders()):
        known = remembered_scan(path)
        if known == []:  # a library of another kind
            continue
        bad = bool(known) and all(one.quarantine for one in known or [])
        for name in (path.stem, path.name):
            yield Named(name, path, None, (bad, not is_vst3(path)))
        for one in known or []:
            yield Named(one.name, path, one.plugin_name, (bool(one.quarantine), not is_vst3(path)))
