"""The file that each engine plays a model from, written beside the study."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...models.errors import MissingExtra
from ...models.files import write_atomically
from ...models.formats import onnx_writing
from ...models.model import Model
from ..benchmark.engines import OURS
from .players import INT8

SUFFIXES = {"torchscript": ".ts", "onnxruntime": ".onnx", INT8: "_int8.onnx"}


def engine_file(model: Model, path: Path, engine: str) -> Path:
    """Write what an engine plays `model`, whose own file is `path`, from, into the same folder; return its path.

    Raises:
        CannotHold: the engine's format has no such layer. MissingExtra: what writes it is not installed. FileProblem.
    """
    if engine in (OURS, "torch"):
        return path
    file = path.with_name(path.stem + SUFFIXES[engine])
    if engine == "torchscript":
        _write_torchscript(model, file)
    elif engine == "onnxruntime":
        write_atomically(file, onnx_writing.file_bytes(model))
    else:
        _write_int8(onnx_writing.file_bytes(model), file)
    return file


def _write_torchscript(model: Model, file: Path) -> None:
    try:
        from ...models.nets import torchscript
    except ModuleNotFoundError as error:
        raise MissingExtra("comparing with torchscript", "train", error.name or "torch") from None
    torchscript.write(model, file)


def _write_int8(content: bytes, file: Path) -> None:
    """Write the graph as onnxruntime itself quantises it: weights kept as int8, products computed in int8 where it can.

    What is scaled anew in every block (dynamic quantisation) are the signals; convolutions whose weights are no constants
    (a FiLM's) stay float32.
    """
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise MissingExtra("quantising for onnxruntime", "onnx", error.name or "onnxruntime") from None
    graph = onnx.load_from_string(content)
    constants = {tensor.name for tensor in graph.graph.initializer}
    moving = [node.name for node in graph.graph.node if node.op_type == "Conv" and node.input[1] not in constants]
    half = file.with_name(f".{file.name}")  # onnxruntime writes in place, so never under the name that is read
    with _warnings_off():
        quantize_dynamic(graph, half, weight_type=QuantType.QInt8, nodes_to_exclude=moving)
    write_atomically(file, half.read_bytes())
    half.unlink()


@contextmanager
def _warnings_off() -> Iterator[None]:
    """Keep onnxruntime from recommending steps that a streaming graph has no use for."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
