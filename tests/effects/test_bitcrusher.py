"""Bitcrusher against the definitions in its docstring, computed independently with numpy and scipy."""

from fractions import Fraction

import numpy as np
import pytest

from wetdry.effects import Bitcrusher
from wetdry.effects.kernels import bitcrusher as compiled
from wetdry.effects.kernels import elliptic

RATE = 48000


def noise(samples=4000, seed=0, level=0.4):
    return (level * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def tone(frequency_hz, level=0.5, samples=RATE, rate=RATE):
    return (level * np.sin(2 * np.pi * frequency_hz * np.arange(samples) / rate)).astype(np.float32)


def quantised(x, bits, quantiser):
    """The docstring's formulas in float64: at whole depths every step of them is exact."""
    d, x = 2.0 ** (1 - bits), x.astype(np.float64)
    return d * np.rint(x / d) if quantiser == "mid_tread" else d * (np.floor(x / d) + 0.5)


@pytest.mark.parametrize("quantiser", ["mid_tread", "mid_rise"])
@pytest.mark.parametrize("bits", range(1, 25))
def test_whole_depths_are_exact(bits, quantiser):
    ramp = np.linspace(-1.3, 1.3, 100_001).astype(np.float32)
    ties = (np.arange(-40, 41) / 4 * 2.0 ** (1 - bits)).astype(np.float32)
    audio = np.concatenate([ramp, noise(), ties, -ties, [np.float32(1e-30), np.float32(-1e-30)]]).astype(np.float32)
    inside = np.abs(audio) * 2.0 ** (bits - 1) < 2**23
    expected = np.where(inside, quantised(audio, bits, quantiser), audio)
    assert np.array_equal(Bitcrusher(bit_depth=bits, quantiser=quantiser)(audio, RATE), expected)


def test_what_is_too_large_to_round_passes():
    huge = np.array([2.0**23, -3e30, 3e38, 1e9], np.float32)
    for quantiser in ("mid_tread", "mid_rise"):
        assert np.array_equal(Bitcrusher(bit_depth=24, quantiser=quantiser)(huge, RATE), huge)


@pytest.mark.parametrize("bits", [1.5, 4.3, 7.99])
def test_fractional_depths_have_two_to_the_bits_levels(bits):
    ramp = np.linspace(-1, 1, 200_001).astype(np.float32)
    wet = Bitcrusher(bit_depth=bits)(ramp, RATE)
    levels = np.unique(wet + 0.0)
    assert np.allclose(np.diff(levels), 2 ** (1 - bits), rtol=1e-5)
    assert len(levels) == 2 * int(0.5 + 2 ** (bits - 1)) + 1
    assert np.abs(wet - ramp).max() <= 2.0**-bits * 1.0001


def test_pedalboards_depth_counts_no_sign():
    pedalboard = pytest.importorskip("pedalboard")
    audio = np.concatenate([np.linspace(-1.2, 1.2, 50_001), noise()]).astype(np.float32)
    for bits in range(1, 24):
        assert np.array_equal(Bitcrusher(bit_depth=bits + 1)(audio, RATE), pedalboard.Bitcrush(bits)(audio, RATE)), bits
    for bits in (1.5, 6.3):
        wet, native = Bitcrusher(bit_depth=bits + 1)(audio, RATE), pedalboard.Bitcrush(bits)(audio, RATE)
        assert np.mean(np.abs(wet - native) > 1e-6) < 1e-4  # a tie may fall to the other side


def taken_at(samples, rate_hz, rate=RATE):
    """Which sample is heard at each sample: taken where n · step passes a whole number, counted in whole grains."""
    step = round(Fraction(rate_hz) / Fraction(rate) * compiled.GRAINS)
    position = [(n * step) // compiled.GRAINS for n in range(samples)]
    at, heard = 0, []
    for n, p in enumerate(position):
        at = n if n == 0 or p != position[n - 1] else at
        heard.append(at)
    return np.array(heard)


@pytest.mark.parametrize("rate_hz", [100.0, 8000.0, 11025.0, 30000.0, 47999.0])
def test_sample_and_hold(rate_hz):
    audio = noise(20_000)
    wet = Bitcrusher(bit_depth=24, rate_hz=rate_hz)(audio, RATE)
    assert np.array_equal(wet, quantised(audio, 24, "mid_tread").astype(np.float32)[taken_at(20_000, rate_hz)])


def test_a_rate_from_the_hosts_on_is_off():
    audio = noise()
    assert np.array_equal(Bitcrusher(rate_hz=44100)(audio, 44100), Bitcrusher()(audio, 44100))
    assert np.array_equal(Bitcrusher(rate_hz=48000, hold="filtered")(audio, 96000), Bitcrusher()(audio, 96000))


def test_instants_stay_exact_over_a_long_stream():
    effect, block, blocks = Bitcrusher(bit_depth=24, rate_hz=11025), 1 << 20, 18
    step = round(Fraction(11025, RATE) * compiled.GRAINS)
    rng = np.random.default_rng(4)
    for k in range(blocks):
        audio = np.round(rng.uniform(-1, 1, block), 3).astype(np.float32)
        wet = effect(audio, RATE, reset=False)
        if k >= blocks - 2:  # past 2 ** 24 samples
            first = k * block
            at = [(n * step) // compiled.GRAINS != ((n - 1) * step) // compiled.GRAINS for n in range(first, first + block)]
            heard = np.maximum.accumulate(np.where(at, np.arange(block), -1))
            expected = quantised(audio, 24, "mid_tread").astype(np.float32)[heard]
            assert np.array_equal(wet[heard >= 0], expected[heard >= 0])


def test_the_low_pass_is_scipys_elliptic_filter():
    from scipy.signal import ellip

    zeros, poles, _ = ellip(6, 0.1, 50, 1, analog=True, output="zpk")
    poles = sorted((p for p in poles if p.imag > 0), key=abs)
    assert np.allclose([abs(p) for p in poles], elliptic.POLE, rtol=1e-12)
    assert np.allclose([abs(p) / (-2 * p.real) for p in poles], elliptic.QUALITY, rtol=1e-12)
    assert np.allclose(sorted(z.imag for z in zeros if z.imag > 0), sorted(elliptic.ZERO), rtol=1e-12)


def levels_db(wet):
    spectrum = np.abs(np.fft.rfft(wet * np.hanning(len(wet)))) / len(wet) * 4
    return 20 * np.log10(spectrum + 1e-12)


def test_filtered_hold_lets_neither_aliases_nor_images_through():
    rate_hz, seconds = 8000.0, 2
    worst = {}
    for hold in ("sample", "filtered"):
        effect = Bitcrusher(bit_depth=24, rate_hz=rate_hz, hold=hold)
        wet = effect(tone(6200, samples=seconds * RATE), RATE)[RATE:]  # folds to 1800 Hz
        alias = levels_db(wet)[1700:1900].max() - 20 * np.log10(0.5)
        wet = effect(tone(1800, samples=seconds * RATE), RATE)[RATE:]
        image = levels_db(wet)[4700:].max() - 20 * np.log10(0.5)
        worst[hold] = (alias, image)
        assert abs(levels_db(wet)[1800] - 20 * np.log10(0.5)) < 1.5  # the hold's own droop is 0.7 dB there
    assert max(worst["filtered"]) < -50
    assert min(worst["sample"]) > -15


@pytest.mark.parametrize("rate", [44100, 96000])
def test_the_low_pass_has_the_ripple_and_the_stop_band_it_says(rate):
    rate_hz = 0.79 * min(rate, 48000)
    samples, cutoff = np.zeros(rate, np.float32), elliptic.warped(elliptic.PASS * rate_hz, rate)
    samples[0] = 0.5
    elliptic.low_pass(samples, np.full(rate, cutoff, np.float32), np.ones(rate, np.float32), np.zeros(6), 0)
    response = 20 * np.log10(np.abs(np.fft.rfft(samples)) / 0.5 + 1e-12)
    passed, stopped = response[: int(elliptic.PASS * rate_hz)], response[int(0.58 * rate_hz) :]
    assert np.ptp(passed) < 0.101
    assert stopped.max() - passed.max() < -49.99


def test_dither_is_as_wide_as_it_says_and_takes_the_error_away():
    d, samples = 2.0**-7, 400_000
    silence = np.zeros(samples, np.float32)
    for dither, spread in (("rectangular", d / np.sqrt(12)), ("tpdf", d / np.sqrt(6))):
        total = Bitcrusher(dither=dither)(np.full(samples, 0.3 * d, np.float32), RATE) - 0.3 * d
        assert abs(total.mean()) < 4 * d / np.sqrt(samples), dither  # no mean error, though 0.3 d is no level
        if dither == "tpdf":  # total error d² / 4 whatever the signal
            for offset in (0.0, 0.25, 0.5):
                error = Bitcrusher(dither=dither)(np.full(samples, offset * d, np.float32), RATE) - offset * d
                assert np.var(error) == pytest.approx(d * d / 4, rel=0.01)
        own = Bitcrusher(bit_depth=1, dither=dither, quantiser="mid_rise")
        assert own(silence, RATE).std() > spread  # silence becomes noise
    assert np.ptp(Bitcrusher(dither="none")(silence, RATE)) == 0


def test_dither_is_white_and_new_for_every_channel():
    wet = Bitcrusher(bit_depth=4, dither="tpdf")(np.zeros((2, 1 << 16), np.float32), RATE).astype(np.float64)
    left, right = wet - wet.mean(axis=1, keepdims=True)
    limit = 5 / np.sqrt(left.size)
    assert abs(np.corrcoef(left, right)[0, 1]) < limit
    for lag in (1, 2, 3, 64, 1024):
        assert abs(np.corrcoef(left[lag:], left[:-lag])[0, 1]) < limit


def test_dither_is_the_same_after_every_reset_and_beyond_32_bits_of_clock_another():
    effect, silence = Bitcrusher(bit_depth=4, dither="tpdf"), np.zeros(2048, np.float32)
    first = effect(silence, RATE)
    assert np.array_equal(effect(silence, RATE), first)
    effect(silence[:1], RATE, reset=False)
    state = effect.state
    heard = []
    for clock in (64, 64 + 2**32, 64 + 2**40):
        effect.state = {**state, "clock": np.array(clock)}
        heard.append(effect(silence, RATE, reset=False))
    assert all(abs(np.corrcoef(a, b)[0, 1]) < 0.12 for a, b in ((heard[0], heard[1]), (heard[0], heard[2])))


def test_mix_is_linear():
    audio = noise()
    wet = Bitcrusher(bit_depth=3)(audio, RATE).astype(np.float64)
    assert np.abs(Bitcrusher(bit_depth=3, mix=0.25)(audio, RATE) - (0.25 * wet + 0.75 * audio)).max() < 1e-7
    assert np.array_equal(Bitcrusher(bit_depth=3, mix=0)(audio, RATE), audio)


@pytest.mark.parametrize("hold", ["sample", "filtered"])
@pytest.mark.parametrize("rate_hz", [100, 1000, 20000])
def test_tail_is_as_long_as_it_says(hold, rate_hz):
    effect = Bitcrusher(bit_depth=24, rate_hz=rate_hz, hold=hold, quantiser="mid_tread")
    effect(tone(0.38 * rate_hz, 1.0, 2 * RATE), RATE, reset=False)
    rest = effect(np.zeros(3 * RATE, np.float32), RATE, reset=False)
    assert np.abs(rest[int(effect.tail_seconds * RATE) + 2 :]).max() < 10 ** (-90 / 20)


def test_switching_the_hold_while_playing_fades():
    effect, audio = Bitcrusher(bit_depth=24, rate_hz=6000), tone(200, 0.5)
    effect.schedule(RATE // 2, "hold", "filtered")
    wet = effect(audio, RATE)
    smooth = np.abs(np.diff(wet, 2))
    assert smooth[RATE // 2 :].max() <= smooth[: RATE // 2].max()
    assert smooth[-RATE // 4 :].max() < 0.01 * smooth[: RATE // 2].max()


@pytest.mark.parametrize("rate", [3, 150, 8000, 192000])
def test_plays_at_any_rate(rate):
    audio = noise(2000)
    for hold in ("sample", "filtered"):
        wet = Bitcrusher(bit_depth=8, rate_hz=120, hold=hold)(audio, rate)
        assert np.isfinite(wet).all()
        assert np.abs(wet).max() <= 3
