"""The .nam file (Neural Amp Modeler), versions 0.5.0 to 0.7.x: its envelope; one reader an architecture."""

import re
from dataclasses import replace
from typing import Any

from ..model import Model
from ..spec import ModelSpec
from .json_file import Node
from .nam_containers import read_sequential, read_slimmable_container
from .nam_net import NamObject, Net, moved
from .nam_small import read_conv_net, read_linear, read_lstm
from .nam_wavenet import read_wavenet
from .options import ReadOptions

NAME = ".nam"
OLDEST, NEWEST = (0, 5), (0, 7)  # major and minor
RATE_WHERE_NONE_IS_GIVEN = 48_000.0
ARCHITECTURES = {
    "WaveNet": read_wavenet,
    "LSTM": read_lstm,
    "ConvNet": read_conv_net,
    "Linear": read_linear,
    "SlimmableContainer": read_slimmable_container,
    "Sequential": read_sequential,
}


def recognises(node: Node) -> bool:
    """Return whether most of the keys that every .nam has are there."""
    return sum(node.holds(key) for key in ("version", "architecture", "config", "weights")) >= 3


def slimmable(node: Node) -> bool:
    """Return whether the file holds several sizes; never raises."""

    def holds_sizes(value: Any) -> bool:
        config = value.get("config") if isinstance(value, dict) else None
        if not isinstance(config, dict):
            return False
        lists = (config.get(key) for key in ("layers", "models"))
        layers, models = (found if isinstance(found, list) else [] for found in lists)
        return (
            value.get("architecture") == "SlimmableContainer"
            or any(isinstance(layer, dict) and layer.get("slimmable") for layer in layers)
            or any(holds_sizes(model) for model in models)
        )

    return holds_sizes(node.value)


def read(node: Node, options: ReadOptions) -> Model:
    """Read a Model. Raises ModelFileError or InvalidValue naming the field that does not fit."""
    net = read_net(node, options)
    spec = ModelSpec(
        sample_rate=net.sample_rate or RATE_WHERE_NONE_IS_GIVEN,
        layers=net.layers,
        input_channels=net.input_channels,
        prewarm_samples=net.prewarm_samples,
    )
    return Model(spec, moved(net.weights, "layers."), path=node.path, metadata=net.metadata or {})


def read_net(node: Node, options: ReadOptions) -> Net:
    """Read one .nam object: the file, or one inside a container."""
    _check_version(node["version"])
    architecture = ARCHITECTURES[node["architecture"].text(ARCHITECTURES)]
    rate = node.get("sample_rate")
    item = NamObject(node, None if rate is None else rate.number(1.0, 1e7), options, read_net)
    net = architecture(item)
    return replace(net, metadata={**(net.metadata or {}), **_metadata(node)})


def _check_version(node: Node) -> None:
    found = re.fullmatch(r"([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})", node.text())
    readable = "versions 0.5.0 to 0.7.x are readable"
    if found is None:
        raise node.problem(f"{node.text()[:40]!r} is not three numbers such as 0.7.0; {readable}")
    version = int(found[1]), int(found[2])
    if not OLDEST <= version <= NEWEST:
        age = "older" if version < OLDEST else "newer"
        raise node.problem(f"{node.text()} is {age} than wetdry reads; {readable}")


def _metadata(node: Node) -> dict[str, Any]:
    found = node.get("metadata")
    if found is None:
        return {}
    for key in ("loudness", "input_level_dbu", "output_level_dbu"):
        if found.get(key) is not None:
            found[key].number()
    return {key: entry.value for key, entry in found.mapping().items()}
