"""wetdry: neural and classic audio effects in Python."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import effects, host, models, presets
    from .effects import (
        Bitcrusher,
        CabinetIR,
        Gain,
        NeuralAmp,
        NeuralCompressor,
        NeuralDelay,
        NeuralEffect,
        NeuralSaturator,
        Pan,
        RandomizedOverdrive,
        TubeSaturator,
    )
    from .host import midi
    from .host.amp import amp
    from .host.automation.automated import Automated
    from .host.automation.breakpoints import Breakpoints
    from .host.automation.follower import EnvelopeFollower
    from .host.automation.lfo import LFO
    from .host.automation.tempo import Tempo
    from .host.benchmark import Benchmark
    from .host.capture import capture
    from .host.chain import Chain
    from .host.clone import clone
    from .host.convert import convert
    from .host.dawdreamer.built_in import DawDreamerProcessor
    from .host.dawdreamer.faust import Faust
    from .host.evaluation import evaluate
    from .host.graph.graph import Graph
    from .host.live.session import live
    from .host.midi import Binding, MidiMap, Performance
    from .host.mix import Mix
    from .host.plugins import load_plugin
    from .host.quantise import quantise
    from .host.recorded import capture_recordings
    from .host.rig.rig import Rig
    from .host.study.study import study
    from .models.training import train

__version__ = "0.1.0"
_ROOMS = {"effects": "effects", "host": "host", "midi": "host.midi", "models": "models", "presets": "presets"}
_FACE = {  # name: the module it comes from
    "Bitcrusher": "effects",
    "CabinetIR": "effects",
    "Gain": "effects",
    "NeuralAmp": "effects",
    "NeuralCompressor": "effects",
    "NeuralDelay": "effects",
    "NeuralEffect": "effects",
    "NeuralSaturator": "effects",
    "Pan": "effects",
    "RandomizedOverdrive": "effects",
    "TubeSaturator": "effects",
    "Chain": "host.chain",
    "Binding": "host.midi",
    "MidiMap": "host.midi",
    "Performance": "host.midi",
    "Mix": "host.mix",
    "Automated": "host.automation.automated",
    "Breakpoints": "host.automation.breakpoints",
    "EnvelopeFollower": "host.automation.follower",
    "LFO": "host.automation.lfo",
    "Tempo": "host.automation.tempo",
    "Faust": "host.dawdreamer.faust",
    "DawDreamerProcessor": "host.dawdreamer.built_in",
    "Graph": "host.graph.graph",
    "live": "host.live.session",
    "Rig": "host.rig.rig",
    "load_plugin": "host.plugins",
    "amp": "host.amp",
    "capture": "host.capture",
    "capture_recordings": "host.recorded",
    "train": "models.training",
    "evaluate": "host.evaluation",
    "clone": "host.clone",
    "convert": "host.convert",
    "quantise": "host.quantise",
    "study": "host.study.study",
    "Benchmark": "host.benchmark",
}
__all__ = ["LFO", "Automated", "Benchmark", "Binding", "Bitcrusher", "Breakpoints", "CabinetIR", "Chain", "DawDreamerProcessor",
           "EnvelopeFollower", "Faust", "Gain", "Graph", "MidiMap", "Mix", "NeuralAmp", "NeuralCompressor", "NeuralDelay",
           "NeuralEffect", "NeuralSaturator", "Pan", "Performance", "RandomizedOverdrive", "Rig", "Tempo", "TubeSaturator",
           "amp", "capture", "capture_recordings", "clone", "convert", "effects", "evaluate", "host", "live", "load_plugin",
           "midi", "models", "presets", "quantise", "study", "train"]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Resolve the public names on first use, so that `import wetdry` loads nothing heavy."""
    if name in _ROOMS:
        return importlib.import_module(f".{_ROOMS[name]}", __name__)
    if name in _FACE:
        return getattr(importlib.import_module(f".{_FACE[name]}", __name__), name)
    raise AttributeError(f"module 'wetdry' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
