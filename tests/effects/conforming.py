"""Who takes the conformance suite: every registered effect, and variants that its constructor's arguments make."""

import itertools
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from wetdry.effects import REGISTRY, CabinetIR, NeuralAmp, NeuralEffect, NeuralSaturator
from wetdry.models import Model, Parameter
from wetdry.models.spec import wavenet

RATE = 48000


def small_model(gating="none", rate=RATE):
    spec = wavenet(rate, (Parameter("drive", "", 0, 10, 3), Parameter("tone")), channels=6, dilations=(1, 5, 40), gating=gating)
    generator = np.random.default_rng(5)
    weights = {n: (0.4 * generator.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    return Model(spec, weights)


def levelled():
    """Return the amp's factory clone as if its metadata said its levels."""
    return replace(NeuralAmp().model, metadata={"loudness": -20.0, "input_level_dbu": 13.0, "output_level_dbu": 8.0})


def decay(samples=3000):
    """Return a response: a strong first sample after a little silence, then noise that dies away."""
    taps = noise(samples, seed=7) * np.exp(-np.arange(samples) / 400).astype(np.float32)
    taps[:9] = [*[0] * 8, 3]
    return taps


EFFECTS = {name: kind for name, kind in REGISTRY.items()}
EFFECTS["NeuralEffect with a model"] = lambda **knobs: NeuralEffect(small_model(), **knobs)
EFFECTS["NeuralEffect gated"] = lambda **knobs: NeuralEffect(small_model("gated"), **knobs)
EFFECTS["CabinetIR with a response"] = lambda **knobs: CabinetIR((decay(), RATE), **knobs)
EFFECTS["NeuralAmp calibrated, with a cabinet"] = lambda **knobs: NeuralAmp(
    levelled(), (decay(), RATE), **{"calibration": "calibrated", **knobs}
)
EFFECTS["NeuralSaturator of a model at another rate"] = lambda **knobs: NeuralSaturator(small_model(rate=44100), **knobs)
NO_SOURCE = {name for name in EFFECTS if " " in name}  # printed with models and arrays that no line can hold


def noise(samples=3000, channels=None, seed=0):
    shape = samples if channels is None else (channels, samples)
    return (0.3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def automatable(effect):
    """Return the knobs that may move while audio plays, by name."""
    return {name: bound for name, bound in effect.parameters.items() if bound.parameter.automatable}


def structural(effect):
    """Return the knobs that rebuild the effect, by name."""
    return {name: bound for name, bound in effect.parameters.items() if not bound.parameter.automatable}


def presets_of(make):
    """Return the presets that fit: those of a factory clone do not fit another model."""
    effect = make()
    return [values for values in type(effect).presets().values() if values.keys() <= effect.parameters.keys()]


def streamed(effect, audio, cuts, rate=RATE):
    """Return audio as played by a stream cut at these samples; cuts that leave a block ambiguous to its layout are left out."""
    length, channels = audio.shape[-1], 1 if audio.ndim == 1 else len(audio)
    edges = [0]
    for cut in sorted(cuts):
        if edges[-1] + channels < cut < length - channels:
            edges.append(cut)
    parts = [effect(audio[..., a:b], rate, reset=False) for a, b in itertools.pairwise([*edges, length])]
    return np.concatenate(parts, axis=-1)


@st.composite
def settings_of(draw, make):
    """Draw knob values: a preset's, or any positions."""
    values = dict(draw(st.sampled_from([{}, *presets_of(make)])))
    if draw(st.booleans()):
        for name, bound in make().parameters.items():
            if draw(st.booleans()):
                values[name] = bound.parameter.from_raw(draw(st.floats(0, 1)))
    return values


@st.composite
def scripts_of(draw, make, samples):
    """Draw knob moves as (sample, name, value)."""
    knobs = automatable(make())
    moves = draw(st.lists(st.tuples(st.integers(0, samples - 1), st.sampled_from(sorted(knobs)), st.floats(0, 1)), max_size=6))
    return [(sample, name, knobs[name].parameter.from_raw(raw)) for sample, name, raw in moves]


def scripted(make, script, values=None):
    effect = make(**(values or {}))
    for sample, name, value in script:
        effect.schedule(sample, name, value)
    return effect
