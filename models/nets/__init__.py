"""The torch side of the hub: spec → trainable module → weights."""

from .layer import LAYERS, Knobs
from .network import Network, build, from_weights, to_weights
from .thinned import thinned

__all__ = ["LAYERS", "Knobs", "Network", "build", "from_weights", "thinned", "to_weights"]
