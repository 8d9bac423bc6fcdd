"""A model: spec, weights and what is known about it, in memory and as a file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .errors import FileProblem, InvalidValue
from .spec import ModelSpec


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return f"load({str(self.path)!r})" if self.path else f"<Model of {self.weight_count} weights>"

    @property
    def weight_count(self) -> int:
        """Number of trained numbers."""
        return sum(math.prod(shape) for shape in self.spec.weight_shapes.values())

    def save(self, path: str | Path, format: str | None = None) -> None:
        """Write the model to a file, atomically. (`wetdry.convert` also bakes knobs, and tells a .nam how loud it is.)

        Args:
            path: its suffix names the format: .safetensors (wetdry's own), .nam, .aidax, .onnx, .ts, .h, .hpp.
            format: by name where the suffix does not say: safetensors, nam, rtneural, aidax, guitarml, onnx,
                torchscript, header. A `.json` may be rtneural, aidax or guitarml.

        Raises:
            CannotHold: the format has no room for this model; names the field, the reason and the next step.
            InvalidValue: neither suffix nor name says which format.
            FileProblem: the file cannot be written.
            MissingExtra: onnx or torch is needed, and not installed.
        """
        from .formats.writers import write

        write(self, Path(path), format)

    def baked(self, values: Mapping[str, Any]) -> "Model":
        """Return the model with the knobs named in `values` fixed there, and gone; the others stay live.

        A FiLM folds into the matrix before it, knob inputs into the matrix behind them: what is left is a plain net
        that files without knobs can hold.

        Args:
            values: knob → value in its unit, or one of its choices.

        Raises:
            UnknownName: no such knob.
            InvalidValue, InvalidType: a value outside the knob's range, or of the wrong type.

        Example:
            >>> from wetdry.presets.clones import clone_path
            >>> [knob.name for knob in load(clone_path("zamtube")).baked({"treble": 3.0}).spec.knobs]
            ['tube_drive']
        """
        from .bake import baked

        return baked(self, values)


def load(
    path: str | Path,
    *,
    slim: float | None = None,
    activation: Literal["exact", "fast"] = "exact",
    layer1x1_post_film: Literal["always", "legacy"] = "always",
    reversed_linear: bool = False,
) -> Model:
    """Read a model file of any format wetdry knows; the format is told from its content, never from its name.

    Args:
        path: the file.
        slim: which size of a slimmable .nam, 0 the smallest to 1 the largest; None: the largest.
        activation: "fast" plays tanh (and the sigmoids of LSTM and GRU) as NAM's plugin does, 4e-4 off.
        layer1x1_post_film: "legacy" plays a WaveNet's FiLMs as NeuralAmpModelerCore up to 0.5.5 does.
        reversed_linear: the file is a .nam Linear whose trainer wrote the impulse response backwards.

    Raises:
        FileProblem: the file is missing or unreadable.
        ModelFileError: it is no model, or a field does not fit; names file, field and reason.
        InvalidValue, InvalidType: an option that is not allowed, or that this file has no use for.
    """
    from .formats import read
    from .formats.options import ReadOptions

    options = ReadOptions(slim, activation, layer1x1_post_film, reversed_linear)
    path = Path(path)
    try:
        if path.is_dir():
            raise FileProblem(f"{path} is a folder; a model is a file such as clone.safetensors or amp.nam")
        size = path.stat().st_size
        if not path.is_file():
            raise FileProblem(f"{path} is not a file")
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem(f"cannot read {path}: {error.strerror or error}") from None
    return read(path, head, size, options)
