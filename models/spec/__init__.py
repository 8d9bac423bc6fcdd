"""ModelSpec, the hub: what a network is, as plain data.

A format reads a file into (spec, weights); a net turns a spec into a torch module; the runtime turns
(spec, weights) into a kernel. None of them knows another: each only knows this package.

Weights are float32 arrays in a flat dict. Names and shapes are the spec's to say (`ModelSpec.weight_shapes`),
in torch's convention: a convolution is (out, in / groups, taps), its last tap multiplies the newest sample.
"""

from .convolutions import Conv1d, Conv2d, Dense
from .layer import Activation, BaseLayer
from .layers import BatchNorm, FiLM, Gain, KnobInputs, MaxPool
from .memory import StateSpace, TemporalFiLM
from .model import Conditioning, Layer, ModelSpec, tcn, wavenet
from .plain import LARGEST_RECEPTIVE_FIELD, Plain, Shapes
from .recurrent import GRU, LSTM
from .residual import Multiply, Residual, TwoPaths, run_outputs
from .wavenet import SignalFiLM, WaveNet, WaveNetArray

__all__ = [
    "GRU", "LARGEST_RECEPTIVE_FIELD", "LSTM", "Activation", "BaseLayer", "BatchNorm", "Conditioning", "Conv1d", "Conv2d",
    "Dense", "FiLM", "Gain", "KnobInputs", "Layer", "MaxPool", "ModelSpec", "Multiply", "Plain", "Residual", "Shapes",
    "SignalFiLM", "StateSpace", "TemporalFiLM", "TwoPaths", "WaveNet", "WaveNetArray", "run_outputs", "tcn", "wavenet",
]  # fmt: skip
