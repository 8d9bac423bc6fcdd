"""Writes AIDA-X JSON: one LSTM or GRU and a dense layer, gains, skip, metadata, and samples by which the file proves itself.

The plugin is compiled for states of certain sizes; one between them is filled up with units that stay at zero, which costs
time and changes no sample. Knobs become PARAM1 and PARAM2; what they were stands in the metadata. The rate is a number: the
LV2 plugin takes a text for 48000 Hz.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CannotHold
from ..files import write_atomically
from ..model import Model
from ..parameter import Parameter
from ..spec import GRU
from . import aidax, self_test
from .aidax import NAME, SILENCE_BEFORE, TOLERANCE
from .first_state import check_first_state
from .json_file import Node
from .options import ReadOptions
from .recurrent_row import check_ends, recurrent_and_dense
from .rtneural import RATES
from .rtneural_layers_writing import entries_of
from .rtneural_writing import json_bytes, rate_of
from .taken_apart import Placed, folded, taken_apart
from .writing import short_numbers

SIZES = (8, 12, 16, 20, 24, 32, 40, 64, 80)  # aidadsp-lv2's generate_variant_hpp.py
SAMPLES = 2048  # of the self-test
LEVELS = (0.3, 0.9, 0.1, 0.03, 0.01)  # of its noise, rms


def write(model: Model, path: Path) -> None:
    """Write `model` to `path`. Raises CannotHold naming what the plugin has no place for, and FileProblem."""
    check_ends(model, NAME)
    if model.spec.output_channels != 1:
        raise CannotHold(NAME, "output_channels", f"{model.spec.output_channels} outputs; the plugin has one; write .onnx")
    row = taken_apart(model)
    parts, knobs = folded(row.inner, 1, NAME)
    recurrent, dense = recurrent_and_dense(parts, NAME)
    if len(recurrent) > 1:
        raise recurrent[1].refused(NAME, "the plugin plays one recurrent layer, and would leave this out; write GuitarML JSON")
    check_first_state(model, SILENCE_BEFORE, NAME)
    item = {"in_shape": [None, None, 1 + knobs], "layers": entries_of(_filled_up(recurrent[0], dense), 1 + knobs, NAME)}
    item |= {"in_skip": 1} if row.skip else {}
    item |= {key: level for key, level in (("in_gain", row.before_db), ("out_gain", row.after_db)) if level}
    item["metadata"] = {"samplerate": rate_of(model.spec)} | _metadata(model)
    write_atomically(path, json_bytes(item | _self_test(item, path), NAME))


def _metadata(model: Model) -> dict[str, Any]:
    told = {key: value for key, value in model.metadata.items() if key not in RATES}
    names = {f"PARAM{i}": knob for i, knob in enumerate(model.spec.knobs, 1)}
    return told | {name: _described(knob) for name, knob in names.items() if knob.name != name}


def _described(knob: Parameter) -> str:
    return f"{knob.name}, {knob.text(knob.from_raw(0.0))} to {knob.text(knob.from_raw(1.0))}"


def _filled_up(recurrent: Placed, dense: Placed) -> list[Placed]:
    """Return both with as many units as the plugin is compiled for: what is added starts at zero, and stays."""
    hidden = recurrent.layer.hidden
    size = next((size for size in SIZES if size >= hidden), None)
    if size is None:
        raise recurrent.refused(NAME, f"{hidden} units; the plugin has at most {SIZES[-1]}; write GuitarML JSON or .nam")
    gates, more = 3 if isinstance(recurrent.layer, GRU) else 4, size - hidden
    weights = {}
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        array = recurrent.weights[name].reshape(gates, hidden, -1)
        array = np.pad(array, ((0, 0), (0, more), (0, more if name == "weight_hh" else 0)))
        weights[name] = array.reshape(gates * size, -1) if name.startswith("weight") else array.reshape(-1)
    layer = type(recurrent.layer)(hidden=size)
    wide = {**dense.weights, "weight": np.pad(dense.weights["weight"], ((0, 0), (0, more)))}
    return [replace(recurrent, layer=layer, weights=weights), replace(dense, weights=wide)]


def _self_test(item: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return noise, and what the net in the file makes of it.

    The plugin counts in float32 and allows 1e-5, which a steep net makes of rounding alone, at some levels and not at
    others: the first level at which rounding does a quarter of that is taken, else the best.
    """
    net, noise = aidax.read(Node(item, path), ReadOptions()), np.random.default_rng(0).standard_normal(SAMPLES)
    least, batches = np.inf, {}
    for level in LEVELS:
        x = (level * noise).astype(np.float32)
        fine, coarse = (_played(net, x.astype(kind)) for kind in (np.float64, np.float32))
        rounding = float(np.max(np.abs(fine - coarse)))
        if rounding < least:
            least, batches = rounding, {"input_batch": short_numbers(x), "output_batch": short_numbers(fine.astype(np.float32))}
        if least <= TOLERANCE / 4:
            break
    return batches


def _played(net: Model, x: np.ndarray) -> np.ndarray:
    return self_test.play(net.spec, net.weights, x[None], gains=False)[0]
