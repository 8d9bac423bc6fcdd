"""The compiled side of the hub: spec and weights become a streaming kernel, one module a kind of layer."""

import numpy as np

from ...models.errors import InvalidValue
from ...models.model import Model
from ...models.spec import WaveNet
from ..kernels.kernel import Kernel
from .wavenet import WAVENET
from .wavenet_table import pack


def compile_model(model: Model, channels: int) -> tuple[Kernel, np.ndarray, np.ndarray, np.ndarray]:
    """Return (kernel, memory, state, weights) that play `model` on `channels` independent channels."""
    spec = model.spec
    if len(spec.layers) != 1 or not isinstance(spec.layers[0], WaveNet):
        kinds = ", ".join(layer.kind for layer in spec.layers)
        raise InvalidValue(f"the player runs one WaveNet, this model has {kinds}")
    packed = pack(spec.layers[0], spec.conditioning, len(spec.knobs), model.weights, "layers.0.", channels)
    return WAVENET, packed.memory, packed.state, packed.weights
