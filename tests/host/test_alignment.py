"""Recordings laid against what was played: delay with its fraction, polarity, and what cannot be laid."""

import numpy as np
import pytest
import soxr
from recorded_gear import RATE, device, guitar, late

from wetdry.host.excitation import excitation
from wetdry.host.recorded.alignment import align, clicks, taken_out
from wetdry.models.errors import InvalidValue


@pytest.fixture(scope="module")
def dry():
    return guitar()


@pytest.mark.parametrize(("delay", "sign"), [(0.0, 1), (123.4, -1), (-77.7, 1), (40000.25, -1)])
def test_a_delay_is_found_by_correlation(dry, delay, sign):
    wet = sign * late(device(dry), delay, len(dry) + 50000)
    found = align(dry, wet, RATE)
    assert found.how == "correlation" and found.polarity == sign
    assert abs(found.delay_samples - delay) < 0.4


@pytest.mark.parametrize("drive_db", [0.0, 18.0])
def test_clicks_tell_it_more_closely(drive_db):
    dry = excitation(16.0, RATE, seed=2)
    found = align(dry, -late(device(dry, drive_db), 123.4), RATE)
    assert found.how == "blips" and found.polarity == -1
    assert abs(found.delay_samples - 123.4) < 0.1


def test_the_phase_of_a_filter_is_no_delay(dry):
    assert abs(align(dry, device(dry, 0.0, 1000.0), RATE).delay_samples) < 0.4


def test_the_filter_of_a_resampler_is_no_delay(dry):
    """What came at a lower rate has a linear-phase filter at its band's edge, which answers ahead of its input."""
    wet = soxr.resample(soxr.resample(late(device(dry, 0.0, 20000.0), 123.4), RATE, 32000), 32000, RATE)
    assert abs(align(dry, np.asarray(wet, np.float32), RATE, 32000).delay_samples - 123.4) < 0.4


def test_clicks_are_single_samples_in_silence():
    audio = np.zeros(RATE, np.float32)
    audio[[12000, 24000]] = 0.5
    assert clicks(audio, RATE) == [12000, 24000]
    audio[30000:30010] = 0.3
    assert clicks(audio, RATE) == [12000]  # the second has something too near
    assert clicks(guitar(8.0), RATE) == []


@pytest.mark.parametrize("delay", [100.0, 123.4, -50.5])
def test_what_was_late_is_in_place(dry, delay):
    wet = device(dry)
    back = taken_out(late(wet, delay), delay, 200, len(dry) - 400)
    error = back - wet[200:-200]
    assert np.mean(error**2) < 1e-6 * np.mean(wet**2)


def test_nothing_answers_outside_the_recording():
    assert np.array_equal(taken_out(np.ones(10, np.float32), 0.0, -3, 16), [0] * 3 + [1] * 10 + [0] * 3)
    assert not taken_out(np.ones(10, np.float32), 500.0, 0, 8).any()


def test_another_recording_is_refused(dry):
    with pytest.raises(InvalidValue, match="follow"):
        align(dry, np.random.default_rng(0).uniform(-0.5, 0.5, len(dry)).astype(np.float32), RATE)


def test_two_clocks_are_refused(dry):
    drifting = soxr.resample(device(dry), 48000, 48000 * (1 + 50e-6))
    with pytest.raises(InvalidValue, match="two clocks"):
        align(dry, np.asarray(drifting, np.float32), RATE)
