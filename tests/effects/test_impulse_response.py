"""Impulse responses: what is read, what is refused, and what preparing them keeps."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile

from wetdry.effects.impulse_response import ImpulseResponse
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue
from wetdry.models.response_rate import LONGEST_LEAD

RATE = 48000
BAND = np.geomspace(40, 16000, 60)


def decay(samples=4000, channels=1, seed=0, over=600):
    noise = np.random.default_rng(seed).standard_normal((channels, samples))
    return (0.2 * noise * np.exp(-np.arange(samples) / over)).astype(np.float32)


def cabinet(rate, seconds=0.1):
    """Return a response like a loudspeaker's: a few damped resonances at full level from its first sample on."""
    times = np.arange(round(seconds * rate)) / rate
    tones = ((110, 0.3, 60), (400, 0.5, 200), (2500, 1.0, 900), (4000, 0.4, 1500))
    return sum(a * np.cos(2 * math.pi * f * times) * np.exp(-d * times) for f, a, d in tones)[None] * 1000 / rate


def response_db(taps, rate, frequencies=BAND):
    turns = np.exp(-2j * np.pi * frequencies[:, None] * np.arange(taps.shape[-1]) / rate)
    return 20 * np.log10(np.abs(turns @ taps.reshape(-1, taps.shape[-1]).T)).T


def given_as(samples, rate=RATE):
    made = ImpulseResponse.of((samples, rate))
    assert made is not None
    return made


FORMATS = [(".wav", "PCM_16"), (".wav", "PCM_24"), (".wav", "FLOAT"), (".flac", "PCM_24"), (".aiff", "PCM_24")]


@pytest.mark.parametrize(("suffix", "subtype"), FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_reads_files(tmp_path, suffix, subtype, channels):
    samples, path = decay(channels=channels), tmp_path / f"cab{suffix}"
    soundfile.write(path, samples.T, 44100, subtype=subtype)
    made = ImpulseResponse.of(path)
    assert made is not None
    assert (made.samples.shape, made.sample_rate, made.path) == (samples.shape, 44100, str(path))
    assert np.abs(made.samples - samples).max() < 2**-15
    assert repr(made) == repr(str(path))
    path.unlink()
    back = pickle.loads(pickle.dumps(made))
    assert np.array_equal(back.samples, made.samples)
    assert back.path == made.path


def test_takes_either_layout():
    stereo = decay(channels=2)
    assert np.array_equal(given_as(stereo).samples, given_as(stereo.T).samples)
    assert np.array_equal(given_as(stereo[0]).samples, stereo[:1])
    assert given_as(stereo).prepared(RATE).dtype == np.float32


def test_an_array_is_the_effects_own():
    samples = decay()
    made = given_as(samples)
    samples[:] = 0
    assert made.samples.any()


def bad_files(folder: Path):
    (folder / "text.wav").write_text("not audio")
    soundfile.write(folder / "empty.wav", np.zeros(0), RATE)
    soundfile.write(folder / "silent.wav", np.zeros(10), RATE)
    soundfile.write(folder / "nan.wav", np.array([0.5, np.nan]), RATE, subtype="FLOAT")
    soundfile.write(folder / "long.wav", np.zeros(31 * 8000), 8000)
    soundfile.write(folder / "wide.wav", np.ones((20, 9)), RATE)
    whole = (folder / "silent.wav").read_bytes()
    (folder / "half.wav").write_bytes(whole[:20])


@pytest.mark.parametrize(("name", "error", "words"), [
    ("none.wav", FileProblem, ["no audio file"]),
    ("text.wav", FileProblem, ["as audio", "pass WAV"]),
    ("half.wav", FileProblem, ["as audio"]),
    (".", FileProblem, ["no audio file"]),
    ("empty.wav", InvalidValue, ["0 samples"]),
    ("silent.wav", InvalidValue, ["silence", "export"]),
    ("nan.wav", InvalidValue, ["not finite (first: 1)", "export"]),
    ("long.wav", InvalidValue, ["31.0 s", "30 s", "cut it"]),
    ("wide.wav", InvalidValue, ["9 channels", "mono or stereo"]),
])  # fmt: skip
def test_refuses_files_by_name(tmp_path, name, error, words):
    bad_files(tmp_path)
    with pytest.raises(error) as raised:
        ImpulseResponse.of(tmp_path / name)
    for word in [str(tmp_path), *words]:
        assert word in str(raised.value)


@pytest.mark.parametrize(("given", "error", "words"), [
    (7, InvalidType, "path or (array, sample rate), got int"),
    (np.ones(5), InvalidType, "got ndarray"),
    ((np.ones(5, np.int16), RATE), InvalidType, "array of floats"),
    ((np.ones((2, 2, 2)), RATE), InvalidType, "1-D or (channels, samples)"),
    ((np.ones(5), "48000"), InvalidType, "'48000'"),
    ((np.ones(5), float("nan")), InvalidValue, "nan Hz"),
    ((np.ones(5), 0), InvalidValue, "0 Hz is outside 1000"),
    ((np.ones(0), RATE), InvalidValue, "0 samples"),
    ((np.zeros(9), RATE), InvalidValue, "silence"),
    ((np.array([1.0, np.inf]), RATE), InvalidValue, "first: 1"),
    ((np.ones(31 * RATE), RATE), InvalidValue, "31.0 s"),
    ((np.ones((9, 20)), RATE), InvalidValue, "9 channels"),
])  # fmt: skip
def test_refuses_arrays(given, error, words):
    with pytest.raises(error) as raised:
        ImpulseResponse.of(given)
    assert words in str(raised.value)


@pytest.mark.parametrize(("rate", "wanted"), [(44100, 48000), (48000, 44100), (96000, 48000), (48000, 96000), (44101, 48000)])
def test_another_rate_keeps_the_frequency_response(rate, wanted):
    taps = cabinet(rate)
    played = given_as(taps, rate).prepared(wanted)
    assert np.abs(response_db(played, wanted) - response_db(taps, rate)).max() < 0.05
    late = np.argmax(np.abs(played[0])) - np.argmax(np.abs(taps[0])) * wanted / rate
    assert -1 <= late <= LONGEST_LEAD + 1


def test_another_rate_moves_nothing_where_the_start_is_quiet():
    times = np.arange(4000) / 44100
    taps = np.exp(-0.5 * ((times - 0.02) / 0.0005) ** 2)
    played = given_as(taps, 44100).prepared(48000)[0]
    centre = (played * np.arange(len(played))).sum() / played.sum() / 48000
    assert abs(centre - 0.02) < 1e-6


@pytest.mark.parametrize(("rate", "wanted"), [(RATE, RATE), (44100, 48000)])
def test_minimum_phase_keeps_the_magnitude_and_is_early(rate, wanted):
    taps = np.pad(cabinet(rate), ((0, 0), (500, 0)))
    late, early = (given_as(taps, rate).prepared(wanted, minimum_phase=m) for m in (False, True))
    assert np.abs(response_db(early, wanted) - response_db(late, wanted)).max() < 0.1
    assert np.argmax(np.abs(late)) >= 500
    assert np.argmax(np.abs(early)) < 10
    summed_late, summed_early = (np.cumsum(x[0, :2000] ** 2) for x in (late, early))
    assert (summed_early >= summed_late - 1e-4 * summed_late[-1]).all()  # no response of this magnitude comes earlier


def test_normalise():
    samples = np.stack([0.1 * decay(seed=1)[0], decay(seed=2)[0]])
    made = given_as(samples)
    assert np.array_equal(made.prepared(RATE), samples)
    peak, energy = (made.prepared(RATE, normalise=how) for how in ("peak", "energy"))
    assert np.abs(peak).max() == 1
    assert np.isclose((energy[1] ** 2).sum(), 1, rtol=1e-6)
    for scaled in (peak, energy):
        assert np.allclose(scaled[0] / scaled[1], samples[0] / samples[1], rtol=1e-4)  # the balance stays


def test_trim():
    inside = decay(2000, 2, over=1e9)
    samples = np.pad(inside, ((0, 0), (700, 900)))
    samples[:, :300] = samples[:, -300:] = 1e-8
    made = given_as(samples)
    assert made.prepared(RATE).shape == (2, 3600)
    assert np.array_equal(made.prepared(RATE, trim="tail"), samples[:, :2700])
    assert np.array_equal(made.prepared(RATE, trim="both"), inside)


def test_trim_cuts_off_no_more_than_it_says():
    samples = decay(20000, over=800)
    trimmed = given_as(samples).prepared(RATE, trim="both")
    energy = (samples.astype(float) ** 2).sum()
    assert 3000 < trimmed.shape[1] < 12000
    assert 0 < energy - (trimmed.astype(float) ** 2).sum() < 2 * 10**-9.0 * energy


@pytest.mark.parametrize("name", ["celestion", "eminence", "mesa", "plate"])
def test_recorded_responses(shared, name):
    made = ImpulseResponse.of(shared / f"audio/ir/{name}.wav")
    assert made is not None
    rate = made.sample_rate
    for wanted in (44100, 48000, 96000):
        played = made.prepared(wanted)
        assert np.abs(response_db(played, wanted) - response_db(made.samples, rate)).max() < 0.1
    if made.seconds > 1:
        return
    loud = response_db(made.samples, rate) > response_db(made.samples, rate).max() - 50
    early = response_db(made.prepared(rate, minimum_phase=True), rate)
    assert np.abs(early - response_db(made.samples, rate))[loud].max() < 0.3
