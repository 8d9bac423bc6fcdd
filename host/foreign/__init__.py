"""Programs that play audio and have no spec, as processors: ONNX through onnxruntime, TorchScript through torch."""

from .facts import Facts, Given
from .latency import host_latency
from .model import SUFFIXES, ForeignModel

__all__ = ["SUFFIXES", "Facts", "ForeignModel", "Given", "host_latency"]
