"""NeuralCompressor and NeuralSaturator: the bare model, mixed, linked and metered; the factory clones beside their targets."""

import copy
import pickle

import numpy as np
import pytest
import scipy.signal

from wetdry.effects import NeuralEffect, TubeSaturator
from wetdry.effects.neural_compressor import NeuralCompressor
from wetdry.effects.neural_saturator import NeuralSaturator
from wetdry.host.excitation import excitation
from wetdry.host.plugins import load_plugin
from wetdry.models import Model, Parameter, load, metrics
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName
from wetdry.models.spec import Conv1d, ModelSpec, tcn
from wetdry.presets import clone_names, clone_path

RATE = 48000
KNOBS = (Parameter("squeeze", "dB", 0, 10, 3), Parameter("mix"))  # the second has a name that is taken
TWINS = (NeuralCompressor, NeuralSaturator)


def model_of(seed=0, knobs=KNOBS):
    spec = tcn(RATE, knobs, channels=4, blocks=2, kernel_size=5, growth=8, hidden=(4,), ends="gain")
    random = np.random.default_rng(seed)
    weights = {name: (0.8 * random.standard_normal(shape)).astype(np.float32) for name, shape in spec.weight_shapes.items()}
    weights |= {name: np.abs(value) + np.float32(0.1) for name, value in weights.items() if name.endswith("variance")}
    return Model(spec, weights)


def guitar(seconds=2.0, rate=RATE, seed=0):
    return excitation(10.0, rate, 50 + seed)[3 * rate :][: int(seconds * rate)]


def bare(audio, rate=RATE, **values):
    values = {{"model_mix": "mix"}.get(name, name): value for name, value in values.items()}
    return NeuralEffect(model_of(), **values)(audio, rate)


@pytest.mark.parametrize("kind", TWINS)
def test_with_nothing_added_it_is_the_model(kind):
    audio = np.stack([guitar(), 0.3 * guitar(seed=1)])
    plain = {"stereo_link": 0.0} if kind is NeuralCompressor else {}
    assert np.array_equal(kind(model_of(), squeeze=7, model_mix=0.2, **plain)(audio, RATE), bare(audio, squeeze=7, mix=0.2))


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("rate", [48000, 44100, 96000])
def test_dry_and_wet_are_as_late_as_each_other(kind, rate):
    audio = guitar(0.5, rate)
    wet, dry, half = (kind(model_of(), mix=mix)(audio, rate) for mix in (1.0, 0.0, 0.5))
    assert np.array_equal(dry, audio)
    assert half == pytest.approx((wet + dry) / 2, abs=1e-6)
    assert kind(model_of()).latency_samples == 0
    twin = kind(model_of())
    twin(audio, rate)
    assert (twin.latency_samples > 0) == (rate != RATE)


def test_levels_are_decibels():
    audio = guitar()
    wet = bare(audio)
    raised = NeuralCompressor(model_of(), makeup_db=12, mix=0.75)(audio, RATE)
    assert raised == pytest.approx(0.25 * audio + 0.75 * 10 ** (12 / 20) * wet, abs=1e-5)
    lowered = NeuralSaturator(model_of(), output_db=-9, mix=0.25)(audio, RATE)
    assert lowered == pytest.approx(10 ** (-9 / 20) * (0.75 * audio + 0.25 * wet), abs=1e-5)


def smoothed_square(audio):
    c = 1 - np.exp(-1 / (0.010 * RATE))
    return scipy.signal.lfilter([c], [1, c - 1], np.square(audio, dtype=np.float64)) + 1e-9


@pytest.mark.parametrize("link", [0.3, 1.0])
def test_linked_channels_follow_the_one_that_is_turned_down_most(link):
    audio = np.stack([guitar(), 0.05 * guitar(seed=1), np.zeros(2 * RATE, np.float32)])
    wet = bare(audio)
    gains = np.stack([np.sqrt(smoothed_square(w) / smoothed_square(x)) for w, x in zip(wet, audio, strict=True)])
    wanted = wet * (gains.min(0) / gains) ** link
    linked = NeuralCompressor(model_of(), stereo_link=link)(audio, RATE)
    assert linked == pytest.approx(wanted, abs=1e-5)
    assert np.abs(wanted - wet).max() > 0.03 * np.abs(wet[1]).max(), "there is something to hear"
    assert (np.abs(linked) <= np.abs(wet) + 1e-9).all(), "a link never raises"


@pytest.mark.parametrize("link", [0.0, 0.5, 1.0])
def test_equal_channels_are_not_touched_by_the_link(link):
    audio = guitar()
    wet = NeuralCompressor(model_of(), stereo_link=link)(np.stack([audio, audio]), RATE)
    assert np.array_equal(wet, np.stack([bare(audio)] * 2))


def test_the_meter_shows_the_level_that_is_missing():
    audio, compressor = np.stack([guitar(), 0.1 * guitar()]), NeuralCompressor(model_of(), stereo_link=0, makeup_db=20, mix=0.5)
    assert compressor.gain_reduction_db == 0.0
    compressor(audio[:, :RATE], RATE, reset=False)
    wet = bare(audio[:, :RATE])
    wanted = max(
        10 * np.log10(smoothed_square(x)[-1] / smoothed_square(w)[-1]) for x, w in zip(audio[:, :RATE], wet, strict=True)
    )
    assert compressor.gain_reduction_db == pytest.approx(max(wanted, 0.0), abs=1e-3)
    assert wanted > 1
    compressor(np.zeros((2, RATE), np.float32), RATE, reset=False)
    assert compressor.gain_reduction_db == pytest.approx(0, abs=1e-3), "silence is not turned down"
    with pytest.raises((AttributeError, UnknownName)):
        compressor.gain_reduction_db = 3


def test_the_link_follows_the_gain_through_a_resampler():
    audio = np.stack([guitar(1.0, 44100), 0.05 * guitar(1.0, 44100, 1)])
    linked, free = (NeuralCompressor(model_of(), stereo_link=link)(audio, 44100) for link in (1.0, 0.0))
    shares = [10 * np.log10(np.sum(np.square(w), 1) / np.sum(np.square(audio), 1)) for w in (linked, free)]
    assert abs(np.diff(shares[0])) < 0.5 * abs(np.diff(shares[1]))


@pytest.mark.parametrize("kind", TWINS)
def test_any_mono_model_stands_in(kind, tmp_path):
    path = tmp_path / "mine.safetensors"
    model_of().save(path)
    effect = kind(path, squeeze=4)
    assert repr(effect).startswith(f"{kind.__name__}({str(path)!r}, squeeze=4.0, model_mix=0.0, ")
    audio = guitar(0.2)
    wet = effect(audio, RATE)
    again, twin = pickle.loads(pickle.dumps(effect)), copy.copy(effect)
    path.unlink()
    assert np.array_equal(again(audio, RATE), wet) and np.array_equal(twin(audio, RATE), wet)
    assert repr(twin) == repr(effect)
    with pytest.raises(InvalidType, match="takes a Model, got int"):
        kind(3)
    stereo = ModelSpec(sample_rate=48000.0, layers=(Conv1d(channels=2),), input_channels=2)
    weights = {"layers.0.weight": np.ones((2, 2, 1), np.float32), "layers.0.bias": np.zeros(2, np.float32)}
    with pytest.raises(InvalidValue, match="2 inputs"):
        kind(Model(stereo, weights))


# the clones that come along


def test_factory_clones_are_found_by_name():
    assert {"tube_saturator", "zamcomp", "zamtube"} <= set(clone_names())
    with pytest.raises(UnknownName, match="zamcomp"):
        clone_path("zamkomp")
    with pytest.raises(UnknownName):
        clone_path("../clones/zamcomp")


def test_the_factory_twins_are_heard_before_a_knob_is_turned():
    compressor = NeuralCompressor()
    block = compressor(0.5 * np.sin(0.1 * np.arange(RATE, dtype=np.float32)), RATE)
    assert compressor.gain_reduction_db > 6 and np.abs(block[-4800:]).max() < 0.25
    assert copy.copy(compressor).parameters["threshold_db"].parameter.default == compressor.threshold_db
    assert NeuralCompressor(model_of()).squeeze == 3


def test_the_certificate_of_the_compressor():
    certificate = NeuralCompressor().model.certificate
    reduced = certificate["reduced"]
    assert reduced["settings"] >= 16 and reduced["by_db"] >= 6
    assert reduced["esr"]["median"] <= 0.02 and reduced["esr"]["p90"] <= 0.05
    assert reduced["share_of_dry"] <= 0.1
    assert reduced["lufs_difference"]["median"] <= 0.3
    assert reduced["gain_error_db"]["p90"] <= 0.7
    assert certificate["target"]["name"] == "ZamComp"


def test_the_certificate_of_the_saturator():
    certificate = NeuralSaturator().model.certificate
    assert certificate["esr"]["median"] <= 0.005 and certificate["esr"]["worst"] <= 0.02
    assert certificate["cells"] >= 32 and certificate["target"]["name"] == "TubeSaturator"


@pytest.mark.parametrize(("drive_db", "tone_hz"), [(6.3, 8100.0), (21.7, 2900.0), (38.2, 5400.0)])
def test_the_saturator_beside_its_twin(drive_db, tone_hz):
    dry = excitation(8.0, RATE, 987_654)
    maths = TubeSaturator(drive_db=drive_db, tone_hz=tone_hz, oversampling=8)(dry, RATE)
    assert metrics.esr(maths, NeuralSaturator(drive_db=drive_db, tone_hz=tone_hz)(dry, RATE)) <= 0.01


@pytest.mark.parametrize(("threshold_db", "ratio", "attack_ms"), [(-33.0, 7.5, 6.0), (-27.0, 15.0, 24.0), (-38.0, 3.5, 41.0)])
def test_the_compressor_beside_its_target(zamcomp, threshold_db, ratio, attack_ms):
    dry = excitation(10.0, RATE, 987_654)
    knobs = {"threshold_db": threshold_db, "ratio": ratio, "attack_ms": attack_ms}
    target = load_plugin(zamcomp, parameter_values=knobs)
    silence = np.zeros(RATE, np.float32)  # its knobs glide
    real = target.process(np.concatenate([silence, dry]), RATE)[RATE:]
    twin = NeuralCompressor(**knobs)(dry, RATE)
    assert metrics.level_dbfs(dry) - metrics.level_dbfs(real) > 4
    assert metrics.esr(real, twin) <= 0.02
    assert metrics.gain_error_db(dry, real, twin, RATE) <= 0.7
    assert load(clone_path("zamcomp")).training["every"] == 100
