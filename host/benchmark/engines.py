"""Engines that play a model file, each on one thread, each called from Python with one block after another.

All answer the same interface: `engine(block)` plays the next block (samples,), `engine.reset()` starts a stream.
Knobs stand at their defaults.
"""

from collections.abc import Callable
from pathlib import Path
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
    """Eager torch over `models.nets.streaming`: every layer keeps its own past."""

    net: Any

    def __init__(self, model: Model, buffer_size: int) -> None:
        self._prepare(model)
        from ...models.nets.streaming import streaming_net

        self.net = streaming_net(model)

    def _prepare(self, model: Model) -> None:
        self._torch = _torch()
        self._torch.set_num_threads(1)
        self._knobs = self._torch.tensor([k.to_number(k.default) for k in model.spec.knobs], dtype=self._torch.float32)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        with self._torch.inference_mode():
            return self.net(self._torch.from_numpy(block)[None], self._knobs).numpy()[0]

    def reset(self) -> None:
        self.net.reset()
        self(np.zeros(0, np.float32))  # the silence before the first sample, ahead of it


class TorchScript(Torch):
    """The same module scripted, as `models.nets.torchscript` writes it, then frozen."""

    def __init__(self, model: Model, buffer_size: int, file: Path | None = None) -> None:
        """Play `model`, or the TorchScript `file` that was written from it."""
        if file is None:
            super().__init__(model, buffer_size)
        else:
            self._prepare(model)
        from ...models.nets.torchscript import without_deprecations

        with without_deprecations():
            script = self._torch.jit.script(self.net) if file is None else self._torch.jit.load(str(file))
            self.net = self._torch.jit.freeze(script.eval(), preserved_attrs=["reset"])


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
