"""Zipper noise: where knobs travel, and how much lies above 5 kHz there."""

import numpy as np
import pytest

from wetdry.models import metrics
from wetdry.models.errors import InvalidValue

RATE = 48000


def test_ramps_are_travels_and_no_jumps():
    travels = np.concatenate([np.zeros(10), np.linspace(0, 1, 21), np.ones(10)])
    jumps = np.repeat([0.0, 1.0, 0.5], [15, 15, 11])
    wanted = np.zeros(41, bool)
    wanted[11:31] = True
    assert np.array_equal(metrics.ramps(travels), wanted)
    assert not metrics.ramps(jumps).any()
    assert np.array_equal(metrics.ramps([travels, jumps]), wanted)


def test_at_rest_is_50_ms_after_any_move():
    numbers = np.repeat([0.0, 1.0], [5000, 5000])
    found = metrics.still([np.zeros(10000), numbers], RATE)
    assert found[:5000].all() and not found[5000 : 5000 + 2401].any() and found[5000 + 2401 :].all()


@pytest.mark.parametrize("step", [32, 64, 256])
def test_a_gain_turned_in_steps_is_rougher_by_what_its_steps_spread(step):
    """220 Hz through a gain: smooth, nothing above 5 kHz; in steps, what a Fourier transform finds of the difference."""
    time = np.arange(RATE) / RATE
    tone, gain = np.sin(2 * np.pi * 220 * time), np.linspace(0.2, 1.0, RATE)
    held = np.repeat(gain[::step], step)[:RATE]
    moving = metrics.ramps(gain)
    smooth = metrics.high_share_db(tone * gain, RATE, moving)
    stepped = metrics.high_share_db(tone * held, RATE, moving)
    spectrum = np.abs(np.fft.rfft(tone * (held - gain) * np.hanning(RATE))) ** 2
    high = spectrum[np.fft.rfftfreq(RATE, 1 / RATE) > 5000].sum() * 2 / RATE / np.mean(np.hanning(RATE) ** 2)
    assert smooth < -100
    assert stepped == pytest.approx(10 * np.log10(high / np.sum((tone * held) ** 2)), abs=1.0)


def test_where_there_is_nothing_to_say():
    noise = np.random.default_rng(0).standard_normal(RATE)
    everywhere = np.ones(RATE, bool)
    assert metrics.high_share_db(noise, RATE, everywhere) == pytest.approx(10 * np.log10(19 / 24), abs=0.1)
    assert metrics.high_share_db(noise, RATE, ~everywhere) is None
    assert metrics.high_share_db(np.zeros(RATE), RATE, everywhere) is None
    assert metrics.high_share_db(noise, 11025, everywhere) is None
    with pytest.raises(InvalidValue, match="shape"):
        metrics.high_share_db(noise, RATE, everywhere[1:])
