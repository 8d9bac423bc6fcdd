"""The clones that come with wetdry, and how each was made: `wetdry factory` makes them anew, certificates included.

Everything they learn from and are judged on is built in, so anybody who has the target gets the same clone, but for what
the machine's speed and arithmetic change.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..effects import TubeSaturator
from ..models.errors import UnknownName
from ..models.model import Model
from ..models.parameter import Parameter
from ..models.spec import Conv1d, ModelSpec, Multiply, tcn
from ..presets import CLONES
from .capture.target import Ranges
from .clone import Clone, Progress, clone
from .plugins.installed import plugin_path

SMOOTHED_SAMPLES = 12


def compressor_net(sample_rate: float, knobs: tuple[Parameter, ...], level: float) -> ModelSpec:
    """Return TCN-300 with half its channels, ending in a gain: it hears 278 ms back at 48 kHz."""
    return tcn(sample_rate, knobs, channels=16, ends="gain")


def smooth_gain(model: Model) -> Model:
    """Return a net that ends in a gain with that gain, before its sigmoid, averaged over the last 12 samples.

    A net's gain ripples with the wave, which distorts: ZamComp's twin by 0.9 % at 1249 Hz, and after averaging by 0.4 % (at
    4186 Hz by 0.5 % and 0.03 %). The gain comes an eighth of a millisecond later: longer averages miss short attacks.
    """
    (ending,) = model.spec.layers
    assert isinstance(ending, Multiply)
    mean = Conv1d(channels=1, kernel_size=SMOOTHED_SAMPLES, bias=False)
    ending = ending.model_copy(update={"body": (*ending.body[:-1], mean, ending.body[-1])})
    weight = np.full((1, 1, SMOOTHED_SAMPLES), 1 / SMOOTHED_SAMPLES, np.float32)
    weights = {**model.weights, f"layers.0.body.{len(ending.body) - 2}.weight": weight}
    return replace(model, spec=model.spec.model_copy(update={"layers": (ending,)}), weights=weights)


@dataclass(frozen=True)
class FactoryClone:
    """How a factory clone is made.

    Attributes:
        target: a plugin's file name, or what makes the effect.
        knobs: the clone's, with the range each was captured over (None: the whole), and its scale if not the target's.
        capturing, training, evaluating, finish: as `clone` takes them.
    """

    target: str | Callable[[], Any]
    knobs: Ranges
    capturing: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    evaluating: Mapping[str, Any] = field(default_factory=dict)
    finish: Callable[[Model], Model] | None = None


FACTORY = {
    "zamcomp": FactoryClone(
        "ZamComp.vst3",
        {"threshold_db": (-45.0, -10.0), "ratio": (1.5, 20.0, "log"), "attack_ms": (3.0, 50.0, "log")},
        {"settings": 256, "validation_settings": 12, "seconds_per_take": 15.0, "excitation_seconds": 1200.0,
         "receptive_field_seconds": 0.278},
        {"spec": compressor_net, "epochs": 150.0, "batch_size": 16, "segment": 48_000, "every": 100, "loss": "esr+level"},
        {"settings": 32},
        smooth_gain,
    ),
    "tube_saturator": FactoryClone(
        lambda: TubeSaturator(oversampling=8),
        {"drive_db": None, "tone_hz": None},
        {"settings": 96, "seconds_per_take": 20.0},
        {"epochs": 4.0},
    ),
    "zamtube": FactoryClone("ZamTube.vst3", {"tube_drive": None, "treble": None}, {}, {"epochs": 2.0}),
}  # fmt: skip


def recipe_of(name: str) -> FactoryClone:
    """Return how a factory clone is made. Raises UnknownName listing near misses."""
    if name not in FACTORY:
        raise UnknownName("factory clone", name, FACTORY)
    return FACTORY[name]


def make(name: str, work: Path, progress: Progress | None = None) -> Clone:
    """Make a factory clone in `work`/name and put it where `presets.clone_path` finds it.

    A killed run goes on where it was; a finished one is only copied.

    Raises:
        UnknownName: there is no such clone. FileProblem: its target is not installed.
        WetdryError: what `clone` raises.
    """
    recipe = recipe_of(name)
    target = plugin_path(recipe.target) if isinstance(recipe.target, str) else recipe.target()
    made = clone(target, recipe.knobs, work / name, capturing=recipe.capturing, training=recipe.training,
                 evaluating=recipe.evaluating, finish=recipe.finish, progress=progress)  # fmt: skip
    CLONES.mkdir(exist_ok=True)
    shutil.copyfile(made.model_path, CLONES / f"{name}.safetensors")
    return made
