"""wetdry: neural and classic audio effects in Python."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import effects, host, models
    from .effects import NeuralEffect, TubeSaturator
    from .host import Chain, Mix, capture, clone, evaluate, load_plugin, train

__version__ = "0.1.0"
_ROOMS = ("effects", "host", "models", "presets")
_FACE = {
    "TubeSaturator": "effects",
    "NeuralEffect": "effects",
    "Chain": "host",
    "Mix": "host",
    "load_plugin": "host",
    "capture": "host",
    "train": "host",
    "evaluate": "host",
    "clone": "host",
}
__all__ = ["Chain", "Mix", "NeuralEffect", "TubeSaturator", "capture", "clone", "effects", "evaluate", "host",
           "load_plugin", "models", "presets", "train"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Resolve the public names on first use, so that `import wetdry` loads nothing heavy."""
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    if name in _FACE:
        return getattr(importlib.import_module(f".{_FACE[name]}", __name__), name)
    raise AttributeError(f"module 'wetdry' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
