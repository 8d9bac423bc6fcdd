"""Writes GuitarML JSON: one LSTM or GRU, or several of one size, then a dense layer, as CoreAudioML's trainer would.

Gains fold into the weights; knobs keep their order and lose their names. What plays the file decides about its size:
Proteus takes an LSTM of 40 and always adds the audio, NeuralPi an LSTM of 20, Chameleon one of 32, BYOD more.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_atomically
from ..model import Model
from ..spec import LSTM
from .first_state import check_first_state
from .guitarml import NAME
from .recurrent_row import check_ends, recurrent_and_dense
from .rtneural import RATES
from .rtneural_writing import json_bytes, rate_of
from .taken_apart import Placed, Row, folded, taken_apart
from .writing import short_numbers


def write(model: Model, path: Path) -> None:
    """Write `model` to `path`. Raises CannotHold naming what the format has no place for, and FileProblem."""
    check_ends(model, NAME)
    row = taken_apart(model)
    _check_gains(row)
    parts, knobs = folded([*row.before, *row.inner, *row.after], 1, NAME)
    recurrent, dense = recurrent_and_dense(parts, NAME)
    first = recurrent[0]
    for part in recurrent:
        if part.layer.kind != first.layer.kind or part.layer.hidden != first.layer.hidden:
            raise part.refused(NAME, f"{part.layer.hidden} units behind {first.layer.kind} of {first.layer.hidden}; "
                               "the layers here are of one kind and size; write .onnx or a C++ header")  # fmt: skip
    check_first_state(model, round(model.spec.sample_rate / 2), NAME)
    about = {"model": "SimpleRNN", "input_size": 1 + knobs, "skip": int(row.skip), "output_size": dense.layer.channels,
             "unit_type": "LSTM" if isinstance(first.layer, LSTM) else "GRU", "num_layers": len(recurrent),
             "hidden_size": first.layer.hidden, "bias_fl": dense.layer.bias, "sample_rate": rate_of(model.spec)}  # fmt: skip
    metadata = {key: value for key, value in model.metadata.items() if key not in RATES}
    item = {"model_data": about, "state_dict": _state_dict(recurrent, dense), **({"metadata": metadata} if metadata else {})}
    write_atomically(path, json_bytes(item, NAME))


def _check_gains(row: Row) -> None:
    """Raise CannotHold where a gain would also have to act on the skip, which is the audio as it comes."""
    if row.skip and abs(row.before_db + row.after_db) > 1e-9:
        part = (*row.before, *row.after)[0]
        raise part.refused(NAME, "beside a skip there is no place for a gain; an AIDA-X file has in_gain and out_gain")


def _state_dict(recurrent: list[Placed], dense: Placed) -> dict[str, Any]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    state = {f"rec.{name}_l{i}": part.weights[name] for i, part in enumerate(recurrent) for name in names}
    state |= {f"lin.{name}": dense.weights[name] for name in ("weight", "bias") if name in dense.weights}
    return {name: short_numbers(np.asarray(array, np.float32)) for name, array in state.items()}
