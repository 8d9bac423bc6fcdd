"""The file that each engine plays a model from, written beside the study."""

import logging
import math
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
MOST_OF = 0.5


def engine_file(model: Model, path: Path, engine: str) -> tuple[Path, str]:
    """Write what an engine plays `model`, whose own file is `path`, from, into the same folder.

    Returns:
        (its path, what there is to say of it, "" for nothing).

    Raises:
        CannotHold: the engine's format has no such layer. MissingExtra: what writes it is not installed. FileProblem.
    """
    if engine in (OURS, "torch"):
        return path, ""
    file = path.with_name(path.stem + SUFFIXES[engine])
    if engine == "torchscript":
        _write_torchscript(model, file)
    elif engine == "onnxruntime":
        write_atomically(file, onnx_writing.file_bytes(model))
    else:
        return file, _write_int8(model, file)
    return file, ""


def _write_torchscript(model: Model, file: Path) -> None:
    try:
        from ...models.nets import torchscript
    except ModuleNotFoundError as error:
        raise MissingExtra("comparing with torchscript", "train", error.name or "torch") from None
    torchscript.write(model, file)


def _write_int8(model: Model, file: Path) -> str:
    """Write the graph as onnxruntime itself quantises it: weights kept as int8, the signals scaled anew in every block.

    Convolutions whose weights are no constants (a FiLM's) stay float32 in it, and so does a GRU. Where that leaves most as
    they are, the file is ours instead: weights kept as int8, turned back as it loads.
    """
    try:
        import onnx
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise MissingExtra("quantising for onnxruntime", "onnx", error.name or "onnxruntime") from None
    graph = onnx.load_from_string(onnx_writing.file_bytes(model))
    constants = {tensor.name for tensor in graph.graph.initializer}
    moving = [node.name for node in graph.graph.node if node.op_type == "Conv" and node.input[1] not in constants]
    half = file.with_name(f".{file.name}")  # onnxruntime writes in place, so never under the name that is read
    with _warnings_off():
        quantize_dynamic(graph, half, weight_type=QuantType.QInt8, nodes_to_exclude=moving)
    content = half.read_bytes()
    half.unlink()
    small = sum(
        math.prod(t.dims) for t in onnx.load_from_string(content).graph.initializer if t.data_type == onnx.TensorProto.INT8
    )
    reaches = small >= MOST_OF * model.weight_count
    write_atomically(file, content if reaches else onnx_writing.file_bytes(model, "int8"))
    return "weights and products int8" if reaches else "weights int8, products float32: onnxruntime quantises few of its layers"


@contextmanager
def _warnings_off() -> Iterator[None]:
    """Keep onnxruntime from recommending steps that a streaming graph has no use for."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
