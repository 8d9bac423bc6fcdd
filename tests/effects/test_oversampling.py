"""Oversampling: the filters as stated, the latency whole and exact, the path flat, aliasing gone."""

import itertools

import numpy as np
import pytest

from wetdry import TubeSaturator
from wetdry.effects.kernels import oversampling_filters as filters
from wetdry.effects.kernels.oversampling import FACTORS, oversampling
from wetdry.models.metrics import aliasing_table

LATENCIES = {1: 0, 2: 83, 4: 89, 8: 91}
# name: taps, passes to and stops from (of the lower rate of the host's: 1x, 1x, 2x, 4x), ripple and stopband in dB
STATED = {
    "HALF_BAND_2X": (131, 20000 / 44100 / 2, 0.5 - 20000 / 44100 / 2, 0.0001, -100),
    "DECIMATOR": (203, 20000 / 44100 / 2, 0.25, 0.007, -101),
    "HALF_BAND_4X": (23, 0.5 / 4, 1.5 / 4, 0.0001, -104),
    "HALF_BAND_8X": (15, 0.5 / 8, 3.5 / 8, 0.00001, -122),
}


def noise(samples=4000, seed=0, level=0.3):
    return (level * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize("name", STATED)
def test_filters_hold_what_they_state(name):
    from scipy.signal import freqz

    taps, passed, stopped, ripple_db, stopband_db = STATED[name]
    every = {
        "HALF_BAND_2X": filters.up_filter(2),
        "DECIMATOR": filters.down_filter(2),
        "HALF_BAND_4X": filters.up_filter(4),
        "HALF_BAND_8X": filters.down_filter(8),
    }[name].astype(np.float32)
    frequency, response = freqz(every, worN=1 << 16, fs=1.0)
    level = 20 * np.log10(np.abs(response) + 1e-30)
    assert len(every) == taps
    assert np.array_equal(every, every[::-1])
    assert np.abs(level[frequency <= passed]).max() <= ripple_db
    assert level[frequency >= stopped].max() <= stopband_db


@pytest.mark.parametrize("name", STATED)
def test_the_taps_are_what_the_design_gives(name):
    assert np.abs(filters.design()[name] - getattr(filters, name)).max() < 1e-7


def test_refuses_other_factors():
    with pytest.raises(ValueError, match="1, 2, 4, 8"):
        oversampling(3)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("factor", FACTORS[1:])
def test_the_path_is_flat_to_20_khz(factor, rate):
    """Beside the same effect at 1x, played so softly that the curve is straight; the low-pass is in both."""
    click = np.zeros(8192, np.float32)
    click[4096] = 1e-3
    knobs = {"drive_db": 0, "bias": 0, "tone_hz": 20000}
    over, plain = (np.abs(np.fft.rfft(TubeSaturator(**knobs, oversampling=f)(click, rate))) for f in (factor, 1))
    audible = slice(20 * 8192 // rate + 1, 20000 * 8192 // rate)
    assert np.abs(20 * np.log10(over[audible] / plain[audible])).max() < 0.01


@pytest.mark.parametrize("factor", FACTORS)
def test_latency_is_whole_and_taken_out(factor):
    effect = TubeSaturator(drive_db=0, bias=0, tone_hz=20000, oversampling=factor)
    assert effect.latency_samples == oversampling(factor).latency_samples == LATENCIES[factor]
    click = np.zeros(400, np.float32)
    click[150] = 0.01
    assert np.argmax(np.abs(effect(click, 48000))) == 150
    effect.reset()
    stream = np.concatenate([effect(block, 48000, reset=False) for block in np.split(click, 8)])
    assert len(stream) == 400 - LATENCIES[factor]
    assert np.argmax(np.abs(stream)) == 150


@pytest.mark.parametrize("factor", FACTORS)
def test_dry_is_the_input_to_the_last_bit(factor):
    audio = noise()
    assert np.array_equal(TubeSaturator(drive_db=40, mix=0, oversampling=factor)(audio, 48000), audio)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_split_gives_the_same_samples_while_knobs_move(factor, channels):
    audio = noise(2000 * channels).reshape(channels, -1)
    random = np.random.default_rng(factor)
    moves = [(150, "drive_db", 40), (333, "tone_hz", 900), (700, "bias", -0.6), (701, "mix", 0.3), (1111, "output_db", -9)]

    def moving():
        effect = TubeSaturator(oversampling=factor)
        for move in moves:
            effect.schedule(*move)
        return effect

    whole = moving()(audio, 48000, reset=False)
    shortest = 1 if channels == 1 else 3  # a block of two rows and two columns would say nothing of its layout
    for sizes in ([shortest] * 2000, random.integers(shortest, 40, 200), random.integers(shortest, 200, 40)):
        effect, cuts = moving(), np.minimum(np.cumsum(sizes), 2000)
        blocks = [audio[:, a:b] for a, b in itertools.pairwise([0, *cuts, 2000]) if b > a]
        parts = [effect(block, 48000, reset=False) for block in blocks]
        assert np.array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("factor", FACTORS[1:])
def test_equals_its_definition_in_float64(factor):
    """Doubled and halved by scipy with the same filters, the curve between; the rest as at 1x."""
    from scipy.signal import bilinear, lfilter, upfirdn

    audio, rates = noise(6000), [2**k for k in range(1, factor.bit_length())]
    fast = np.pad(audio.astype(float), 200)  # the filters ring before the first sample and after the last
    for rate in rates:
        taps = filters.up_filter(rate)
        fast = upfirdn(2 * taps, fast, up=2)[len(taps) // 2 :][: 2 * len(fast)]
    fast = np.tanh(10**1.0 * fast + 0.2) - np.tanh(0.2)
    for rate in reversed(rates):
        taps = filters.down_filter(rate)
        fast = upfirdn(taps, fast, down=1)[len(taps) // 2 :][: len(fast)][::2]
    shaped = lfilter([1, -1], [1, -np.exp(-2 * np.pi * 10 / 48000)], fast[:6200])
    warped = 2 * 48000 * np.tan(np.pi * 5000 / 48000)
    expected = lfilter(*bilinear([warped], [1, warped], 48000), shaped)[200:]
    wet = TubeSaturator(drive_db=20, bias=0.2, tone_hz=5000, oversampling=factor)(audio, 48000)
    assert np.abs(wet - expected).max() < 3e-6 * np.abs(expected).max()


def test_harmonics_agree_with_another_resampler():
    """soxr up, numpy's tanh, soxr down, then the low-pass that the effect has too."""
    soxr = pytest.importorskip("soxr")
    knobs = {"bias": 0, "tone_hz": 20000}
    tone = (0.4 * np.sin(2 * np.pi * 1000 / 48000 * np.arange(48000))).astype(np.float32)
    fast = np.tanh(30.0 * soxr.resample(tone.astype(float), 48000, 8 * 48000, quality="VHQ"))
    other = soxr.resample(fast, 8 * 48000, 48000, quality="VHQ")
    ours = TubeSaturator(drive_db=20 * np.log10(30.0), oversampling=8, **knobs)(tone, 48000)
    click = np.zeros(36000, np.float32)
    click[0] = 1e-3
    low_pass = 1e3 * TubeSaturator(drive_db=0, oversampling=1, **knobs)(click, 48000)
    lines = 750 * np.arange(1, 20, 2)  # of 36,000 points
    wet, expected, through = (np.abs(np.fft.rfft(x))[lines] for x in (ours[4000:40000], other[4000:40000], low_pass))
    assert np.allclose(wet, expected * through, rtol=1e-3)  # 0.009 dB


def test_aliasing_falls_by_50_db_at_8x():
    """At drive 30 dB, tone fully open, -6 dBFS; at 2x and 4x it falls too, each time further."""
    table = {}
    for factor in FACTORS:
        effect = TubeSaturator(drive_db=30, tone_hz=20000, oversampling=factor)
        table[factor] = aliasing_table(lambda x, e=effect: e(x, 48000), 48000, levels_dbfs=(-6.0,))[:, 0]
    assert (table[1] > -35).all()
    assert (table[8] < table[1] - 50).all()
    assert (table[2] < table[1] - 10).all()
    assert (table[4] < table[2] - 18).all()


@pytest.mark.parametrize("factor", FACTORS[1:])
def test_sweeps_are_as_clean_as_at_1x(factor):
    """Knobs are held for a host sample at the fast rate; on a straight curve all else in the spectrum is the sweep's own."""
    tone = (1e-3 * np.sin(2 * np.pi * 500 / 48000 * np.arange(48000))).astype(np.float32)
    rest = []
    for f in (factor, 1):
        effect = TubeSaturator(drive_db=0, bias=0, tone_hz=20000, oversampling=f)
        for i in range(1, 90):
            effect.schedule(512 * i, "drive_db", 12 + 12 * np.sin(0.1 * i))
        wet = effect(tone, 48000)[8000:40000]
        power = np.abs(np.fft.rfft(wet * np.blackman(len(wet)))) ** 2
        rest.append(10 * np.log10(power[3000 * len(wet) // 48000 :].sum() / power.sum()))
    assert rest[0] < rest[1] + 0.5
    assert rest[0] < -80


def test_a_change_of_the_factor_while_playing_makes_no_click():
    tone = (0.2 * np.sin(2 * np.pi * 200 / 48000 * np.arange(48000))).astype(np.float32)
    effect = TubeSaturator(drive_db=6, oversampling=4)
    first = effect(tone[:24000], 48000, reset=False)
    effect.oversampling = 8
    second = effect(tone[24000:], 48000, reset=False)
    joined = np.concatenate([first, second])
    assert np.isfinite(joined).all()
    assert effect.latency_samples == LATENCIES[8]
    assert np.abs(np.diff(joined)).max() < 0.05
