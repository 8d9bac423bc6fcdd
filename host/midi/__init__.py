"""MIDI: controllers turn knobs, live and from files."""

from .bindings import Binding
from .map import MidiMap

__all__ = ["Binding", "MidiMap"]
