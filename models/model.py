"""A model: spec, weights and what is known about it, in memory and as a file."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .errors import FileProblem, InvalidValue, ModelFileError
from .spec import ModelSpec


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, ready for `NeuralEffect(model)`.

    Attributes:
        spec: what the net is.
        weights: float32 arrays by name, shapes as `spec.weight_shapes`.
        training: how it was made: data, seed, loss, versions; plain JSON data.
        certificate: how close it is: metrics on unseen recordings and settings; plain JSON data.
        path: the file it was read from.
        metadata: what a foreign file says of itself (name, gear, loudness, …); plain JSON data.
    """

    spec: ModelSpec
    weights: dict[str, np.ndarray]
    training: dict[str, Any] = field(default_factory=dict)
    certificate: dict[str, Any] = field(default_factory=dict)
    path: Path | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = self.spec.weight_shapes
        if set(shapes) != set(self.weights):
            name = sorted(set(shapes) ^ set(self.weights))[0]
            raise InvalidValue(f"weights.{name}: {'missing' if name in shapes else 'not a weight of this spec'}")
        for name, shape in shapes.items():
            array = np.asarray(self.weights[name])
            if array.shape != shape or array.dtype != np.float32:
                raise InvalidValue(f"weights.{name}: float32 {shape} is needed, got {array.dtype} {array.shape}")
            if not np.isfinite(array).all():
                raise InvalidValue(f"weights.{name}: holds a value that is not finite")

    @property
    def weight_count(self) -> int:
        """Number of trained numbers."""
        return sum(math.prod(shape) for shape in self.spec.weight_shapes.values())

    def save(self, path: str | Path) -> None:
        """Write a wetdry safetensors file, atomically. Raises FileProblem if the folder cannot be written."""
        from .formats import safetensors

        safetensors.write(self, Path(path))


def load(path: str | Path) -> Model:
    """Read a model file; the format is told from its content.

    Reads: wetdry safetensors.

    Raises:
        FileProblem: the file is missing or unreadable.
        ModelFileError: it is no model, or a field does not fit; names file, field and reason.
    """
    from .formats import read

    path = Path(path)
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise FileProblem(f"{path} is a folder; a model is a file such as clone.safetensors")
        with path.open("rb") as file:
            head = file.read(64)
    except FileProblem:
        raise
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    try:
        return read(path, head, size)
    except InvalidValue as error:
        field_name, _, reason = str(error).partition(": ")
        raise ModelFileError(path, field_name, reason) from None
