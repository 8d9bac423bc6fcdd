"""RTNeural JSON: a Keras model layer by layer, as RTNeural's python/model_utils.py writes and its model_loader.h reads it.

RTNeural starts from the zero state, and so do these models. The format has no field for the sample rate: `samplerate` or
`sample_rate`, at the top or in `metadata`, is taken where somebody wrote it; else 48000 Hz, as AIDA-X assumes.

Ours alone, for RTNeural has no pooling: `{"type": "maxpool1d", "pool_size": 3, "shape": [null, null, 8], "weights": []}`,
the largest of the last `pool_size` samples of each channel.
"""

from typing import Any

from ..model import Model
from ..spec import ModelSpec
from .json_file import Node
from .options import ReadOptions
from .rtneural_layers import LAYERS, width_of
from .weighted import Weighted, series

NAME = "RTNeural JSON"
RATES = ("samplerate", "sample_rate")


def recognises(node: Node) -> bool:
    """Return whether this is a layer list with an input shape."""
    return node.holds("in_shape", "layers")


def read(node: Node, options: ReadOptions) -> Model:
    """Return the Model. Raises ModelFileError, or InvalidValue from the spec, naming the field."""
    inputs, net = read_net(node)
    played = series(net)
    spec = ModelSpec(sample_rate=sample_rate(node, 48000.0), layers=played.layers, input_channels=inputs, prewarm_samples=0)
    return Model(spec, played.weights, path=node.path, metadata=what_it_says(node))


def read_net(node: Node, most_layers: int = 1024) -> tuple[int, list[Weighted]]:
    """Return the channels that enter and the layers; raises ModelFileError naming the field that does not fit."""
    inputs = channels = width_of(node["in_shape"])
    net: list[Weighted] = []
    for part in node["layers"].entries(1, most_layers):
        reader = LAYERS[part["type"].text(LAYERS)]
        outputs = width_of(part["shape"])
        net += reader(part, channels, outputs)
        channels = outputs
    return inputs, net


def sample_rate(node: Node, default: float) -> float:
    """Return the rate in Hz that the file names in `metadata`, in `model_data` or at its top, as a number or a text."""
    for part in (node.get("metadata"), node.get("model_data"), node):
        for key in RATES:
            rate = part.get(key) if part else None
            if rate is not None:
                return _hertz(rate)
    return default


def _hertz(rate: Node) -> float:
    if not isinstance(rate.value, str):
        return rate.number(1.0, 1e7)
    try:
        return Node(float(rate.value), rate.path, rate.field).number(1.0, 1e7)
    except ValueError:
        raise rate.problem(f"{rate.value!r:.40} is not a rate in Hz") from None


def what_it_says(node: Node, *known: str) -> dict[str, Any]:
    """Return what the file says of itself: its `metadata`, and its other plain values outside `known`, never the rate."""
    plain = {key: part.value for key, part in node.mapping().items() if not isinstance(part.value, dict | list)}
    about = node.get("metadata")
    told = {key: value for key, value in plain.items() if key not in known} | (
        {key: part.value for key, part in about.mapping().items()} if about else {}
    )
    return {key: value for key, value in told.items() if key not in RATES}
