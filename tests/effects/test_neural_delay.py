"""NeuralDelay against its definition computed sample by sample, against pedalboard, and while its knobs move."""

import copy
import math
import pickle

import numpy as np
import pytest
from delays import RATE, Late, click, noise, small_model, tone

from wetdry.effects import Gain, NeuralDelay, NeuralEffect, RandomizedOverdrive, TubeSaturator
from wetdry.effects.kernels import delay_line
from wetdry.models import Model
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.spec import Conv1d, ModelSpec

pytestmark = pytest.mark.usefixtures("own_cache")


# against pedalboard


@pytest.mark.parametrize("time_ms", [2, 125, 250, 500])
@pytest.mark.parametrize("mix", [0.0, 0.5, 1.0])
def test_without_feedback_it_is_pedalboards_delay(time_ms, mix):
    pedalboard = pytest.importorskip("pedalboard")
    audio = noise(channels=2, level=0.4)
    expected = pedalboard.Delay(time_ms / 1000, 0.0, mix)(audio, RATE)
    assert np.array_equal(NeuralDelay(time_ms=time_ms, feedback=0, mix=mix)(audio, RATE), expected)


def test_through_a_wire_it_is_pedalboards_delay_but_for_the_dc_block():
    pedalboard = pytest.importorskip("pedalboard")
    audio = tone(1000, 0.1)
    wet = NeuralDelay(Gain(), time_ms=125, feedback=0.6, tone_hz=20000, runaway=True, mix=0.5)(audio, RATE)
    assert np.abs(wet - pedalboard.Delay(0.125, 0.6, 0.5)(audio, RATE)).max() < 2e-3


# against the definition


def by_hand(audio, delay, feedback, tone_hz, mix, curve, runaway=False):
    """The docstring, sample by sample in float64; `curve` is the inner effect."""
    line, out = np.concatenate([np.zeros(delay), np.zeros(len(audio))]), np.zeros(len(audio))
    g = math.tan(math.pi * tone_hz / RATE)
    share, pole, follow = g / (1 + g), math.exp(-2 * math.pi * 10 / RATE), 1 / (0.05 * RATE)
    low = came = left = before = after = 0.0
    for n, sample in enumerate(audio.astype(np.float64)):
        echo = line[n]
        step = (echo - low) * share
        dark = low + step
        low = dark + step
        before += follow * (dark**2 - before)
        shaped = curve(dark)
        left, came = (1 + pole) / 2 * (shaped - came) + pole * left, shaped
        after += follow * (left**2 - after)
        fed = feedback * left * (1.0 if runaway else min(1.0, 0.99 * math.sqrt((before + 1e-12) / (after + 1e-12))))
        limited = fed if abs(fed) <= 0.5 else math.copysign(0.5 + 0.5 * math.tanh((abs(fed) - 0.5) / 0.5), fed)
        line[n + delay] = sample + limited
        out[n] = sample * (1 - mix) + echo * mix
    return out


@pytest.mark.parametrize("runaway", [False, True])
@pytest.mark.parametrize(
    ("delay", "feedback", "tone_hz", "mix", "level"), [(96, 0.9, 3000, 1.0, 0.3), (4321, 0.6, 8000, 0.4, 0.8)]
)
def test_equals_its_definition(delay, feedback, tone_hz, mix, level, runaway):
    audio = noise(24000, level)
    audio[12000:] = 0
    effect = NeuralDelay(Gain(gain_db=9), time_ms=delay / 48, feedback=feedback, tone_hz=tone_hz, mix=mix, runaway=runaway)
    expected = by_hand(audio, delay, feedback, tone_hz, mix, lambda x: x * 10 ** (9 / 20), runaway)
    assert np.abs(effect(audio, RATE) - expected).max() < 2e-5 * np.abs(expected).max()


def test_the_inner_effect_plays_in_the_loop_as_it_plays_alone():
    effect = NeuralDelay(RandomizedOverdrive(4, tone_hz=20000), time_ms=500, feedback=1, tone_hz=20000, mix=1, runaway=True)
    audio = np.concatenate([noise(RATE // 4, 0.02), np.zeros(RATE, np.float32)])
    second = effect(audio, RATE)[RATE : RATE + RATE // 4]
    alone = RandomizedOverdrive(4, tone_hz=20000)(np.concatenate([np.zeros(RATE // 2, np.float32), audio]), RATE)[
        RATE // 2 : RATE // 2 + RATE // 4
    ]
    from scipy.signal import lfilter

    pole = math.exp(-2 * math.pi * 10 / RATE)
    blocked = (1 + pole) / 2 * lfilter([1, -1], [1, -pole], alone)
    small = np.abs(blocked) < 0.5
    assert small.mean() > 0.9
    assert np.abs(second - blocked)[small].max() < 1e-5


def test_the_loops_latency_is_taken_off_the_delay():
    echoes = NeuralDelay(Late(), time_ms=10, feedback=0.5, tone_hz=20000, mix=1)(click(), RATE)
    assert [int(n) for n in np.flatnonzero(np.abs(echoes) > 0.05)] == [480, 960, 1440]
    oversampled = NeuralDelay(
        TubeSaturator(drive_db=0, bias=0, tone_hz=20000, oversampling=4), time_ms=100, feedback=0.5, mix=1
    )
    echoes = oversampled(click(), RATE)
    assert abs(int(np.argmax(np.abs(echoes[5000:]))) + 5000 - 9600) <= 1
    shortest = NeuralDelay(Late(), time_ms=2, feedback=0, mix=1)(click(), RATE)
    assert np.argmax(shortest) == 65 + Late.samples


def test_ping_pong_crosses_over_in_stereo_only():
    settings = {"time_ms": 100, "feedback": 0.5, "tone_hz": 20000, "mix": 1, "ping_pong": True, "runaway": True}
    left, right = NeuralDelay(Gain(), **settings)(click(channels=2), RATE)
    at = 4800 * np.arange(1, 6)
    assert np.allclose(left[at], [0.4, 0, 0.1, 0, 0.025], atol=2e-3)
    assert np.allclose(right[at], [0, 0.2, 0, 0.05, 0], atol=2e-3)
    mono, plain = (NeuralDelay(Gain(), **{**settings, "ping_pong": on})(click(), RATE) for on in (True, False))
    assert np.array_equal(mono, plain)


# time


def pitch_hz(audio):
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 8 * len(audio)))
    return np.argmax(spectrum) * RATE / (8 * len(audio))


@pytest.mark.parametrize(("raw_from", "raw_to"), [(300, 900), (900, 40), (20, 21)])
def test_smooth_time_changes_neither_click_nor_bend(raw_from, raw_to):
    audio, effect = tone(500, samples=2 * RATE), NeuralDelay(time_ms=raw_from, feedback=0, mix=1)
    effect.schedule(RATE, "time_ms", raw_to)
    wet = effect(audio, RATE)
    steps = np.abs(np.diff(wet))
    assert steps[RATE - 10 :].max() < 1.05 * steps[RATE - 4800 : RATE - 10].max()
    settled = RATE + int(delay_line.FADE_SECONDS * RATE) + 2
    assert np.array_equal(wet[settled:], audio[settled - raw_to * 48 : len(audio) - raw_to * 48])


@pytest.mark.parametrize(("time_from", "time_to", "bend"), [(300, 900, 0.5), (900, 300, 2.0)])
def test_tape_time_changes_bend_the_pitch_by_an_octave(time_from, time_to, bend):
    audio, effect = tone(500, samples=6 * RATE), NeuralDelay(time_ms=time_from, time_mode="tape", feedback=0, mix=1)
    effect.schedule(RATE, "time_ms", time_to)
    wet = effect(audio, RATE)
    bent = wet[RATE + 6000 : RATE + 6000 + 9600]
    assert pitch_hz(bent) == pytest.approx(500 * bend, rel=0.02)
    steps = np.abs(np.diff(wet[RATE - 10 :]))
    assert steps.max() < 2.1 * np.abs(np.diff(audio)).max()
    assert np.array_equal(wet[-9600:], audio[-9600 - time_to * 48 : -time_to * 48])  # arrived at a whole number of samples


def test_between_samples_it_reads_a_cubic_exactly():
    n = np.arange(64.0)
    line = (1e-4 * n**3 - 0.01 * n**2 + 0.3 * n).astype(np.float64)
    for delay in (5.25, 20.5, 31.999):
        at = 50 - delay
        assert delay_line.read(line, 50, delay) == pytest.approx(1e-4 * at**3 - 0.01 * at**2 + 0.3 * at, abs=1e-9)
    wrapped = np.roll(line, 30)
    assert delay_line.read(wrapped, (50 + 30) % 64, 20.5) == pytest.approx(delay_line.read(line, 50, 20.5), abs=1e-12)


def test_positions_stay_exact_after_2_to_24_samples():
    effect, block = NeuralDelay(Gain(), time_ms=1000, feedback=0, mix=1), 1 << 20
    for k in range(18):
        audio = noise(block, seed=k)
        wet = effect(audio, RATE, reset=False)
    assert np.array_equal(wet[RATE:], audio[:-RATE])


def test_turning_ping_pong_and_runaway_while_playing_does_not_click():
    for name in ("ping_pong", "runaway"):
        effect = NeuralDelay(Gain(gain_db=6), time_ms=50, feedback=0.3, tone_hz=2000, mix=1)
        effect.schedule(RATE // 2, name, True)
        wet = effect(np.stack([tone(100), tone(100, 0.1)]), RATE)
        steps = np.abs(np.diff(wet, 2, axis=1))
        assert steps[:, RATE // 2 - 5 :].max() < 3 * max(steps[:, RATE // 4 : RATE // 2 - 5].max(), 1e-4)


@pytest.mark.parametrize("rate", [3, 50, 8000, 22050, 192000])
def test_plays_at_any_rate(rate):
    audio, effect = noise(3000, 0.5, channels=2), NeuralDelay(Late(), feedback=1, time_ms=2000, time_mode="tape", mix=1)
    effect.schedule(500, "time_ms", 2)
    wet = effect(audio, rate)
    assert np.abs(wet).max() <= 3.2
    shortest = NeuralDelay(Late(), time_ms=2, feedback=0, mix=1)(audio, rate)
    late = max(65 + Late.samples, round(0.002 * rate))
    assert np.array_equal(shortest[:, late:], audio[:, :-late])


# the inner effect


def test_the_loops_knobs_are_knobs_here():
    effect = NeuralDelay(TubeSaturator(drive_db=20, oversampling=1), loop_bias=0.4)
    assert (effect.loop_drive_db, effect.loop_bias) == (20, 0.4)
    effect.loop_drive_db = 33
    assert repr(effect.loop) == repr(TubeSaturator(drive_db=33, bias=0.4, oversampling=1))
    with pytest.raises(ValueError, match="loop_drive_db = 99"):
        effect.loop_drive_db = 99
    audio = noise()
    turned = NeuralDelay(TubeSaturator(drive_db=33, bias=0.4, oversampling=1))
    assert np.array_equal(effect(audio, RATE), turned(audio, RATE))
    effect.schedule(0, "loop_mix", 0.5)
    effect(audio, RATE, reset=False)
    assert effect.loop.mix == 0.5
    effect.loop_oversampling = 2
    assert not np.array_equal(effect(audio, RATE), turned(audio, RATE))


def test_a_loop_given_is_copied_and_rebuilt():
    given = Gain(gain_db=-6)
    effect, audio = NeuralDelay(given, feedback=0.9, time_ms=20), noise()
    given.gain_db = -20
    wet = effect(audio, RATE)
    assert effect.loop_gain_db == -6
    effect.loop_gain_db = -12
    wet = effect(audio, RATE)
    for twin in (pickle.loads(pickle.dumps(effect)), copy.deepcopy(effect), eval(repr(effect))):
        assert np.array_equal(twin(audio, RATE), wet)


def test_a_model_in_the_loop_idles_before_the_first_sample():
    effect = NeuralDelay(NeuralEffect(small_model()), feedback=1, runaway=True, mix=1, time_ms=50)
    assert np.abs(effect(np.zeros(2 * RATE, np.float32), RATE)).max() < 1e-6
    effect.loop_drive = 9
    assert effect.loop.drive == 9


def test_what_is_no_loop_is_refused():
    with pytest.raises(InvalidType, match="takes an effect, got str"):
        NeuralDelay("amp")
    spec = ModelSpec(sample_rate=RATE, layers=(Conv1d(channels=2),))
    model = Model(spec, {n: np.zeros(s, np.float32) for n, s in spec.weight_shapes.items()})
    with pytest.raises(InvalidValue, match="1 inputs and 2 outputs"):
        NeuralDelay(NeuralEffect(model))
