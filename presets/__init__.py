"""Rigs, MIDI maps, factory clones and effect presets: data, and the loader beside them."""

from .loader import effect_presets, read_presets

__all__ = ["effect_presets", "read_presets"]
