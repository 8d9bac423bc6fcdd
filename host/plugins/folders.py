"""Where VST3 and VST2 plugins lie on Linux, macOS and Windows, and which files there are plugins."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .formats import is_vst3

VST2_LIBRARIES = {"linux": ".so", "darwin": ".vst", "win32": ".dll"}
_LINUX = (
    "~/.vst3", "$XDG_DATA_HOME/vst3", "~/.local/share/vst3", "/usr/local/lib/vst3", "/usr/lib/vst3", "/usr/lib64/vst3",
    "~/.vst", "~/.lxvst", "$XDG_DATA_HOME/vst", "/usr/local/lib/vst", "/usr/local/lib/lxvst", "/usr/lib/vst", "/usr/lib/lxvst",
    "/usr/lib64/vst", "/usr/lib64/lxvst",
)  # fmt: skip
_MACOS = (
    "~/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/VST3",
    "~/Library/Audio/Plug-Ins/VST", "/Library/Audio/Plug-Ins/VST",
)  # fmt: skip
_WINDOWS = (
    "$LOCALAPPDATA/Programs/Common/VST3", "$COMMONPROGRAMFILES/VST3",
    "$COMMONPROGRAMFILES/VST2", "$COMMONPROGRAMFILES/Steinberg/VST2", "$PROGRAMFILES/VSTPlugins",
    "$PROGRAMFILES/Steinberg/VSTPlugins",
)  # fmt: skip
_USUAL = {"linux": _LINUX, "darwin": _MACOS, "win32": _WINDOWS}


def plugin_folders() -> list[Path]:
    """Return where plugins are looked for: $VST3_PATH, $VST_PATH, the user's folders, then the system's; those that exist."""
    told = [part for name in ("VST3_PATH", "VST_PATH") for part in os.environ.get(name, "").split(os.pathsep) if part]
    usual = [os.path.expandvars(text) for text in _USUAL.get(sys.platform, _LINUX)]
    places = [Path(text).expanduser() for text in (*told, *usual) if not text.startswith("$")]
    return [place for place in dict.fromkeys(places) if place.is_dir()]


def plugins_in(folders: Iterable[Path]) -> list[Path]:
    """Return the plugin files and bundles below `folders`, each once however many links lead to it."""
    found: dict[Path, Path] = {}
    seen: set[Path] = set()
    for folder in folders:
        for path in _below(folder, seen):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _below(folder: Path, seen: set[Path]) -> Iterator[Path]:
    if folder.resolve() in seen:  # links that lead in a circle
        return
    seen.add(folder.resolve())
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        if is_vst3(entry) or _is_vst2(entry):
            yield entry
        elif entry.is_dir():
            yield from _below(entry, seen)


def _is_vst2(entry: Path) -> bool:
    """Tell whether this may be a VST2: a library, which any file of that suffix is until it is loaded, or a macOS bundle."""
    return entry.suffix.lower() == VST2_LIBRARIES.get(sys.platform, ".so") and entry.is_dir() == (sys.platform == "darwin")
