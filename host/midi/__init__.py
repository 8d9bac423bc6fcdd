"""MIDI: controllers turn knobs, live and from files."""

from .bindings import Binding
from .map import MidiMap
from .performance import Performance
from .ports import InputPort, OutputPort, list_ports, open_input, open_output
from .take import Take

__all__ = ["Binding", "InputPort", "MidiMap", "OutputPort", "Performance", "Take", "list_ports", "open_input", "open_output"]
