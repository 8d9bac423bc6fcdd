"""The torch side of the hub: spec → trainable module → weights."""

from .layer import LAYERS, Knobs
from .memory import at_rest
from .network import Network, build, from_weights, to_weights
from .recurrent import after_lead_in
from .stateful import Stateful, going_on, has_state, led_in, stateful_layers
from .thinned import thinned

__all__ = ["LAYERS", "Knobs", "Network", "Stateful", "after_lead_in", "at_rest", "build", "from_weights", "going_on",
           "has_state", "led_in", "stateful_layers", "thinned", "to_weights"]  # fmt: skip
