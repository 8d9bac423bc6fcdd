"""The factory rigs: that each plays at a usable level, clips nowhere, keeps silence silent, and answers its controllers."""

from functools import cache

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from wetdry import Rig
from wetdry.host.excitation import excitation
from wetdry.host.strings import riff
from wetdry.models.errors import UnknownName
from wetdry.presets import rig_names, rig_path

RATE = 48000
LOUDNESS = (-20, -13.5)  # LUFS
MIDWAY = RATE // 2


@cache
def loaded(name):
    return Rig.load(rig_path(name))


@cache
def dry():
    strummed, picked = riff(1.5, RATE, "chords", seed=3), riff(1.5, RATE, "picked", seed=1)
    return np.concatenate([strummed, picked])


@cache
def wet(name):
    return np.atleast_2d(loaded(name)(dry(), RATE))


def true_peak_db(audio):
    return 20 * np.log10(np.abs(resample_poly(audio, 8, 1, axis=-1)).max())


def control(number, value):
    return bytes((0xB0, number, value))


def test_there_are_a_dozen_and_more():
    assert len(rig_names()) >= 12
    assert {"clean", "crunch", "high_gain", "bass", "lo_fi", "parallel_compression", "vocal"} <= set(rig_names())


def test_a_name_that_is_near_is_said():
    with pytest.raises(UnknownName, match=r"crunhc.*crunch"):
        rig_path("crunhc")
    with pytest.raises(UnknownName):
        rig_path("../rigs/crunch")


@pytest.mark.parametrize("name", rig_names())
def test_says_what_it_is_and_what_turns_it(name):
    rig = loaded(name)
    assert rig.name.lower().replace(" ", "_").replace("-", "_") == name
    assert rig.about.endswith(".")
    sources = [str(source) for source, _ in rig.midi.bindings]
    assert "cc 7" in sources
    assert len(sources) >= 4 and len(set(sources)) == len(sources)
    assert len(rig.presets) >= 2
    assert [rig.midi.programs[number] for number in range(len(rig.presets))] == list(rig.presets.values())


@pytest.mark.parametrize("name", rig_names())
def test_plays_at_a_usable_level_and_does_not_clip(name):
    played = wet(name)
    quietest, loudest = LOUDNESS
    assert quietest < pyloudnorm.Meter(RATE).integrated_loudness(played.T.astype(float)) < loudest
    assert true_peak_db(played) < -0.5
    assert abs(played.mean()) < 0.002


@pytest.mark.parametrize("name", rig_names())
def test_keeps_silence_silent(name):
    played = loaded(name)(np.zeros(RATE // 4, np.float32), RATE)
    floor = -60 if name == "lo_fi" else -90  # a sampler's dither is to be heard
    assert np.sqrt(np.mean(played**2)) < 10 ** (floor / 20)


@pytest.mark.parametrize("name", rig_names())
def test_no_control_makes_it_clip(name):
    """The training signal, at full scale, with every control all the way up."""
    rig, loud = Rig.load(rig_path(name)), excitation(8, RATE)[RATE : 3 * RATE]
    up = [(0.0, control(int(str(source).removeprefix("cc ")), 127)) for source, _ in rig.midi.bindings]
    played = rig.played_by(up)(loud, RATE)
    assert np.isfinite(played).all()
    assert true_peak_db(np.atleast_2d(played)) < 0


@pytest.mark.parametrize("name", rig_names())
def test_its_controls_are_heard_when_they_are_turned(name):
    rig = Rig.load(rig_path(name))
    turned = [(MIDWAY / RATE, control(int(str(source).removeprefix("cc ")), 20)) for source, _ in rig.midi.bindings]
    change = np.abs(np.atleast_2d(rig.played_by(turned)(dry()[:RATE], RATE)) - wet(name)[:, :RATE]).max(axis=0)
    assert change[: MIDWAY - rig.latency_samples].max() == 0  # linear-phase filters ring ahead, at most by what they lag
    assert change[MIDWAY:].max() > 0.02


@pytest.mark.parametrize("name", rig_names())
def test_its_automation_moves_what_it_names(name):
    rig = loaded(name)
    _, curves = rig.render(dry()[:RATE], RATE)
    assert set(curves) == set(rig.automation)
    for path, numbers in curves.items():
        assert np.ptp(numbers) > 0.5, path


@pytest.mark.parametrize("name", rig_names())
def test_streams_and_comes_back_from_a_file_as_it_was(name, tmp_path):
    rig = loaded(name)
    rig.save(tmp_path / "saved.yaml")
    again, audio = Rig.load(tmp_path / "saved.yaml"), dry()[: RATE // 2]
    whole = rig(audio, RATE)
    assert np.array_equal(again(audio, RATE), whole)
    again.reset()
    streamed = np.concatenate([again(audio[i : i + 701], RATE, reset=False) for i in range(0, len(audio), 701)], axis=-1)
    assert np.abs(streamed - whole[..., : streamed.shape[-1]]).max() < 1e-6
    assert streamed.shape[-1] == len(audio) - rig.latency_samples
