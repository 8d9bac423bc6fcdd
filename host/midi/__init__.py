"""MIDI: controllers turn knobs, live and from files."""

from .bindings import Binding
from .map import MidiMap
from .ports import InputPort, OutputPort, list_ports, open_input, open_output
from .take import Take

__all__ = ["Binding", "InputPort", "MidiMap", "OutputPort", "Take", "list_ports", "open_input", "open_output"]
