"""The file around a graph: ONNX's messages, metadata, and the states a stream starts from."""

import json
from typing import Any

import numpy as np

from ...errors import MissingExtra
from ...model import Model
from ..small_numbers import Numbers
from .graph import Body, Graph, Node, State
from .idle import start_states
from .lowering import lower

OPSET, IR_VERSION = 17, 8  # onnxruntime 1.12 of July 2022 reads them
CONVENTION = "1"
TILE = 64  # a player fills the silence before the first sample up to whole tiles
CONSTANT_WITHIN = 1e-6


def content(model: Model, numbers: Numbers = "float32") -> bytes:
    """Return the content of the file. Raises CannotHold and MissingExtra."""
    onnx, onnxruntime = _libraries()
    graph = lower(model, numbers)
    properties = _properties(model)
    bare = _serialised(onnx, model, graph, properties)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(bare, options, providers=["CPUExecutionProvider"])
    starts = start_states(session, model, graph, prewarm_samples(model))
    described = [_described(state, start) for state, start in zip(graph.states, starts, strict=True)]
    return _serialised(onnx, model, graph, {**properties, "states": json.dumps(described)})


def prewarm_samples(model: Model) -> int:
    """Return the samples of silence that a player plays before the first sample."""
    return -(-model.spec.silence_before // TILE) * TILE


def _described(state: State, start: np.ndarray) -> dict[str, Any]:
    if (
        state.streams_axis == 0
        and start.ndim == 3
        and np.abs(start - start[:, :, -1:]).max() <= CONSTANT_WITHIN * max(1.0, np.abs(start).max())
    ):
        start = start[:, :, -1]
    numbers = [float(str(value)) for value in start.ravel()]  # the shortest that read back the same
    return {"input": state.input, "output": state.output, "shape": list(state.shape),
            "dtype": np.dtype(state.dtype).name, "start": numbers}  # fmt: skip


def _properties(model: Model) -> dict[str, str]:
    spec = model.spec
    numbers = {"sample_rate": spec.sample_rate, "input_channels": spec.input_channels,
               "output_channels": spec.output_channels, "latency_samples": 0, "receptive_field": spec.receptive_field,
               "prewarm_samples": prewarm_samples(model)}  # fmt: skip
    return {"wetdry": CONVENTION, **{name: str(value) for name, value in numbers.items()},
            "knobs": json.dumps([k.to_dict() for k in spec.knobs]), "metadata": json.dumps(model.metadata)}  # fmt: skip


def _serialised(onnx: Any, model: Model, graph: Graph, properties: dict[str, str]) -> bytes:
    helper, spec = onnx.helper, model.spec

    def value(name: str, *shape: int | str, dtype: Any = np.float32) -> Any:
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)

    def of_state(state: State, name: str) -> Any:
        sizes = ("streams" if i == state.streams_axis else size for i, size in enumerate(state.shape))
        return value(name, *sizes, dtype=state.dtype)

    inputs = [value("audio", "streams", spec.input_channels, "samples")]
    inputs += [value("knobs", len(spec.knobs))] if spec.knobs else []
    inputs += [of_state(state, state.input) for state in graph.states]
    outputs = [value("output", "streams", spec.output_channels, "samples")]
    outputs += [of_state(state, state.output) for state in graph.states]
    nodes = [_node(onnx, node) for node in (*graph.first, *graph.nodes)]
    constants = [onnx.numpy_helper.from_array(array, name) for name, array in graph.constants.items()]
    made = helper.make_graph(nodes, "wetdry", inputs, outputs, constants)
    file = helper.make_model(made, producer_name="wetdry", ir_version=IR_VERSION,
                             opset_imports=[helper.make_opsetid("", OPSET)])  # fmt: skip
    helper.set_model_props(file, properties)
    onnx.checker.check_model(file)
    return file.SerializeToString(deterministic=True)


def _node(onnx: Any, node: Node) -> Any:
    attributes = {name: _body(onnx, v) if isinstance(v, Body) else v for name, v in node.attributes.items()}
    return onnx.helper.make_node(node.kind, node.inputs, node.outputs, **attributes)


def _body(onnx: Any, body: Body) -> Any:
    ends = ([onnx.helper.make_tensor_value_info(name, body.element, None) for name in names]
            for names in (body.inputs, body.outputs))  # fmt: skip
    return onnx.helper.make_graph([_node(onnx, node) for node in body.nodes], "step", *ends)


def _libraries() -> tuple[Any, Any]:
    """Return onnx and onnxruntime. Raises MissingExtra."""
    for module in ("onnx", "onnxruntime"):
        try:
            __import__(module)
        except ImportError:
            raise MissingExtra("writing ONNX", "onnx", module) from None
    import onnx
    import onnxruntime

    return onnx, onnxruntime
