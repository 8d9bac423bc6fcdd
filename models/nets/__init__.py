"""The torch side of the hub: spec → trainable module → weights."""

from .layer import LAYERS, Knobs
from .network import Network, build, from_weights, to_weights

__all__ = ["LAYERS", "Knobs", "Network", "build", "from_weights", "to_weights"]
