"""NeuralAmp: the bare model between DC blocks and gains, at any rate, levelled by its metadata, through a cabinet."""

import copy
import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
from scipy.signal import lfilter

from wetdry.effects import CabinetIR, NeuralAmp, NeuralEffect
from wetdry.host.strings import phrase
from wetdry.models import Model, Parameter, load
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue
from wetdry.models.spec import Gain, ModelSpec, wavenet
from wetdry.presets import clone_path

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import nam_files

RATE = 48000
LEVELS = {"loudness": -24.5, "input_level_dbu": 18.0, "output_level_dbu": 9.0}


def random_model(knobs=(), seed=0, weight=0.4, **metadata):
    spec = wavenet(RATE, knobs, channels=6, dilations=(1, 5, 40))
    random = np.random.default_rng(seed)
    weights = {n: (weight * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    return Model(spec, weights, metadata=metadata)


def plain(level_db=0.0, knobs=(), **metadata):
    """Return a model that is a level and nothing else."""
    return Model(ModelSpec(sample_rate=float(RATE), layers=(Gain(level_db=level_db),)), {}, metadata=metadata)


def guitar(rate=RATE, seconds=0.5, channels=None, peak=0.5):
    audio = np.pad(phrase(round(seconds * rate), rate, np.random.default_rng(4), "riff"), round(0.02 * rate))
    audio = (peak * audio / np.abs(audio).max()).astype(np.float32)
    return audio if channels is None else np.stack([audio, audio[::-1]][:channels])


def tone(hz, samples, level=0.25):
    return (level * np.sin(2 * np.pi * hz * np.arange(samples) / RATE)).astype(np.float32)


def blocked(audio, idle=0.0, rate=RATE):
    """Return audio behind a DC block that has settled at `idle`."""
    pole = math.exp(-2 * math.pi * 10 / rate)
    scale = (1 + pole) / 2
    return lfilter([scale, -scale], [1, -pole], audio.astype(float), zi=[-scale * float(idle)])[0]


def esr(wet, expected):
    return np.sum((wet - expected) ** 2.0) / np.sum(expected**2.0)


def gain_db(amp, audio):
    """Return by how much the amp is louder than its input, in dB, settled."""
    wet = amp(audio, RATE)[4000:]
    return 10 * np.log10(np.sum(wet**2.0) / np.sum(audio[4000:] ** 2.0))


def nam_file(folder, name, seed=3):
    return nam_files.write(folder, nam_files.at(nam_files.FILES[name](seed), RATE))


KNOBS = (Parameter("drive", "", 0, 10, 4), Parameter("tone", "Hz", 100, 10000, 1000, scale="log"))
MODELS = {
    "WaveNet .nam": lambda folder: load(nam_file(folder, "old keys")),
    "LSTM .nam": lambda folder: load(nam_files.write(folder, nam_files.lstm(1, 2, sample_rate=RATE))),
    "clone with knobs": lambda folder: random_model(KNOBS),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("raw", [None, 0.9])
def test_nulls_against_the_bare_model_behind_dc_blocks(name, raw, tmp_path):
    model = MODELS[name](tmp_path)
    amp, bare = NeuralAmp(model), NeuralEffect(model)
    for knob in bare.parameters if raw else ():
        amp.parameters[knob].raw_value = bare.parameters[knob].raw_value = raw
    audio = 0.8 * guitar(seconds=0.2) + np.float32(0.1)  # with DC
    silence = np.zeros(RATE, np.float32)
    dry = np.concatenate([silence, blocked(audio).astype(np.float32)])
    heard = bare(dry, RATE)
    expected = blocked(heard, heard[0])[RATE:]
    wet = amp(audio, RATE)
    assert np.abs(wet - expected).max() < 5e-6 * np.abs(expected).max()
    assert np.abs(wet).max() > 1e-3
    assert amp.latency_samples == 0


def test_dc_does_not_pass():
    amp = NeuralAmp(random_model(weight=0.6))
    wet = amp(np.zeros(RATE, np.float32), RATE)
    assert abs(NeuralEffect(amp.model)(np.zeros(64, np.float32), RATE)[0]) > 0.01
    assert np.abs(wet).max() < 1e-5  # settled before the first sample
    drifted = amp(np.full(2 * RATE, 0.3, np.float32), RATE)
    assert np.abs(drifted[RATE:]).max() < 1e-5


@pytest.mark.parametrize(("host", "lag", "bar"), [(44100, 101, 2e-5), (96000, 115, 2e-4)])  # above 20 kHz it differs
def test_another_rate_sounds_as_resampled_outside(host, lag, bar, shared):
    model, audio = load(shared / "vectors/nam/wavenet_a1_standard.nam"), guitar(host, 1.0)
    amp = NeuralAmp(model)
    wet = amp(audio, host)
    assert amp.latency_samples == lag
    bare, inner = NeuralEffect(model), blocked(soxr.resample(audio, host, RATE, "VHQ"))
    rendered = bare(inner.astype(np.float32), RATE)
    expected = soxr.resample(blocked(rendered, bare(np.zeros(64, np.float32), RATE)[0]), RATE, host, "VHQ")
    assert esr(wet[:-500], expected[: len(wet) - 500]) < bar  # soxr rings where the signal is cut off


def test_another_rate_without_files_of_others():
    model, audio = random_model(weight=0.7), guitar(44100, 1.0, peak=0.9)
    amp = NeuralAmp(model, input_db=12)
    wet = amp(audio, 44100)
    expected = soxr.resample(amp(soxr.resample(audio, 44100, RATE, "VHQ"), RATE), RATE, 44100, "VHQ")
    assert esr(wet[:-500], expected[: len(wet) - 500]) < 1e-5
    assert esr(NeuralAmp(plain(), input_db=12)(audio, 44100), expected[: len(wet)]) > 0.1  # the model is not a level


def test_streams_at_another_rate_bit_for_bit():
    amp, audio = NeuralAmp(random_model(KNOBS)), guitar(44100, 0.2)
    for sample, value in ((100, 9.0), (3001, 1.0)):
        amp.schedule(sample, "drive", value)
    whole = amp(audio, 44100, reset=False)
    assert len(whole) == len(audio) - 101
    again, parts, at = NeuralAmp(random_model(KNOBS)), [], 0
    for sample, value in ((100, 9.0), (3001, 1.0)):
        again.schedule(sample, "drive", value)
    for size in [1, 63, 300, 64, 5000, 1, 20000]:
        parts.append(again(audio[at : at + size], 44100, reset=False))
        at += size
    assert np.array_equal(np.concatenate(parts), whole)


def test_gains_before_and_after_the_model():
    audio = tone(1000, 20000)
    assert gain_db(NeuralAmp(plain(-6.0), input_db=9, output_db=-4), audio) == pytest.approx(-1, abs=1e-3)
    driven, hot = NeuralAmp(random_model(weight=0.7), input_db=12), NeuralAmp(random_model(weight=0.7))
    assert esr(driven(audio, RATE), hot(audio * np.float32(10 ** (12 / 20)), RATE)) < 1e-10
    assert esr(driven(audio, RATE), hot(audio, RATE) * 10 ** (12 / 20)) > 0.01  # not after the model


@pytest.mark.parametrize("knob", ["input_db", "output_db"])
def test_gains_glide_in_5_ms(knob):
    amp, audio = NeuralAmp(plain()), tone(3000, 9600)
    amp.schedule(4800, knob, 12.0)
    envelope = amp(audio, RATE, reset=False) / np.where(np.abs(audio) > 0.1, audio, np.nan)
    times = np.arange(9600) - 4800
    expected = np.where(times < 0, 1.0, 10**0.6 + (1 - 10**0.6) * np.exp(-(times + 1) / (0.005 * RATE)))
    assert np.nanmax(np.abs(envelope - expected)) < 0.05


# levels


def test_raw_normalised_and_calibrated():
    audio, amp = tone(1000, 20000), NeuralAmp(plain(**LEVELS), interface_level_dbu=12.5)
    assert amp.parameters["calibration"].parameter.choices == ("raw", "normalised", "calibrated")
    assert gain_db(amp, audio) == pytest.approx(0, abs=1e-3)
    amp.calibration = "normalised"
    assert gain_db(amp, audio) == pytest.approx(-18 + 24.5, abs=1e-3)
    amp.calibration = "calibrated"
    assert gain_db(amp, audio) == pytest.approx(9 - 18, abs=1e-3)  # the interface's own level goes in and comes out
    amp.output_db = 3
    assert gain_db(amp, audio) == pytest.approx(9 - 18 + 3, abs=1e-3)


def test_calibrated_drives_the_model_by_the_interface():
    model = random_model(weight=0.7, **LEVELS)
    calibrated = NeuralAmp(model, calibration="calibrated", interface_level_dbu=6)
    by_hand = NeuralAmp(model, input_db=6 - 18, output_db=9 - 6)
    assert np.array_equal(calibrated(guitar(), RATE), by_hand(guitar(), RATE))


def test_a_turn_of_calibration_glides_and_keeps_the_model_playing():
    model = random_model(weight=0.7, **LEVELS)
    amp, other = NeuralAmp(model), NeuralAmp(model)
    audio = guitar()
    for effect in (amp, other):
        effect(audio[:5000], RATE, reset=False)
    amp.calibration = "normalised"
    other.output_db = -18 + 24.5
    assert np.array_equal(amp(audio[5000:], RATE, reset=False), other(audio[5000:], RATE, reset=False))


@pytest.mark.parametrize(
    ("metadata", "choice", "missing"),
    [
        ({}, "normalised", "loudness"),
        ({"loudness": None}, "normalised", "loudness"),
        ({"loudness": -20.0}, "calibrated", "input_level_dbu and output_level_dbu"),
        ({"loudness": -20.0, "input_level_dbu": 12.0, "output_level_dbu": "loud"}, "calibrated", "output_level_dbu"),
    ],
)
def test_metadata_that_lack_a_level(metadata, choice, missing):
    amp = NeuralAmp(plain(**metadata))
    assert choice not in amp.parameters["calibration"].parameter.choices
    with pytest.raises(InvalidValue, match=rf"{choice}.*lack {missing}; use 'raw'"):
        amp.calibration = choice
    with pytest.raises(InvalidValue, match="'raw'"):
        amp.calibration = "loud"
    assert amp.calibration == "raw"


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
