"""onnxruntime playing what `models.formats.onnx_writing` writes, as fast as it can be called from Python."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models.errors import MissingExtra
from ...models.formats import onnx_writing
from ...models.model import Model

LONG_BLOCK = 8192


class OnnxRuntime:
    """One stream in blocks of one size on one thread; its states are bound to two sets of memory, knobs at their defaults."""

    def __init__(self, model: Model, buffer_size: int, content: bytes | None = None) -> None:
        """Play `model`, or the ONNX file with this `content` that was written from it."""
        ort, spec = _onnxruntime(), model.spec
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        content = onnx_writing.file_bytes(model) if content is None else content
        self.session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        says = self.session.get_modelmeta().custom_metadata_map
        self.states = json.loads(says["states"])
        self.knobs = {"knobs": np.array([k.to_number(k.default) for k in spec.knobs], np.float32)} if spec.knobs else {}
        self.silence = np.zeros((1, spec.input_channels, int(says["prewarm_samples"])), np.float32)
        self.start = self._prewarmed(self.knobs)
        value = ort.OrtValue.ortvalue_from_numpy
        self.sets = [[value(array.copy()) for array in self.start] for _ in range(2)]
        self.block = value(np.zeros((1, spec.input_channels, buffer_size), np.float32))
        self.out = value(np.zeros((1, spec.output_channels, buffer_size), np.float32))
        self.bound_knobs = {name: value(array) for name, array in self.knobs.items()}
        self.bindings = [self._binding(*self.sets), self._binding(*self.sets[::-1])]
        self.turn = 0

    def _prewarmed(self, knobs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the states after the silence before the first sample."""
        start = {state["input"]: np.zeros(state["shape"], state["dtype"]) for state in self.states}
        if not (self.silence.size and start):
            return list(start.values())
        return self.session.run([state["output"] for state in self.states], {"audio": self.silence, **knobs, **start})

    def _binding(self, before: list[Any], after: list[Any]) -> Any:
        binding = self.session.io_binding()
        binding.bind_ortvalue_input("audio", self.block)
        binding.bind_ortvalue_output("output", self.out)
        for name, values in self.bound_knobs.items():
            binding.bind_ortvalue_input(name, values)
        for state, old, new in zip(self.states, before, after, strict=True):
            binding.bind_ortvalue_input(state["input"], old)
            binding.bind_ortvalue_output(state["output"], new)
        return binding

    def __call__(self, block: np.ndarray) -> np.ndarray:
        self.block.update_inplace(block.reshape(1, -1, block.shape[-1]))
        self.session.run_with_iobinding(self.bindings[self.turn])
        self.turn = 1 - self.turn
        return self.out.numpy()[0, 0]

    def play_from_silence(self, audio: np.ndarray, values: Sequence[float]) -> np.ndarray:
        """Return the answer to mono audio (samples,) as a stream of its own, the knobs at `values` in their units."""
        knobs = {"knobs": np.array(values, np.float32)} if values else {}
        states, answers = self._prewarmed(knobs), []
        for piece in np.split(audio, list(range(LONG_BLOCK, len(audio), LONG_BLOCK))):
            fed = {state["input"]: value for state, value in zip(self.states, states, strict=True)}
            out, *states = self.session.run(None, {"audio": piece[None, None], **knobs, **fed})
            answers.append(out[0, 0])
        return np.concatenate(answers)

    def reset(self) -> None:
        for value, start in zip(self.sets[0], self.start, strict=True):
            value.update_inplace(start)
        self.turn = 0


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("comparing with onnxruntime", "onnx", "onnxruntime") from None
    return onnxruntime
