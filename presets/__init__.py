"""Rigs, MIDI maps, factory clones and effect presets: data, and the loaders beside them."""

from .clones import CLONES, clone_names, clone_path
from .loader import effect_presets, read_presets
from .rigs import RIGS, rig_names, rig_path

__all__ = ["CLONES", "RIGS", "clone_names", "clone_path", "effect_presets", "read_presets", "rig_names", "rig_path"]
