"""Engines that play a model file, each on one thread, each called from Python with one block after another.

All answer the same interface: `engine(block)` plays the next block (samples,), `engine.reset()` starts a stream.
Knobs stand at their defaults.
"""

import io
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...effects import NeuralEffect
from ...models.errors import MissingExtra, UnknownName
from ...models.model import Model

OURS = "ours"


class Ours:
    """Our compiled player, as `NeuralEffect` is called from Python."""

    def __init__(self, model: Model, buffer_size: int) -> None:
        self.effect, self.rate = NeuralEffect(model), model.spec.sample_rate

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return self.effect.process(block, self.rate, reset=False)

    def reset(self) -> None:
        self.effect.reset()


class Torch:
    """Eager torch over `TorchStream`: every convolution keeps its own past."""

    def __init__(self, model: Model, buffer_size: int) -> None:
        torch = _torch()
        from .torch_stream import TorchStream, start_states

        torch.set_num_threads(1)
        stream = TorchStream(model).eval()
        raw = torch.tensor([[k.to_raw(k.default) for k in model.spec.knobs]], dtype=torch.float32)
        with torch.inference_mode():
            self.raw, self.start = raw, start_states(stream, raw)
        self.play: Any = stream
        self.states = self.start
        self._torch = torch

    def __call__(self, block: np.ndarray) -> np.ndarray:
        with self._torch.inference_mode():
            out, *self.states = self.play(self._torch.from_numpy(block)[None, None], self.raw, *self.states)
            return out.numpy()[0, 0]

    def reset(self) -> None:
        self.states = self.start


class TorchScript(Torch):
    """The same module traced at one block size, then frozen."""

    def __init__(self, model: Model, buffer_size: int) -> None:
        super().__init__(model, buffer_size)
        torch, stream = self._torch, self.play
        with torch.no_grad(), _quiet():
            example = (torch.zeros(1, 1, buffer_size), self.raw.clone(), *(s.clone() for s in self.start))
            self.play = torch.jit.freeze(torch.jit.trace(stream, example, check_trace=False))


class OnnxRuntime:
    """onnxruntime over the same module exported at one block size; its states are bound to two sets of memory."""

    def __init__(self, model: Model, buffer_size: int) -> None:
        made = Torch(model, buffer_size)
        ort = _onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = ort.InferenceSession(_onnx_bytes(made, buffer_size), options, providers=["CPUExecutionProvider"])
        value = ort.OrtValue.ortvalue_from_numpy
        self.start = [s.numpy().copy() for s in made.start]
        self.sets = [[value(s.copy()) for s in self.start] for _ in range(2)]
        self.block, self.out = (
            value(np.zeros((1, 1, buffer_size), np.float32)),
            value(np.zeros((1, 1, buffer_size), np.float32)),
        )
        raw = value(made.raw.numpy().copy())
        self.bindings = [self._binding(raw, *self.sets), self._binding(raw, *self.sets[::-1])]
        self.turn = 0

    def _binding(self, raw: Any, before: list[Any], after: list[Any]) -> Any:
        binding, there = self.session.io_binding(), {i.name for i in self.session.get_inputs()}
        binding.bind_ortvalue_input("audio", self.block)
        if "raw" in there:
            binding.bind_ortvalue_input("raw", raw)
        binding.bind_ortvalue_output("out", self.out)
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            binding.bind_ortvalue_input(f"state{i}", old)
            binding.bind_ortvalue_output(f"after{i}", new)
        return binding

    def __call__(self, block: np.ndarray) -> np.ndarray:
        self.block.update_inplace(block[None, None])
        self.session.run_with_iobinding(self.bindings[self.turn])
        self.turn = 1 - self.turn
        return self.out.numpy()[0, 0]

    def reset(self) -> None:
        for value, start in zip(self.sets[0], self.start, strict=True):
            value.update_inplace(start)
        self.turn = 0


ENGINES: dict[str, Callable[[Model, int], Any]] = {
    OURS: Ours, "onnxruntime": OnnxRuntime, "torch": Torch, "torchscript": TorchScript,
}  # fmt: skip


def engine(name: str, model: Model, buffer_size: int) -> Any:
    """Return the named engine, ready to play `model` in blocks of one size.

    Raises:
        UnknownName: no such engine. MissingExtra: what it needs is not installed.
        InvalidValue: the engine cannot play this model.
    """
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES)
    return ENGINES[name](model, buffer_size)


def _onnx_bytes(made: Torch, buffer_size: int) -> bytes:
    torch, file, states = made._torch, io.BytesIO(), range(len(made.start))
    try:
        import onnx  # noqa: F401  # torch's exporter needs it
    except ImportError:
        raise MissingExtra("exporting a model for onnxruntime", "onnx", "onnx") from None
    with torch.no_grad(), _quiet():
        example = (torch.zeros(1, 1, buffer_size), made.raw.clone(), *(s.clone() for s in made.start))
        names = (["audio", "raw", *(f"state{i}" for i in states)], ["out", *(f"after{i}" for i in states)])
        torch.onnx.export(made.play, example, file, input_names=names[0], output_names=names[1], dynamo=False)
    return file.getvalue()


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingExtra("comparing with torch", "train", "torch") from None
    return torch


def _onnxruntime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("comparing with onnxruntime", "onnx", "onnxruntime") from None
    return onnxruntime


@contextmanager
def _quiet() -> Any:
    """Keep the tracers' warnings about constants away: constants are what is wanted here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
