"""Latency, with a small effect made for the test: compensated as pedalboard does, and aligned in containers."""

import numpy as np
import pytest

from wetdry import Chain, Mix
from wetdry.effects import Effect, Gain
from wetdry.effects.kernels.kernel import Kernel
from wetdry.effects.kernels.program import Part
from wetdry.models.parameter import Parameter

RATE, LATE = 48000, 100


def _delay(audio, start, frames, clock, knobs, memory, state, weights):
    for channel in range(audio.shape[0]):
        for i in range(frames):
            at = channel * LATE + (clock + i) % LATE
            audio[channel, start + i], state[at] = state[at], audio[channel, start + i] * knobs[0, clock % 64 + i]


DELAY = Kernel(_delay)


class Late(Effect):
    """Hands its input on 100 samples later, times a level; says so, and the contract takes it out again."""

    parameters_table = (Parameter("level", "", 0.0, 2.0, 1.0),)

    def _latency(self, sample_rate):
        return LATE

    def _parts(self, sample_rate, channels):
        return [Part(DELAY, self._knobs(), state=np.zeros(LATE * channels, np.float32))]


def noise(samples=2000, channels=2):
    return np.random.default_rng(0).standard_normal((channels, samples)).astype(np.float32)


def test_one_call_is_compensated_and_keeps_its_length():
    audio = noise()
    assert np.array_equal(Late()(audio, RATE), audio)
    assert np.array_equal(Late()(audio[:, :40], RATE), audio[:, :40])


def test_a_stream_is_short_by_the_latency_at_its_start():
    effect, audio = Late(), noise()
    lengths = [effect(audio[:, i : i + 40], RATE, reset=False).shape[1] for i in range(0, 400, 40)]
    assert lengths == [0, 0, 20, 40, 40, 40, 40, 40, 40, 40]


def test_behaves_as_the_native_plugin_over_random_calls():
    native_kind = pytest.importorskip("pedalboard_native")._internal.AddLatency
    generator = np.random.default_rng(3)
    for _ in range(100):
        effect, native = Late(), native_kind(LATE)
        native.reset()
        size, fresh = int(generator.integers(60, 300)), True
        for _ in range(6):
            reset = bool(fresh or generator.random() < 0.2)
            size = min(size, int(generator.integers(60, 300)))  # natively, a growing block wipes the state
            audio = noise(size)
            if reset and not fresh:
                effect.reset()
                native.reset()
            ours, theirs = (p(audio, RATE, reset=False) for p in (effect, native))
            assert ours.shape == theirs.shape
            assert np.array_equal(ours, theirs)
            fresh = False


def test_chains_add_latencies_and_mixes_align_them():
    audio = noise()
    chain = Chain([Late(), Gain(gain_db=-6), Late()])
    assert chain.latency_samples == 2 * LATE
    assert np.allclose(chain(audio, RATE), audio * 10 ** (-6 / 20), atol=1e-6)
    mix = Mix([None, Late(), chain])
    assert mix.latency_samples == 2 * LATE
    assert np.allclose(mix(audio, RATE), audio * (2 + 10 ** (-6 / 20)), atol=1e-5)
    mix.reset()
    parts = [mix(audio[:, i : i + 130], RATE, reset=False) for i in range(0, 1950, 130)]
    together = np.concatenate(parts, axis=1)
    assert together.shape[1] == 1950 - 2 * LATE
    assert np.allclose(together, audio[:, : together.shape[1]] * (2 + 10 ** (-6 / 20)), atol=1e-5)


def test_after_a_whole_signal_a_stream_starts_anew():
    effect, audio = Late(), noise()
    effect(audio, RATE)
    assert np.array_equal(effect(audio, RATE, reset=False), audio[:, :-LATE])
