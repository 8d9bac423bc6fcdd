"""The maths in plain NumPy against our kernels, and against scipy's filters."""

import numpy as np
import pytest
from scipy.signal import lfilter

from wetdry import Bitcrusher, TubeSaturator
from wetdry.host.study.numpy_effects import NUMPY_EFFECTS, Stateless, Stream
from wetdry.host.study.numpy_filters import Doubler, Halver, OnePole
from wetdry.models.errors import InvalidValue

RATE = 48000
CASES = [
    TubeSaturator(drive_db=24.0, bias=0.3, tone_hz=3000.0, mix=0.7, output_db=-3.0, oversampling=factor)
    for factor in (1, 2, 4, 8)
] + [
    Bitcrusher(bit_depth=5.5),
    Bitcrusher(bit_depth=6.0, rate_hz=7350.0, quantiser="mid_rise", mix=0.6),
]


def audio(samples: int = 30000) -> np.ndarray:
    times = np.arange(samples) / RATE
    noise = 0.05 * np.random.default_rng(3).standard_normal(samples)
    return (0.6 * np.sin(2 * np.pi * 220 * times) * np.exp(-times) + noise).astype(np.float32)


def values(effect) -> dict:
    return {name: knob.value for name, knob in effect.parameters.items()}


def in_blocks(play, dry: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    play.reset()
    heard, at = [], 0
    while at < len(dry):
        size = int(draw.integers(1, 700))
        heard.append(play(dry[at : at + size]))
        at += size
    return np.concatenate(heard)


@pytest.mark.parametrize("effect", CASES, ids=repr)
def test_it_is_the_effect_however_its_blocks_are_cut(effect):
    play = Stream(NUMPY_EFFECTS[type(effect).__name__](RATE, **values(effect)))
    dry, late = audio(), effect.latency_samples
    assert play.latency_samples == late
    wet = in_blocks(play, dry, np.random.default_rng(1))
    assert len(wet) == len(dry) - late and wet.dtype == np.float32
    want = effect.process(dry, RATE)[: len(wet)]
    assert np.abs(wet - want).max() < 2e-6 * np.abs(want).max() + 1e-6
    assert np.array_equal(in_blocks(play, dry, np.random.default_rng(1)), wet)  # a reset forgets all


def test_a_stateless_one_clicks_where_blocks_meet():
    effect = TubeSaturator(drive_db=24.0, tone_hz=2000.0)
    play = Stateless(NUMPY_EFFECTS["TubeSaturator"](RATE, **values(effect)))
    dry = audio()
    wet = np.concatenate([play(dry[i : i + 64]) for i in range(0, len(dry) // 64 * 64, 64)])
    want = effect.process(dry, RATE)[: len(wet)]
    steps, wanted = (np.abs(np.diff(x)) for x in (wet, want))
    assert steps[63::64].mean() > 5 * wanted[63::64].mean()
    assert np.abs(play(dry[:64]) - effect.process(dry[:64], RATE)).max() < 1e-5  # each block alone is right


def test_filters_are_scipys():
    dry = audio(1000).astype(np.float64)
    pole = OnePole(0.97, 0.3)
    got = np.concatenate([pole.play(piece) for piece in np.split(dry, [1, 64, 200, 777])])
    np.testing.assert_allclose(got, lfilter([0.3], [1, -0.97], dry), atol=1e-12)
    taps = np.random.default_rng(0).standard_normal(23)
    stuffed = np.zeros(2000)
    stuffed[::2] = dry
    double = Doubler(taps)
    got = np.concatenate([double.play(piece) for piece in np.split(dry, [1, 300, 301])])
    np.testing.assert_allclose(got, lfilter(2 * taps, [1], stuffed), atol=1e-10)
    halve = Halver(taps)
    got = np.concatenate([halve.play(piece) for piece in np.split(dry, [2, 300, 500])])
    np.testing.assert_allclose(got, lfilter(taps, [1], dry)[::2], atol=1e-10)


def test_what_has_no_numpy_version_is_refused():
    with pytest.raises(InvalidValue, match="filtered"):
        NUMPY_EFFECTS["Bitcrusher"](RATE, **values(Bitcrusher(hold="filtered")))
