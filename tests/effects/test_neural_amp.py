"""NeuralAmp: the bare model between DC blocks and gains, at any rate, levelled by its metadata, through a cabinet."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
from amps import KNOBS, LEVELS, RATE, blocked, esr, gain_db, guitar, nam_file, plain, random_model, tone

from wetdry.effects import NeuralAmp, NeuralEffect
from wetdry.models import load
from wetdry.models.errors import InvalidValue

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import nam_files

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
