"""Presets of every effect: they construct, play at sane levels, and differ from each other."""

import itertools

import numpy as np
import pytest

from wetdry.effects import REGISTRY, NeuralEffect
from wetdry.host.excitation import excitation
from wetdry.models.errors import UnknownName
from wetdry.presets import effect_presets

RATE = 48000
WITHOUT = {"NeuralEffect"}  # its knobs are its model's
SIDED = {"Pan"}  # one channel is no place to hear it
LEAST = 3
PRESETS = [(name, preset) for name, kind in REGISTRY.items() for preset in kind.presets()]


def riff():
    return excitation(8, RATE, seed=4)[2 * RATE : 5 * RATE]


def loudness_db(audio):
    return 20 * np.log10(np.sqrt(np.mean(np.square(audio, dtype=np.float64))) + 1e-12)


@pytest.mark.parametrize("name", [n for n in sorted(REGISTRY) if n not in WITHOUT])
def test_has_three_at_least(name):
    presets = REGISTRY[name].presets()
    assert len(presets) >= LEAST
    for preset in presets:
        assert preset == preset.strip() and preset[0].isupper() and len(preset) < 30


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_constructs_and_plays_at_a_sane_level(name, preset):
    kind, audio = REGISTRY[name], riff()
    effect = kind.preset(preset)
    assert (
        effect_presets(name, (bound.parameter for bound in effect.parameters.values()))[preset].items()
        <= {knob: getattr(effect, knob) for knob in effect.parameters}.items()
    )
    wet = effect(np.stack([audio, audio]), RATE)
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() < 4.0
    change = abs(loudness_db(wet) - loudness_db(audio))
    assert change < (21 if name == "Gain" else 13), "a player who steps through presets should not jump"


@pytest.mark.parametrize("name", sorted({name for name, _ in PRESETS}))
def test_differ_audibly_from_each_other(name):
    """No two are closer than -30 dB of the louder one."""
    kind, audio = REGISTRY[name], np.stack([riff()] * (2 if name in SIDED else 1))
    wets = {preset: kind.preset(preset)(audio, RATE).astype(np.float64) for preset in kind.presets()}
    for (one, a), (other, b) in itertools.combinations(wets.items(), 2):
        assert loudness_db(a - b) > max(loudness_db(a), loudness_db(b)) - 30, (one, other)


def test_further_knobs_go_on_top():
    effect = REGISTRY["TubeSaturator"].preset("Warm Bass", mix=0.25)
    assert (effect.mix, effect.drive_db) == (0.25, 15.0)


def test_a_wrong_name_lists_the_near_ones():
    with pytest.raises(UnknownName, match="no preset of TubeSaturator named 'Warm Bas'; did you mean Warm Bass"):
        REGISTRY["TubeSaturator"].preset("Warm Bas")
    assert NeuralEffect.presets() == {}


def test_what_is_handed_out_is_the_callers():
    REGISTRY["TubeSaturator"].presets()["Warm Bass"]["mix"] = 0
    assert REGISTRY["TubeSaturator"].preset("Warm Bass").mix == 0.7
