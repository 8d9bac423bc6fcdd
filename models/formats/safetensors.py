"""wetdry's own file: safetensors, the whole record as JSON under the header key `wetdry`.

Format version 1 stores float32 weights. Version 2 may store float16, or int8 with scales (`small_numbers`); they are read
as float32, and only `write(…, numbers=…)` makes them.
"""

import json
from pathlib import Path

import numpy as np

from ..errors import ModelFileError
from ..files import write_atomically
from ..model import Model
from ..spec import ModelSpec
from . import small_numbers

NAME = "wetdry safetensors"
FORMAT_VERSION, SMALL_NUMBERS_VERSION = 1, 2
LARGEST_FILE = 512 * 2**20


def recognises(head: bytes, size: int) -> bool:
    """Return whether the first bytes are those of a safetensors file: header length, then a JSON object."""
    return size >= 16 and len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= size - 8


def read(path: Path) -> Model:
    """Read a Model. Raises ModelFileError naming the field that does not fit."""
    from safetensors import SafetensorError, safe_open

    if path.stat().st_size > LARGEST_FILE:
        raise ModelFileError(path, "size", f"larger than {LARGEST_FILE} bytes")
    try:
        with safe_open(path, framework="numpy") as file:
            record = (file.metadata() or {}).get("wetdry")
            names = list(file.keys())
            if len(names) > 100_000:
                raise ModelFileError(path, "weights", f"{len(names)} arrays")
            weights = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, TypeError, ValueError, OSError) as error:
        raise ModelFileError(path, "content", f"broken safetensors file ({error})") from None
    if record is None:
        raise ModelFileError(path, "wetdry", "a safetensors file without wetdry's header; wetdry did not write it")
    try:
        data = json.loads(record)
    except (ValueError, RecursionError):
        raise ModelFileError(path, "wetdry", "the header is not JSON") from None
    version = data.get("format_version") if isinstance(data, dict) else data
    if version not in (FORMAT_VERSION, SMALL_NUMBERS_VERSION) or isinstance(version, bool):
        known = f"{FORMAT_VERSION} or {SMALL_NUMBERS_VERSION}"
        raise ModelFileError(path, "format_version", f"{version!r:.40} is not {known}; a newer wetdry may read it")
    for key in ("spec", "training", "certificate"):
        if not isinstance(data.get(key), dict):
            raise ModelFileError(path, key, "missing, or not a mapping")
    metadata = data.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ModelFileError(path, "metadata", "not a mapping")
    if version == SMALL_NUMBERS_VERSION:
        weights = small_numbers.unpacked(weights)
    return Model(ModelSpec(**data["spec"]), weights, data["training"], data["certificate"], path, metadata)


def write(model: Model, path: Path, numbers: small_numbers.Numbers = "float32") -> None:
    """Write `model` to `path`, its weights as such numbers. Raises FileProblem; `path` is never half a file."""
    write_atomically(path, content(model, numbers))


def content(model: Model, numbers: small_numbers.Numbers = "float32") -> bytes:
    """Return the content of the file of `model`."""
    from safetensors.numpy import save

    small_numbers.check(numbers)
    version = FORMAT_VERSION if numbers == "float32" else SMALL_NUMBERS_VERSION
    record = {"format_version": version, "spec": model.spec.to_dict(),
              "training": model.training, "certificate": model.certificate, "metadata": model.metadata}  # fmt: skip
    arrays = small_numbers.packed({name: model.weights[name] for name in model.spec.weight_shapes}, numbers)
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, {"wetdry": json.dumps(record)})
