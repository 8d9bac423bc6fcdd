"""Writes RTNeural JSON: what RTNeural's model_loader.h reads, layer by layer.

Gains fold into the matrices beside them. Knobs that enter as channels stay channels, positions from 0 to 1 behind the audio;
AIDA-X and GuitarML files alone call them knobs. The sample rate and the plain values of the metadata stand at the top of the
file, where RTNeural does not look and `rtneural` does.
"""

import json
from pathlib import Path
from typing import Any

from ..errors import CannotHold
from ..files import write_atomically
from ..model import Model
from ..spec import ModelSpec
from .aidax import BESIDE
from .first_state import check_first_state
from .rtneural import NAME, RATES
from .rtneural_layers_writing import entries_of
from .taken_apart import folded, placed
from .writing import refuse_knobs

KEPT_FREE = ("in_shape", "layers", "model_data", "state_dict", "version", "architecture", "config", "weights", *RATES, *BESIDE)


def write(model: Model, path: Path) -> None:
    """Write `model` to `path`. Raises CannotHold naming the layer that RTNeural does not have, and FileProblem."""
    if model.spec.conditioning is not None:
        refuse_knobs(model, NAME)
    parts, knobs = folded(placed(model.spec.layers, model.weights, "layers."), model.spec.input_channels, NAME)
    inputs = model.spec.input_channels + knobs
    layers = entries_of(parts, inputs, NAME)
    check_first_state(model, round(model.spec.sample_rate / 2), NAME)
    about = {key: value for key, value in model.metadata.items() if key not in KEPT_FREE and not isinstance(value, dict | list)}
    item = {"in_shape": [None, None, inputs], "sample_rate": rate_of(model.spec), "layers": layers, **about}
    write_atomically(path, json_bytes(item, NAME))


def rate_of(spec: ModelSpec) -> float | int:
    """Return the sample rate in Hz as people write it: 48000, not 48000.0."""
    return int(spec.sample_rate) if spec.sample_rate.is_integer() else spec.sample_rate


def json_bytes(item: dict[str, Any], format_name: str) -> bytes:
    """Return a file's content. Raises CannotHold where the metadata is not plain JSON data."""
    try:
        return json.dumps(item, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise CannotHold(format_name, "metadata", f"not plain JSON data ({error}); leave that entry out") from None
