"""Engines that play a model file, each on one thread, each called from Python with one block after another.

All answer the same interface: `engine(block)` plays the next block (samples,), `engine.reset()` starts a stream.
Knobs stand at their defaults.
"""

import warnings
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...effects import NeuralEffect
from ...models.errors import MissingExtra, UnknownName
from ...models.model import Model
from .onnx_engine import OnnxRuntime

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


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingExtra("comparing with torch", "train", "torch") from None
    return torch


@contextmanager
def _quiet() -> Any:
    """Keep the tracers' warnings about constants away: constants are what is wanted here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
