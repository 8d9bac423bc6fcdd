"""What is learned: specs, weights and files; the torch side loads on demand."""

from .model import Model, load
from .parameter import Parameter
from .spec import Conditioning, ModelSpec, WaveNet, WaveNetArray

__all__ = ["Conditioning", "Model", "ModelSpec", "Parameter", "WaveNet", "WaveNetArray", "load"]
