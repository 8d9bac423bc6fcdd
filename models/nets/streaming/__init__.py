"""Models as torch modules that stream: block after block, each layer with its own past; scriptable throughout."""

from .net import StreamingNet, streaming_net

__all__ = ["StreamingNet", "streaming_net"]
