"""NeuralAmp: its cabinet, its models, and what it does when they change while it plays."""

import copy
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from amps import KNOBS, LEVELS, RATE, blocked, esr, guitar, nam_file, plain, random_model, tone

from wetdry.effects import CabinetIR, NeuralAmp, NeuralEffect
from wetdry.models import Model, Parameter, load
from wetdry.models.errors import FileProblem, InvalidType
from wetdry.models.spec import Gain, ModelSpec, wavenet
from wetdry.presets import clone_path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import nam_files

# cabinet


def speaker(length=3000, seed=1):
    taps = np.random.default_rng(seed).standard_normal(length) * np.exp(-8 * np.arange(length) / length)
    return taps.astype(np.float32), RATE


def test_plays_through_a_cabinet():
    model, audio = random_model(), guitar(channels=2)
    cabinet = CabinetIR(speaker(), mix=0.8, level_db=-3, low_cut_hz=90)
    amp = NeuralAmp(model, cabinet)
    assert (amp.cabinet_mix, amp.cabinet_level_db) == (0.8, -3)
    assert amp.cabinet is cabinet.impulse_response
    expected = cabinet(NeuralAmp(model)(audio, RATE), RATE)
    assert np.array_equal(amp(audio, RATE), expected)
    amp.cabinet_mix, cabinet.mix = 0.3, 0.3
    amp.cabinet_normalise = cabinet.normalise = "energy"
    assert np.array_equal(amp(audio, RATE), cabinet(NeuralAmp(model)(audio, RATE), RATE))
    assert cabinet.low_cut_hz == 90 and amp.tail_seconds > cabinet.tail_seconds


def test_a_bypassed_cabinet_is_not_there():
    model, audio = random_model(), guitar()
    amp = NeuralAmp(model, speaker(), cabinet_bypass=True)
    assert np.array_equal(amp(audio, RATE), NeuralAmp(model)(audio, RATE))


def test_bypass_fades_and_comes_back():
    model, audio = random_model(), guitar()
    amp, wet, dry = NeuralAmp(model, speaker()), NeuralAmp(model, speaker())(audio, RATE), NeuralAmp(model)(audio, RATE)
    amp.schedule(6000, "cabinet_bypass", True)
    amp.schedule(14000, "cabinet_bypass", False)
    heard = amp(audio, RATE, reset=False)
    amount = np.zeros(len(audio))
    amount[6000:14000] = 1 - np.exp(-np.arange(1, 8001) / 480)
    amount[14000:] = amount[13999] * np.exp(-np.arange(1, len(audio) - 13999) / 480)
    assert np.abs(heard - (wet + amount * (dry - wet))).max() < 1e-4 * np.abs(wet).max()


def test_a_new_cabinet_while_playing():
    model, audio = plain(), guitar()
    amp = NeuralAmp(model)
    first = amp(audio[:6400], RATE, reset=False)
    amp.cabinet = speaker(300)
    second = amp(audio[6400:], RATE, reset=False)
    assert np.array_equal(first, NeuralAmp(model)(audio, RATE)[:6400])
    expected = NeuralAmp(model, speaker(300))(audio, RATE)[6400:]
    assert np.abs(second[4800:] - expected[4800:]).max() < 0.02 * np.abs(expected).max()  # but for what the DC blocks knew
    assert np.abs(np.diff(np.concatenate([first[-100:], second[:100]]))).max() < 2 * np.abs(np.diff(audio)).max()
    amp.cabinet = None
    assert np.array_equal(amp(audio, RATE), NeuralAmp(model)(audio, RATE))


# what it is made of


def test_by_default_it_plays_the_factory_clone_of_a_tube_preamplifier():
    amp = NeuralAmp(tube_drive=11)
    assert np.array_equal(amp(guitar(), RATE), NeuralAmp(clone_path("zamtube"), tube_drive=11)(guitar(), RATE))
    assert repr(NeuralAmp()).startswith("NeuralAmp(input_db=0.0, tube_drive=6.0, treble=5.0, output_db=0.0")


def test_the_presets_go_from_clean_to_cranked():
    audio = tone(220, RATE)
    distortion = {}
    for name in ("Clean Platform", "Edge of Breakup", "Cranked"):
        spectrum = np.abs(np.fft.rfft(NeuralAmp.preset(name)(audio, RATE)[RATE // 2 :] * np.hanning(RATE // 2))) ** 2
        powers = [spectrum[110 * k - 3 : 110 * k + 4].sum() for k in range(1, 20)]
        distortion[name] = np.sqrt(sum(powers[1:]) / powers[0])
    assert distortion["Clean Platform"] < 0.01 < 0.03 < distortion["Edge of Breakup"] < 0.15 < distortion["Cranked"]


def test_another_model_while_playing(tmp_path):
    one, two = random_model(KNOBS, **LEVELS), random_model((KNOBS[1], Parameter("bias")), seed=9)
    amp, audio = NeuralAmp(one, input_db=6, tone=5000, drive=9, calibration="normalised"), guitar()
    first = amp(audio[:6400], RATE, reset=False)
    amp.schedule(10000, "drive", 1.0)
    amp.model = two
    second = amp(audio[6400:], RATE, reset=False)
    assert list(amp.parameters)[:4] == ["input_db", "tone", "bias", "output_db"]
    assert (amp.input_db, amp.tone, amp.bias, amp.calibration) == (6, 5000, 0, "raw")
    alone = NeuralAmp(two, input_db=6, tone=5000)
    assert amp.model is two
    assert np.array_equal(first, NeuralAmp(one, input_db=6, tone=5000, drive=9, calibration="normalised")(audio, RATE)[:6400])
    assert esr(second[5000:], alone(audio, RATE)[11400:]) < 1e-4  # but for what the DC blocks knew
    assert np.array_equal(amp(audio, RATE), alone(audio, RATE))
    amp.model = nam_file(tmp_path, "old keys")
    assert np.array_equal(amp(audio, 44100), NeuralAmp(tmp_path / "model.nam", input_db=6)(audio, 44100))
    with pytest.raises(InvalidType, match="NeuralAmp takes a Model"):
        amp.model = 3
    assert amp.model is not two and "bias" not in amp.parameters


def test_a_model_of_another_rate_while_playing_starts_a_new_stream():
    slow = wavenet(16000.0, channels=4, dilations=(1, 2))
    amp, audio = NeuralAmp(random_model()), guitar()
    amp(audio[:6000], RATE, reset=False)
    amp.model = Model(slow, {n: np.full(s, 0.2, np.float32) for n, s in slow.weight_shapes.items()})
    assert amp.latency_samples > 100
    assert np.array_equal(amp(audio[6000:], RATE, reset=False), NeuralAmp(amp.model)(audio[6000:], RATE, reset=False))


def test_takes_paths_and_says_what_is_wrong(tmp_path):
    path = nam_file(tmp_path, "old keys")
    assert np.array_equal(NeuralAmp(path)(guitar(), RATE), NeuralAmp(load(path))(guitar(), RATE))
    assert repr(NeuralAmp(path)).startswith(f"NeuralAmp({str(path)!r}, input_db=0.0")
    with pytest.raises(FileProblem, match="missing"):
        NeuralAmp(tmp_path / "missing.nam")
    with pytest.raises(InvalidType, match="NeuralAmp takes a Model"):
        NeuralAmp(3)
    with pytest.raises(FileProblem, match="missing"):
        NeuralAmp(path, tmp_path / "missing.wav")


def test_knobs_of_the_model_whose_names_are_taken():
    knobs = (Parameter("output_db", "dB", -10, 10, 2), Parameter("model", "", 0, 1, 0.5), Parameter("gain"))
    amp = NeuralAmp(random_model(knobs))
    assert list(amp.parameters)[:5] == ["input_db", "model_output_db", "model_model", "gain", "output_db"]
    amp.model_output_db = 7
    bare = NeuralEffect(amp.model)
    bare.output_db = 7
    heard = bare(guitar(), RATE)
    assert esr(amp(guitar(), RATE), blocked(heard, heard[0])) < 1e-3  # but for the DC block before the model


def test_copies_and_pickles_with_model_and_cabinet(tmp_path):
    path = nam_file(tmp_path, "old keys")
    amp = NeuralAmp(path, speaker(), input_db=6, cabinet_mix=0.5, cabinet_bypass=False)
    expected = amp(guitar(), RATE)
    copied, pickled = copy.copy(amp), pickle.dumps(amp)
    path.unlink()  # what was loaded travels, not the path
    for twin in (copied, copy.deepcopy(amp), pickle.loads(pickled)):
        assert np.array_equal(twin(guitar(), RATE), expected)
    copied.cabinet_mix = 0.1
    assert amp.cabinet_mix == 0.5


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_a_model_that_runs_away_is_muted_and_begins_anew(rate):
    model = Model(ModelSpec(sample_rate=float(RATE), layers=(Gain(level_db=200.0),) * 3), {})
    audio = np.zeros(12000, np.float32)
    audio[5000:] = 1e-30 * tone(500, 7000)
    expected = NeuralAmp(model)(audio, rate)
    audio[1000] = 1e10
    wet = NeuralAmp(model)(audio, rate)
    assert np.isfinite(wet).all()
    assert np.abs(wet[2000:4800]).max() < 1e-3 * np.abs(wet).max()
    assert esr(wet[4000:], expected[4000:]) < 1e-3


def test_models_of_several_channels(tmp_path):
    model = load(nam_files.write(tmp_path, nam_files.stereo(2)))  # two in, three out
    amp, audio = NeuralAmp(model), guitar(channels=2)
    assert amp(audio, RATE).shape == (3, audio.shape[1])
    assert amp(guitar(44100, channels=2), 44100).shape[0] == 3
