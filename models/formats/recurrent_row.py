"""The one shape that AIDA-X and GuitarML play: an LSTM or GRU, a dense layer, perhaps a skip around them."""

from collections.abc import Sequence
from dataclasses import replace

from ..errors import CannotHold
from ..model import Model
from ..spec import GRU, LSTM, Conv1d, Dense
from .taken_apart import Placed
from .writing import refuse_knobs

MOST_KNOBS = 2


def check_ends(model: Model, format_name: str) -> None:
    """Raise CannotHold where the knobs do not enter as channels, or the audio is not one channel."""
    if model.spec.conditioning is not None or len(model.spec.knobs) > MOST_KNOBS:
        refuse_knobs(model, format_name)
    if model.spec.input_channels != 1:
        raise CannotHold(
            format_name, "input_channels", f"{model.spec.input_channels} channels of audio; these players are mono"
        )


def recurrent_and_dense(parts: Sequence[Placed], format_name: str) -> tuple[list[Placed], Placed]:
    """Return the recurrent layers and the dense one behind them. Raises CannotHold naming the layer that is none of them."""
    parts = [_as_dense(part) for part in parts]
    misfits = [part for part in parts[:-1] if not isinstance(part.layer, LSTM | GRU)]
    misfits = misfits if not parts or isinstance(parts[-1].layer, Dense) else parts[-1:]
    if misfits:
        raise misfits[0].refused(format_name, f"its players take an LSTM or GRU, then a dense layer; {_elsewhere(misfits[0])}")
    for part in parts[:-1]:
        part.check_exact(format_name)
    if len(parts) < 2:
        raise CannotHold(
            format_name, "layers", "its players take an LSTM or GRU, then a dense layer; write .onnx or a C++ header"
        )
    return list(parts[:-1]), parts[-1]


def _as_dense(part: Placed) -> Placed:
    """Return a 1x1 convolution as the dense layer it is."""
    layer = part.layer
    if not (isinstance(layer, Conv1d) and layer.kernel_size == layer.groups == 1):
        return part
    return replace(part, layer=Dense(channels=layer.channels, bias=layer.bias),
                   weights={**part.weights, "weight": part.weights["weight"][:, :, 0]})  # fmt: skip


def _elsewhere(part: Placed) -> str:
    nam = ".nam, " if part.layer.kind == "WaveNet" else ""
    return f"write {nam}.onnx or a C++ header, or train a net for these players: --model guitarml"
