"""Recipes of effects that are made of more than knobs: impulse responses, models, an effect inside an effect."""

import json
import pickle

import numpy as np
import pytest
import soundfile
from random_model import random_model

from wetdry import CabinetIR, Chain, Gain, NeuralAmp, NeuralDelay, NeuralSaturator, RandomizedOverdrive, TubeSaturator
from wetdry.host.recipe import build, describe
from wetdry.models import Parameter, load
from wetdry.models.errors import InvalidType
from wetdry.models.spec import wavenet
from wetdry.presets import clone_path

RATE = 48000


def audio():
    return (0.2 * np.random.default_rng(0).standard_normal((2, 3000))).astype(np.float32)


def response(channels):
    return (np.random.default_rng(1).standard_normal((channels, 200)) * np.exp(-np.arange(200) / 20)).astype(np.float32)


@pytest.fixture
def cabinet(tmp_path):
    soundfile.write(tmp_path / "cab.wav", response(1).T, RATE, subtype="FLOAT")
    return tmp_path / "cab.wav"


@pytest.mark.parametrize("make", [
    lambda cab: CabinetIR(cab, low_cut_hz=90),
    lambda cab: CabinetIR((response(2), RATE + 0.5)),
    lambda cab: CabinetIR((np.ones((2, 1), np.float32), RATE)),
    lambda cab: NeuralAmp(clone_path("tube_saturator"), cab, input_db=3),
    lambda cab: NeuralAmp(cabinet=(response(1), RATE)),
    lambda cab: NeuralSaturator(str(clone_path("zamtube")), tube_drive=7),
    lambda cab: NeuralDelay(TubeSaturator(oversampling=1, drive_db=20), time_ms=3, loop_drive_db=30),
    lambda cab: RandomizedOverdrive(7, activation="relu", weight_spread=2.0),
])  # fmt: skip
def test_rebuilds_what_sounds_the_same(make, cabinet):
    effect = make(cabinet)
    again = build(json.loads(json.dumps(describe(effect))))
    assert np.array_equal(again(audio(), RATE), effect(audio(), RATE))


def test_a_chain_takes_its_impulse_response_to_another_process():
    chain = Chain([CabinetIR((response(1), RATE)), Gain()])
    assert np.array_equal(pickle.loads(pickle.dumps(chain))(audio(), RATE), chain(audio(), RATE))


def test_a_model_without_a_file_is_no_recipe(tmp_path):
    model = random_model(wavenet(RATE, (Parameter("drive"),), channels=2, dilations=(1,)))
    with pytest.raises(InvalidType, match="save"):
        describe(NeuralAmp(model))
    model.save(tmp_path / "m.safetensors")
    amp = NeuralAmp(load(tmp_path / "m.safetensors"), drive=0.2)
    assert np.array_equal(build(describe(amp))(audio(), RATE), amp(audio(), RATE))
