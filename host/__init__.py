"""What runs effects and everything foreign: chains, plugins, capture, evaluation, reports, the command line."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture import capture
    from .chain import Chain
    from .evaluation import evaluate
    from .loop import clone, train
    from .mix import Mix
    from .plugins import Plugin, load_plugin
    from .report import write_report

_FACE = {"Chain": "chain", "Mix": "mix", "Plugin": "plugins", "load_plugin": "plugins", "capture": "capture",
         "train": "loop", "evaluate": "evaluation", "clone": "loop", "write_report": "report"}  # fmt: skip
__all__ = ["Chain", "Mix", "Plugin", "capture", "clone", "evaluate", "load_plugin", "train", "write_report"]


def __getattr__(name: str) -> Any:
    """Resolve the public names on first use."""
    if name in _FACE:
        return getattr(importlib.import_module(f".{_FACE[name]}", __name__), name)
    raise AttributeError(f"module 'wetdry.host' has no attribute {name!r}")
