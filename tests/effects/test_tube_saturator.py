"""TubeSaturator against its definition, computed independently with scipy in float64."""

import numpy as np
import pytest

from wetdry import TubeSaturator
from wetdry.effects.kernels.maths import tanh

RATE = 48000


def reference(audio, drive_db, bias, tone_hz, mix, output_db):
    from scipy.signal import bilinear, lfilter

    shaped = np.tanh(audio * 10 ** (drive_db / 20) + bias) - np.tanh(bias)
    pole = np.exp(-2 * np.pi * 10 / RATE)
    blocked = lfilter([1, -1], [1, -pole], shaped)
    warped = 2 * RATE * np.tan(np.pi * min(tone_hz, 0.49 * RATE) / RATE)
    filtered = lfilter(*bilinear([warped], [1, warped], RATE), blocked)
    return (audio + mix * (filtered - audio)) * 10 ** (output_db / 20)


@pytest.mark.parametrize("knobs", [
    {"drive_db": 12, "bias": 0.1, "tone_hz": 4000, "mix": 1, "output_db": 0},
    {"drive_db": 40, "bias": -0.8, "tone_hz": 300, "mix": 0.4, "output_db": -6},
    {"drive_db": 0, "bias": 0, "tone_hz": 20000, "mix": 1, "output_db": 12},
])  # fmt: skip
def test_equals_its_definition(knobs):
    audio = (0.5 * np.random.default_rng(1).standard_normal(RATE)).astype(np.float32)
    wet, expected = TubeSaturator(**knobs, oversampling=1)(audio, RATE), reference(audio.astype(float), **knobs)
    assert np.abs(wet - expected).max() < 2e-6 * np.abs(expected).max()


def test_equals_the_native_distortion_at_1x():
    """pedalboard's Distortion is the same tanh; it has no DC block and no low-pass, so they are applied to its output."""
    pedalboard = pytest.importorskip("pedalboard")
    audio = (0.3 * np.random.default_rng(2).standard_normal(RATE)).astype(np.float32)
    straight = {"bias": 0, "tone_hz": 20000, "mix": 1, "output_db": 0}
    native = pedalboard.Distortion(30)(audio, RATE).astype(float)
    from scipy.signal import bilinear, lfilter

    blocked = lfilter([1, -1], [1, -np.exp(-2 * np.pi * 10 / RATE)], native)
    warped = 2 * RATE * np.tan(np.pi * 20000 / RATE)
    expected = lfilter(*bilinear([warped], [1, warped], RATE), blocked)
    wet = TubeSaturator(drive_db=30, **straight, oversampling=1)(audio, RATE)
    assert np.abs(wet - expected).max() < 1e-4  # the native tanh is an approximation


def test_bias_adds_even_harmonics_and_no_dc():
    sine = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32) * 0.5
    even = {}
    for bias in (0.0, 0.5):
        wet = TubeSaturator(drive_db=12, bias=bias, tone_hz=20000)(np.tile(sine, 2), RATE)[RATE:]
        spectrum = np.abs(np.fft.rfft(wet)) / RATE
        even[bias] = spectrum[2000] / spectrum[1000]
        assert abs(wet.mean()) < 1e-3
    assert even[0.0] < 1e-4
    assert even[0.5] > 0.02


def test_tanh_is_within_3e_7_over_all_float32():
    from numba import njit

    @njit
    def shaped(values):
        out = np.empty_like(values)
        for i in range(values.size):
            out[i] = tanh(values[i])
        return out

    every = np.arange(0, 0x7F800000, 997, dtype=np.uint32).view(np.float32)  # each exponent, many mantissas
    values = np.concatenate([every, -every, np.linspace(-10, 10, 2_000_001).astype(np.float32)])
    assert np.abs(shaped(values) - np.tanh(values.astype(np.float64))).max() < 3e-7


def test_silence_after_a_loud_signal_goes_to_exact_rest():
    effect = TubeSaturator()
    effect(np.ones(RATE, np.float32), RATE, reset=False)
    rest = effect(np.zeros(20 * RATE, np.float32), RATE, reset=False)
    assert np.abs(rest[-RATE:]).max() < 1e-20
