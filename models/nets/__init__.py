"""The torch side of the hub: spec → trainable module → weights."""

from .network import LAYERS, Network, build, from_weights, to_weights

__all__ = ["LAYERS", "Network", "build", "from_weights", "to_weights"]
