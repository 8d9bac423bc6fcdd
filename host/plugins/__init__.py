"""The bridge: plugins of every kind, found, probed, loaded and played."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loading import ForeignModel, Plugin, load_plugin
    from .scanned import ScannedPlugin
    from .scanning import scan

_FACE = {  # name: the module it comes from
    "ForeignModel": "loading",
    "Plugin": "loading",
    "ScannedPlugin": "scanned",
    "load_plugin": "loading",
    "scan": "scanning",
}
__all__ = ["ForeignModel", "Plugin", "ScannedPlugin", "load_plugin", "scan"]


def __getattr__(name: str) -> Any:
    """Resolve names on first use: a child that looks at one plugin starts in half the time."""
    if name in _FACE:
        return getattr(importlib.import_module(f".{_FACE[name]}", __name__), name)
    raise AttributeError(f"module 'wetdry.host.plugins' has no attribute {name!r}")
