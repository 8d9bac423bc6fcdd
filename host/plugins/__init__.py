"""The bridge: plugins of every kind, found, probed, loaded and played."""

from .loading import ForeignModel, Plugin, load_plugin

__all__ = ["ForeignModel", "Plugin", "load_plugin"]
