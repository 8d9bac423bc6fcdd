"""Rigs, MIDI maps, factory clones and effect presets: data, and the loader beside them. Empty so far."""
