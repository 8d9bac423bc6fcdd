"""What is learned: specs, weights and files; the torch side loads on demand."""

from .formats.state_dict import weights_from_state_dict
from .model import Model, load
from .parameter import Parameter
from .spec import Conditioning, ModelSpec, WaveNet, WaveNetArray

__all__ = ["Conditioning", "Model", "ModelSpec", "Parameter", "WaveNet", "WaveNetArray", "load",
           "weights_from_state_dict"]  # fmt: skip
