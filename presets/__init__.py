"""Rigs, MIDI maps, factory clones and effect presets: data, and the loaders beside them."""

from .clones import CLONES, clone_names, clone_path
from .loader import effect_presets, read_presets

__all__ = ["CLONES", "clone_names", "clone_path", "effect_presets", "read_presets"]
