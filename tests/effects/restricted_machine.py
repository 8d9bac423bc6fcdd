"""Renders models on the machine that NUMBA_CPU_NAME and NUMBA_CPU_FEATURES describe: `restricted_machine.py AUDIO OUT`.

AUDIO and OUT are .npz files; OUT holds what each model of MODELS answers to AUDIO's "audio". Prints JSON: lanes, registers,
and how often each kind of vector register and the fused multiply-add appear in the assembly of everything that played.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from named_specs import SHAPES  # pyright: ignore[reportMissingImports]

from wetdry import NeuralEffect
from wetdry.effects.kernels.compiled_runner import RUNNER
from wetdry.effects.kernels.machine import host
from wetdry.effects.kernels.native import assembly
from wetdry.effects.neural import compile_model
from wetdry.models import Model

MODELS = ["nam nano", "a2 lite", "gated knobs", "tcn-300 knobs", "over features", "lstm 20", "gru 10", "proteus knob"]


def plain_model(name):
    """Return a model of a shape in use, its weights by fan-in."""
    spec, random, weights = SHAPES[name], np.random.default_rng(len(name)), {}
    for key, shape in spec.weight_shapes.items():
        value = random.standard_normal(shape) / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else random.uniform(0.1, 1, shape)
        weights[key] = value.astype(np.float32)
    return Model(spec.model_copy(update={"prewarm_samples": 0}), weights)


def found_in(text):
    return {name: len(re.findall(name, text)) for name in ("zmm", "ymm", "xmm", "vfmadd")}


if __name__ == "__main__":
    audio, renders = np.load(sys.argv[1])["audio"], {}
    texts = [assembly(RUNNER.module(host()), host())]
    for name in MODELS:
        model = plain_model(name)
        renders[name] = NeuralEffect(model)(audio, model.spec.sample_rate)
        texts.append(assembly(compile_model(model, 1).kernel.module(host()), host()))
    np.savez(sys.argv[2], **renders)
    print(json.dumps({"lanes": host().lanes, "registers": host().registers, **found_in("".join(texts))}))
