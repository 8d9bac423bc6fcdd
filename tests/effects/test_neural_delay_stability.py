"""NeuralDelay stays bounded whatever plays in its loop, and dies away where it says."""

import numpy as np
import pytest
from delays import RATE, noise, play_late, small_model

from wetdry.effects import Bitcrusher, Gain, NeuralAmp, NeuralDelay, NeuralEffect, RandomizedOverdrive, TubeSaturator
from wetdry.effects.kernels.kernel import Kernel
from wetdry.effects.kernels.program import Part

pytestmark = pytest.mark.usefixtures("own_cache")


LOOPS = {
    "twin": lambda: None,
    "amp": NeuralAmp,
    "tube": lambda: TubeSaturator(drive_db=48, bias=0.9, output_db=24, oversampling=1),
    "oversampled tube": lambda: TubeSaturator(drive_db=48, output_db=24),
    "gain": lambda: Gain(gain_db=48),
    "crusher": lambda: Bitcrusher(bit_depth=1, quantiser="mid_rise", dither="tpdf"),
    "random": lambda: RandomizedOverdrive(3, drive_db=48, output_db=24),
    "net": lambda: NeuralEffect(small_model(1.5)),
    "delay": lambda: NeuralDelay(Gain(gain_db=20), feedback=1, runaway=True, time_ms=77),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("runaway", [False, True])
def test_bounded_for_a_minute_at_full_feedback(name, runaway):
    audio = np.zeros((2, 60 * RATE), np.float32)
    audio[:, :RATE] = np.random.default_rng(1).uniform(-1, 1, (2, RATE))
    effect = NeuralDelay(LOOPS[name](), feedback=1, runaway=runaway, time_ms=41, tone_hz=20000, mix=1, ping_pong=True)
    wet = effect(audio, RATE)
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() <= 2
    assert np.abs(wet[:, 2 * RATE :]).max() <= 1
    levels = [np.sqrt(np.mean(wet[:, k * RATE : (k + 1) * RATE] ** 2)) for k in (1, 10, 59)]
    if not runaway:  # nothing grows, and nothing leans to one side
        assert levels[0] >= levels[1] >= levels[2]
        assert np.abs(wet[:, -2 * RATE :].mean(axis=1)).max() < 0.01


def test_bounded_while_every_knob_moves():
    effect, random = NeuralDelay(TubeSaturator(drive_db=40, oversampling=1), feedback=1, mix=1), np.random.default_rng(0)
    for sample in range(0, 10 * RATE, 700):
        name = random.choice([n for n, b in effect.parameters.items() if b.parameter.automatable])
        if name not in ("mix", "feedback"):
            effect.schedule(sample, name, effect.parameters[name].parameter.from_raw(random.uniform()))
    wet = effect(random.uniform(-1, 1, (2, 10 * RATE)).astype(np.float32), RATE)
    assert np.abs(wet).max() < 2.5  # between two samples, Lagrange may pass them by a quarter


def test_a_late_loop_with_gain_gains_nothing_at_onsets():
    """Bursts through a late amplifier: its input's level leads, so that levels followed alone let each onset grow."""

    class LateGain(Gain):
        def _latency(self, sample_rate):
            return 400

        def _parts(self, sample_rate, channels):
            return [Part(Kernel(play_late), state=np.zeros(400 * channels, np.float32)), *super()._parts(sample_rate, channels)]

    audio = np.zeros(30 * RATE, np.float32)
    audio[:2400] = noise(2400, 0.05)
    wet = NeuralDelay(LateGain(gain_db=30), feedback=1, time_ms=300, tone_hz=20000, mix=1)(audio, RATE)
    energy = [float(np.sum(wet[k * 14400 : (k + 1) * 14400] ** 2)) for k in range(1, 99)]
    assert max(energy) < 1.2 * energy[0]
    assert 0.1 * energy[0] < energy[-1] < energy[40] < energy[10]  # 0.1 dB a pass


def test_below_full_feedback_echoes_die_whatever_the_gain():
    audio = np.concatenate([noise(RATE, 0.3), np.zeros(9 * RATE, np.float32)])
    for loop in (Gain(gain_db=48), TubeSaturator(drive_db=48, oversampling=1), NeuralEffect(small_model())):
        wet = NeuralDelay(loop, feedback=0.5, time_ms=200, mix=1)(audio, RATE)
        assert np.abs(wet[-RATE:]).max() < 1e-5


def test_a_constant_does_not_pile_up():
    audio = np.full(20 * RATE, 0.2, np.float32)
    wet = NeuralDelay(TubeSaturator(bias=1, oversampling=1), feedback=1, time_ms=100, mix=1)(audio, RATE)
    assert abs(wet[-RATE:].mean() - 0.2) < 0.01


def test_tail_is_as_long_as_it_says():
    for knobs in ({"feedback": 0.0}, {"feedback": 0.5, "time_ms": 120}, {"feedback": 0.7, "time_ms": 60}):
        effect = NeuralDelay(**knobs, mix=1)
        effect(noise(RATE, 0.3), RATE, reset=False)
        rest = effect(np.zeros(int((effect.tail_seconds + 1) * RATE), np.float32), RATE, reset=False)
        assert np.abs(rest[int(effect.tail_seconds * RATE) :]).max() < 10 ** (-90 / 20)
    assert NeuralDelay(feedback=1).tail_seconds == NeuralDelay(runaway=True).tail_seconds == 60
