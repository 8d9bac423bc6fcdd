"""CabinetIR against its definition: a convolution, two cuts, mix and level; and against pedalboard's Convolution."""

import copy
import pickle

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import peak_error

from wetdry.effects import CabinetIR
from wetdry.effects.kernels.kernel import TILE
from wetdry.models.errors import FileProblem, InvalidValue

RATE = 48000


def noise(*shape, seed=0):
    return (0.3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def response(length, channels=1, seed=1):
    return noise(channels, length, seed=seed) * np.exp(-5 * np.arange(length) / length).astype(np.float32)


def convolved(audio, taps):
    from scipy.signal import fftconvolve

    return fftconvolve(audio.astype(float), taps.astype(float), axes=-1)[..., : audio.shape[-1]]


def sine(hz, seconds=1.0, rate=RATE):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def streamed(effect, audio, sizes, rate=RATE):
    parts, at, i = [], 0, 0
    while at < audio.shape[-1]:
        size = sizes[i % len(sizes)]
        parts.append(effect(np.ascontiguousarray(audio[..., at : at + size]), rate, reset=False))
        at, i = at + size, i + 1
    return np.concatenate(parts, axis=-1)


def test_by_default_it_leaves_the_sound_as_it_is():
    audio = noise(2, 5000)
    assert np.array_equal(CabinetIR()(audio, RATE), audio)
    assert CabinetIR().impulse_response is None
    assert CabinetIR().tail_seconds == 0


@pytest.mark.parametrize("length", [1, 63, 64, 65, 1000, 9600, 144000])
def test_equals_scipy(length):
    audio, taps = noise(length + 30000), response(length)
    wet = CabinetIR((taps, RATE))(audio, RATE)
    assert peak_error(wet, convolved(audio, taps[0])) < 1e-6


@given(st.lists(st.integers(3, 3000), min_size=1, max_size=6), st.integers(1, 20000), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_the_same_to_the_bit_for_any_blocks(sizes, length, low, high):
    audio, made = noise(2, 9000), CabinetIR((response(length, 2), RATE), mix=0.7)
    made.parameters["low_cut_hz"].raw_value, made.parameters["high_cut_hz"].raw_value = low, high

    def scheduled():
        effect = copy.copy(made)
        effect.schedule(3000, "low_cut_hz", 400)
        effect.schedule(4001, "high_cut_hz", 20000)
        effect.schedule(6000, "low_cut_hz", 20)
        effect.schedule(7000, "level_db", -20)
        return effect

    assert np.array_equal(streamed(scheduled(), audio, sizes), scheduled()(audio, RATE, reset=False))


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_equals_pedalboards_but_for_its_level(rate, channels):
    import pedalboard

    audio, taps = noise(channels, 40000), response(7000)
    theirs = pedalboard.Convolution(taps[0], mix=1.0, sample_rate=rate)(audio, rate)
    ours = CabinetIR((taps, rate), normalise="energy")(audio, rate)
    assert peak_error(0.125 * ours, theirs) < 1e-5


def test_pedalboard_plays_a_stereo_response_channel_by_channel_and_the_left_alone_on_mono():
    import pedalboard

    audio, taps = noise(2, 9000), response(3000, 2)
    gain = 0.125 / np.sqrt((taps.astype(float) ** 2).sum(axis=1).max())
    assert (
        peak_error(gain * CabinetIR((taps, RATE))(audio, RATE), pedalboard.Convolution(taps, sample_rate=RATE)(audio, RATE))
        < 1e-4
    )
    theirs = pedalboard.Convolution(taps, sample_rate=RATE)(audio[0], RATE)
    assert peak_error(gain * convolved(audio[0], taps[0]), theirs) < 1e-4
    assert peak_error(CabinetIR((taps, RATE))(audio[0], RATE), convolved(audio[0], taps.mean(axis=0))) < 1e-6


def test_channels():
    audio, taps = noise(2, 9000), response(2000, 2)
    for given_taps, wanted in ((taps, taps), (taps[:1], taps[[0, 0]])):
        assert peak_error(CabinetIR((given_taps, RATE))(audio, RATE), convolved(audio, wanted)) < 1e-6
    with pytest.raises(InvalidValue, match="has 2 channels, the audio 3; 1 or 3 fit"):
        CabinetIR((taps, RATE))(noise(3, 900), RATE)


@pytest.mark.parametrize(("low", "high"), [(80, 20000), (20, 5000), (120, 6500), (1000, 1000)])
def test_the_cuts_are_butterworth_filters(low, high):
    from scipy.signal import butter, sosfilt

    audio = noise(RATE)
    wanted = audio.astype(float)
    if low > 20:
        wanted = sosfilt(butter(2, low, "highpass", fs=RATE, output="sos"), wanted)
    if high < 20000:
        wanted = sosfilt(butter(2, high, fs=RATE, output="sos"), wanted)
    assert peak_error(CabinetIR(low_cut_hz=low, high_cut_hz=high)(audio, RATE), wanted) < 1e-6


def test_the_cuts_are_off_at_their_ends_and_fade_in():
    audio = sine(30) + sine(17000)
    assert np.array_equal(CabinetIR(low_cut_hz=20, high_cut_hz=20000)(audio, RATE), audio)
    changes = [np.abs(CabinetIR(low_cut_hz=low, high_cut_hz=high)(audio, RATE) - audio).max()
               for low, high in ((20.02, 20000), (21, 20000), (20, 19990), (20, 19000))]  # fmt: skip
    assert 0 < changes[0] < 1e-3 < changes[1]
    assert 0 < changes[2] < 1e-3 < changes[3]


MOVES = [("low_cut_hz", 20, 500), ("low_cut_hz", 500, 20), ("high_cut_hz", 20000, 1000), ("high_cut_hz", 1000, 20000),
         ("mix", 0, 1), ("level_db", -20, 0)]  # fmt: skip


@pytest.mark.parametrize(("knob", "start", "end"), MOVES)
@pytest.mark.parametrize("at", [24000, 24120])  # where the sine crosses zero, and its peak
def test_a_knob_moves_without_a_click(knob, start, end, at):
    from scipy.signal import butter, sosfilt

    effect = CabinetIR(**{knob: start})
    effect.schedule(at, knob, end)
    wet = effect(sine(100), RATE, reset=False)
    high = sosfilt(butter(4, 4000, "highpass", fs=RATE, output="sos"), wet)[RATE // 4 :]
    assert np.abs(high).max() < 10 ** (-65 / 20)


def test_mix_and_level():
    audio, taps = noise(3000), response(500)
    wet = convolved(audio, taps[0])
    assert np.array_equal(CabinetIR((taps, RATE), mix=0)(audio, RATE), audio)
    assert peak_error(CabinetIR((taps, RATE), mix=0.25)(audio, RATE), 0.75 * audio + 0.25 * wet) < 1e-6
    assert peak_error(CabinetIR((taps, RATE), level_db=-6)(audio, RATE), 10 ** (-6 / 20) * wet) < 1e-6


def test_latency_and_tail():
    effect = CabinetIR((response(4801), RATE))
    effect(np.zeros(64, np.float32), RATE)
    assert effect.latency_samples == 0
    assert effect.tail_seconds == 0.1
    wet = effect(np.eye(1, 10000, dtype=np.float32)[0], RATE)
    assert wet[0] != 0
    assert wet[4800] != 0
    assert np.abs(wet[4801:]).max() < 1e-7


# what changes while it plays


def test_a_new_response_fades_over():
    audio, first, second = sine(200), np.float32([[1.0]]), np.float32([[-0.5]])
    effect = CabinetIR((first, RATE))
    before = effect(audio[:1000], RATE, reset=False)
    effect.impulse_response = (second, RATE)
    wet = np.concatenate([before, effect(audio[1000:], RATE, reset=False)])
    start = -(-1000 // TILE) * TILE
    done = start + RATE // 50
    assert np.array_equal(wet[:start], audio[:start])
    assert np.array_equal(wet[done:], np.float32(-0.5) * audio[done:])
    weight = (np.arange(1, done - start + 1)) / (done - start + 1)
    assert peak_error(wet[start:done], (1 - 1.5 * weight) * audio[start:done]) < 1e-6
    assert np.abs(np.diff(wet)).max() < 1.1 * np.abs(np.diff(audio)).max()  # no step


@pytest.mark.parametrize(("knob", "value"), [("normalise", "energy"), ("trim", "both"), ("minimum_phase", True)])
def test_a_structural_knob_fades_over(knob, value):
    audio, taps = noise(RATE), np.pad(response(3000), ((0, 0), (300, 0)))
    effect = CabinetIR((taps, RATE))
    before = effect(audio[:6400], RATE, reset=False)
    setattr(effect, knob, value)
    after = effect(audio[6400:], RATE, reset=False)
    fresh = CabinetIR((taps, RATE), **{knob: value})
    assert np.array_equal(before, CabinetIR((taps, RATE))(audio[:6400], RATE))
    assert peak_error(after[1000:], fresh(audio[6400:], RATE)[1000:]) < 1e-6  # it hears from the change on


def test_a_response_that_cannot_be_used_changes_nothing(tmp_path):
    audio, effect = noise(2000), CabinetIR((response(100), RATE))
    with pytest.raises(FileProblem, match=r"none\.wav"):
        effect.impulse_response = tmp_path / "none.wav"
    assert effect.impulse_response.path is None
    assert np.array_equal(effect(audio, RATE), CabinetIR((response(100), RATE))(audio, RATE))
    effect.impulse_response = None
    assert np.array_equal(effect(audio, RATE), audio)


# identity


def test_copies_carry_the_samples(tmp_path):
    path = tmp_path / "cab.wav"
    soundfile.write(path, response(900, 2).T, 44100, subtype="FLOAT")
    effect = CabinetIR(path, normalise="peak", mix=0.5)
    assert repr(effect) == (f"CabinetIR({str(path)!r}, normalise='peak', trim='none', minimum_phase=False, low_cut_hz=20.0, "
                            "high_cut_hz=20000.0, mix=0.5, level_db=0.0)")  # fmt: skip
    audio = noise(2, 3000)
    wet = effect(audio, RATE)
    assert np.array_equal(eval(repr(effect))(audio, RATE), wet)
    path.unlink()
    for other in (copy.copy(effect), copy.deepcopy(effect), pickle.loads(pickle.dumps(effect))):
        assert np.array_equal(other(audio, RATE), wet)
        assert repr(other) == repr(effect)


def test_state_replays(tmp_path):
    audio, effect = noise(12000), CabinetIR((response(3000), RATE), low_cut_hz=100)
    effect(audio[:5001], RATE, reset=False)
    kept, rest = effect.state, effect(audio[5001:], RATE, reset=False)
    other = copy.copy(effect)
    other.state = kept
    assert np.array_equal(other(audio[5001:], RATE, reset=False), rest)


def test_a_restored_state_of_another_response_reaches_nothing_beyond_its_own(tmp_path):
    stereo, mono = CabinetIR((response(900, 2), RATE)), CabinetIR((response(900), RATE))
    audio = noise(2, 3000)
    stereo(audio, RATE, reset=False)
    mono.state = stereo.state
    assert np.isfinite(mono(audio, RATE, reset=False)).all()


@pytest.mark.parametrize("name", ["celestion", "eminence", "mesa", "plate"])
def test_recorded_responses(shared, name):
    path = shared / f"audio/ir/{name}.wav"
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = noise(samples.shape[1], 2 * rate)
    assert peak_error(CabinetIR(path)(audio, rate), convolved(audio, samples.T)) < 1e-6
