"""A model as one C++17 header: weights as arrays, and a class whose `process` allocates nothing."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...files import write_atomically
from ...model import Model
from ...state_spaces import silence_of
from .about import about, size_text, usage
from .knobs import knob_texts, smoothing_coefficient
from .names import names_of
from .packing import wrapped
from .program import TILE
from .walk import Walk

PARTS = ("finite", "rows", "lanes", "convolve", "by_value", "pool", "curves", "leak", "tanh", "fast_tanh", "exponential",
         "softmax", "matrix_times_vector", "recurrent", "state_space", "temporal_film", "film", "knobs")  # fmt: skip
NEEDED = {
    "softmax": {"exponential"},
    "recurrent": {"matrix_times_vector"}, "temporal_film": {"recurrent", "matrix_times_vector", "tanh"},
}  # fmt: skip


def write(model: Model, path: Path) -> None:
    """Write `model` as a header; its namespace, inside `wetdry`, and class are named after the file.

    The class plays what `NeuralEffect` plays, within 1e-5 of the answer's peak, at the model's own rate.

    Raises:
        CannotHold: a layer that no C++ is written for, or too many weights.
        FileProblem: the file cannot be written.
    """
    write_atomically(path, header(model, path.name).encode())


def header(model: Model, file: str) -> str:
    """Return the text of the header."""
    import jinja2

    loader = jinja2.PackageLoader(__package__ or "wetdry.models.formats.header", ".")
    environment = jinja2.Environment(
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template("header.jinja").render(_contents(model, file))


def _contents(model: Model, file: str) -> dict[str, Any]:
    """Return what the template fills in."""
    spec, walk = model.spec, Walk(model)
    program, film = walk.program, walk.conditioning
    condition = film.body() if film else []
    delays, slots = program.place(walk.sink)
    namespace, name = names_of(file)
    parts = {"finite", "rows", "lanes", "by_value"} | program.parts | ({"knobs"} if spec.knobs else set())
    for part in list(parts):
        parts |= NEEDED.get(part, set())
    knobs = knob_texts(spec.knobs)
    lines = usage(spec, f"wetdry::{namespace}::{name}", knobs)
    silence, settles = silence_of(spec, TILE)
    weights = sum(array.values.nbytes for array in program.arrays)
    return {
        "file": file, "namespace": namespace, "name": name, "guard": f"WETDRY_{namespace.upper()}_H",
        "title": f"a neural net of {model.weight_count} trained weights, for C++17",
        "about": about(model), "usage": lines, "usage_width": max(len(code) for code, _ in lines),
        "version": version("wetdry"), "tile": TILE,
        "mono": spec.input_channels == 1 and spec.output_channels == 1,
        "inputs": spec.input_channels, "outputs": spec.output_channels, "rate": repr(float(spec.sample_rate)),
        "shown_rate": f"{spec.sample_rate:.10g}",
        "receptive_field": spec.receptive_field, "recurrent": any("detail::" in m for m in program.members),
        "knobs": knobs, "coefficient": repr(smoothing_coefficient(float(spec.sample_rate))),
        "film": film.values if film else 0, "condition": condition,
        "prewarm": silence, "settles": settles, "settled_in": "state_space" in parts,
        "state": size_text(program.state_bytes(delays, slots)), "weight_size": size_text(weights),
        "parts": [_part(part) for part in PARTS if part in parts], "calls": program.calls,
        "arrays": [{"name": a.name, "kind": a.kind, "comment": a.comment, "text": wrapped(a.values)} for a in program.arrays],
        "delays": delays, "slots": slots, "members": program.members, "clears": program.clears,
        "source": program.source.expression, "sink": walk.sink.expression,
    }  # fmt: skip


def _part(name: str) -> str:
    return (Path(__file__).parent / "parts" / f"{name}.hpp").read_text()
