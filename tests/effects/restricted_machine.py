"""Plays on the machine that NUMBA_CPU_NAME and NUMBA_CPU_FEATURES describe: `restricted_machine.py AUDIO OUT`.

AUDIO and OUT are .npz files; OUT holds what each of MODELS and EFFECTS answers to AUDIO's "audio". Prints JSON: lanes,
registers, and how often each kind of vector register and the fused multiply-add appear in the assembly of all that played.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from named_specs import SHAPES  # pyright: ignore[reportMissingImports]

from wetdry import NeuralEffect, TubeSaturator
from wetdry.effects.kernels.compiled_runner import RUNNER
from wetdry.effects.kernels.machine import host
from wetdry.effects.kernels.native import assembly
from wetdry.effects.kernels.tube_saturator import tube_saturator
from wetdry.effects.neural import compile_model
from wetdry.models import Model
from wetdry.models.spec.memory_nets import s4d, tfilm

MODELS = [
    "nam nano",
    "a2 lite",
    "gated knobs",
    "tcn-300 knobs",
    "over features",
    "lstm 20",
    "gru 10",
    "proteus knob",
    "s4d",
    "tfilm",
]
REMEMBERING = {"s4d": s4d(48000, blocks=2, pairs=3), "tfilm": tfilm(48000, blocks=2)}
EFFECTS = {f"TubeSaturator {n}x": n for n in (1, 2, 8)}


def plain_model(name):
    """Return a model of a shape in use, its weights by fan-in."""
    spec, random, weights = (SHAPES | REMEMBERING)[name], np.random.default_rng(len(name)), {}
    for key, shape in spec.weight_shapes.items():
        value = random.standard_normal(shape) / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else random.uniform(0.1, 1, shape)
        weights[key] = value.astype(np.float32)
    return Model(spec.model_copy(update={"prewarm_samples": 0}), weights)


def answers_to(audio):
    """Return name → what it answers, of all MODELS and EFFECTS."""
    answers = {}
    for name in MODELS:
        model = plain_model(name)
        answers[name] = NeuralEffect(model)(audio, model.spec.sample_rate)
    for name, factor in EFFECTS.items():
        effect = TubeSaturator(drive_db=24, oversampling=factor)
        effect.schedule(1000, "drive_db", 6)
        effect.schedule(1500, "tone_hz", 9000)
        answers[name] = effect(audio, 48000, reset=False)
    return answers


def kernel_of(name):
    """Return the emitted kernel of a model or an effect."""
    return tube_saturator(EFFECTS[name]) if name in EFFECTS else compile_model(plain_model(name), 1).kernel


def found_in(text):
    return {name: len(re.findall(name, text)) for name in ("zmm", "ymm", "xmm", "vfmadd")}


if __name__ == "__main__":
    np.savez(sys.argv[2], **answers_to(np.load(sys.argv[1])["audio"]))
    modules = [RUNNER.module(host()), *(kernel_of(name).module(host()) for name in (*MODELS, *EFFECTS))]
    text = "".join(assembly(module, host()) for module in modules)
    print(json.dumps({"lanes": host().lanes, "registers": host().registers, **found_in(text)}))
