"""Writing .nam: WaveNet, LSTM, ConvNet and Linear, with all that the reader of these finds in a file.

What version 0.5.4 has room for is written in its keys, which every player reads; what needs newer options in those of
0.7.0 (NeuralAmpModelerCore 0.4.1). Layers that no architecture has are fitted into WaveNets where they can be
(`nam_fitting`). Nets that follow each other become a `Sequential`, which NeuralAmpModelerCore up to 0.5.5 refuses.

A player of .nam settles a net in silence before the first sample (an LSTM for half a second), whatever its start was.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import CannotHold
from ..files import write_atomically
from ..model import Model
from ..spec import LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense, Gain, TwoPaths, WaveNet
from . import nam
from .json_file import Node
from .nam_fitting import fitted
from .nam_net import CURVES, Net, Weights, moved
from .nam_writing_net import NAME, OTHERS, Written
from .nam_writing_small import conv_net_length, linear_length, lstm_length, write_conv_net, write_linear, write_lstm
from .nam_writing_wavenet import wavenet_length, write_wavenet
from .options import ReadOptions
from .writing import refuse_knobs

ARCHITECTURES: tuple[tuple[str, Callable[..., int], Callable[..., Written]], ...] = (
    ("WaveNet", wavenet_length, write_wavenet),
    ("LSTM", lstm_length, write_lstm),
    ("ConvNet", conv_net_length, write_conv_net),
    ("Linear", linear_length, write_linear),
)

KNOWN = (LSTM, Activation, BatchNorm, Conv1d, Conv2d, Dense, Gain, TwoPaths, WaveNet)


def write(model: Model, path: Path) -> None:
    """Write `model` as .nam. Raises CannotHold naming the layer that no architecture of .nam has, and FileProblem."""
    write_atomically(path, json.dumps(nam_object(model)).encode())


def nam_object(model: Model) -> dict[str, Any]:
    """Return the file's content as plain JSON data."""
    refuse_knobs(model, NAME)
    spec = model.spec
    weights = {name.removeprefix("layers."): array for name, array in model.weights.items()}
    item = net_object(Net(spec.layers, weights, spec.input_channels, spec.sample_rate), "layers")
    if spec.prewarm_samples is not None and spec.sample_rate == nam.RATE_WHERE_NONE_IS_GIVEN:
        unsaid = _without_rate(item)
        if _prewarm_of(unsaid) == spec.prewarm_samples != _prewarm_of(item):  # an LSTM of a file that names no rate
            item = unsaid
    return {**item, "metadata": model.metadata} if model.metadata else item


def net_object(net: Net, where: str) -> dict[str, Any]:
    """Return a net as a .nam object, as it is or else fitted; `where` its layers stand in the model. Raises CannotHold."""
    try:
        return _as_it_is(net, where)
    except CannotHold as refusal:
        try:
            return _as_it_is(fitted(net), where)
        except CannotHold:
            raise refusal from None  # it speaks of the layers that the model has


def _as_it_is(net: Net, where: str) -> dict[str, Any]:
    items, start, inputs = [], 0, net.input_channels
    while start < len(net.layers):
        part = _from(net, start, inputs)
        found = [(length(part.layers, inputs), name, writer) for name, length, writer in ARCHITECTURES]
        length, name, writer = max(found, key=lambda entry: entry[0])
        if not length:
            at, kind = _culprit(net.layers[start:], where, start)
            raise CannotHold(NAME, at, f"{kind} fits no architecture of .nam (WaveNet, LSTM, ConvNet, Linear); {OTHERS}")
        written = writer(_first(part, length), f"{where}.{start}", net_object)
        items.append(_envelope(name, written, net.sample_rate))
        for layer in part.layers[:length]:
            inputs = layer.outputs(inputs)
        start += length
    if len(items) == 1:
        return items[0]
    return _envelope("Sequential", Written({"models": items}, [], new=True), net.sample_rate)


def _culprit(layers: Sequence[Any], where: str, start: int = 0) -> tuple[str, str]:
    """Return where the first layer stands that .nam has not in any way, and what it is; else the first of `layers`."""
    for i, layer in enumerate(layers, start):
        if isinstance(layer, Activation) and layer.name not in CURVES.values():
            return f"{where}.{i}", f"the curve {layer.name}"
        if not isinstance(layer, KNOWN):
            return f"{where}.{i}", f"the kind {layer.kind}"
        for name, inner in layer.paths() if isinstance(layer, TwoPaths) else ():
            at, kind = _culprit(inner, f"{where}.{i}.{name}") if inner else ("", "")
            if kind.startswith("the "):
                return at, kind
    return f"{where}.{start}", f"this {layers[0].kind}"


def _envelope(architecture: str, written: Written, rate: float | None) -> dict[str, Any]:
    item: dict[str, Any] = {"version": "0.7.0" if written.new else "0.5.4", "architecture": architecture,
                            "config": written.config, "weights": written.weights}  # fmt: skip
    return item if rate is None else {**item, "sample_rate": int(rate) if rate == int(rate) else rate}


def _from(net: Net, start: int, inputs: int) -> Net:
    """Return what of `net` follows the first `start` layers."""
    weights: Weights = {name: array for name, array in net.weights.items() if int(name.partition(".")[0]) >= start}
    return Net(net.layers[start:], moved(weights, "", -start), inputs, net.sample_rate)


def _first(net: Net, length: int) -> Net:
    weights: Weights = {name: array for name, array in net.weights.items() if int(name.partition(".")[0]) < length}
    return Net(net.layers[:length], weights, net.input_channels, net.sample_rate)


def _without_rate(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _without_rate(value) for key, value in item.items() if key != "sample_rate"}
    return [_without_rate(value) for value in item] if isinstance(item, list) and item and isinstance(item[0], dict) else item


def _prewarm_of(item: dict[str, Any]) -> int | None:
    return nam.read_net(Node(item, Path("written.nam")), ReadOptions()).prewarm_samples
