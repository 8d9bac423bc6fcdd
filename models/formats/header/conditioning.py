"""The net between knobs and FiLMs in C++: one matrix holds the dense layers of all FiLMs."""

import numpy as np

from ...model import Model
from .packing import LINE, packed_matrix
from .program import Program


class Conditioning:
    """Collects the FiLMs of a net; `body` is the C++ that evaluates them all."""

    def __init__(self, program: Program, model: Model) -> None:
        self.program, self.spec, self.knobs, self.weights = (
            program,
            model.spec.conditioning,
            len(model.spec.knobs),
            model.weights,
        )
        self.matrices: list[np.ndarray] = []
        self.biases: list[np.ndarray] = []
        self.size = 0

    def add(self, weight: np.ndarray, bias: np.ndarray) -> tuple[str, str]:
        """Take the dense layer of a FiLM; return where its values at the tile's start and at its end will lie."""
        offset, self.size = self.size, self.size + len(bias)
        self.matrices.append(weight)
        self.biases.append(bias)
        return f"film.start + {offset}", f"film.end + {offset}"

    @property
    def values(self) -> int:
        """Scales and shifts of all FiLMs, filled up to whole cache lines."""
        return -(-self.size // LINE) * LINE

    def body(self) -> list[str]:
        """Return the statements that turn `seen`, each from -1 to 1, into `values`; their weights enter the program."""
        assert self.spec is not None
        self.program.parts |= {"matrix_times_vector", "film", "tanh" if self.spec.activation == "tanh" else "curves"}
        curve = "Tanh" if self.spec.activation == "tanh" else "Relu"
        lines, source, inputs = [], "seen", self.knobs
        for i, width in enumerate(self.spec.hidden):
            matrix, bias = (self.weights[f"conditioning.{i}.{name}"] for name in ("weight", "bias"))
            packed = self.program.pack(f"conditioning.{i}", packed_matrix(matrix, bias), f"{inputs} inputs, {width} outputs")
            rows = -(-width // LINE) * LINE
            lines += [f"alignas(64) float hidden_{i}[{rows}];",
                      f"matrix_times_vector<{inputs}, {rows}>(hidden_{i}, {source}, {packed});",
                      f"for (int j = 0; j < {rows}; j += lanes)",
                      f"    store({curve}()(load(hidden_{i} + j)), hidden_{i} + j);"]  # fmt: skip
            source, inputs = f"hidden_{i}", width
        table = packed_matrix(np.concatenate(self.matrices), np.concatenate(self.biases))
        packed = self.program.pack("films", table, f"{inputs} inputs; scales, then shifts, of every FiLM")
        return [*lines, f"matrix_times_vector<{inputs}, {self.values}>(values, {source}, {packed});"]
