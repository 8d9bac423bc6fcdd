"""EnvelopeFollower: how a knob goes with the level heard."""

import math

import numpy as np
import pytest
from curve_knobs import LINEAR, LOG, SWITCH

from wetdry import EnvelopeFollower
from wetdry.host.automation import Time
from wetdry.models.errors import InvalidType, InvalidValue

RATE = 48_000.0
TIME = Time(RATE)


def heard(follower: EnvelopeFollower, audio: np.ndarray, knob=LINEAR) -> np.ndarray:
    follower.restart()
    follower.hear(audio.astype(np.float32), RATE)
    return follower.numbers(knob, 0, audio.shape[1], TIME)


def test_equal_times_are_a_one_pole_over_the_loudest_channel():
    from scipy.signal import lfilter

    audio = np.random.default_rng(1).normal(0, 0.2, (2, 5000)).astype(np.float32)
    share = 1 - math.exp(-1 / (0.010 * RATE))
    level = lfilter([share], [1, share - 1], np.abs(audio.astype(np.float64)).max(axis=0))
    wanted = np.interp(20 * np.log10(np.maximum(level, 1e-10)), [-60, -6], [0, 36])
    numbers = heard(EnvelopeFollower(low=0, high=36, attack_ms=10, release_ms=10), audio)
    assert np.allclose(numbers, wanted, atol=1e-9)
    assert np.ptp(wanted) > 20, "it moves"


def test_it_rises_in_the_attack_and_falls_in_the_release():
    audio = np.zeros((1, 48_000))
    audio[:, 4800:24_000] = 1.0
    follower = EnvelopeFollower(low=0, high=36, attack_ms=10, release_ms=100, quiet_db=-60, loud_db=0)
    level = 10 ** ((heard(follower, audio) / 36 * 60 - 60) / 20)
    assert level[4799] == pytest.approx(1e-3)
    assert level[4800 + 479] == pytest.approx(1 - math.exp(-1), rel=1e-6), "63 % after the attack's time constant"
    assert level[24_000 + 4799] == pytest.approx(math.exp(-1), rel=1e-6), "37 % after the release's"


def test_the_range_goes_either_way_along_the_scale_and_over_choices():
    audio = np.full((1, 48_000), 10 ** (-33 / 20))
    falling = heard(EnvelopeFollower(low=30, high=6, loud_db=-6), audio)
    assert falling[0] == pytest.approx(30, abs=3) and falling[-1] == pytest.approx(18, abs=1e-3), "half way at -33 dB"
    assert heard(EnvelopeFollower(100, 10_000), audio, LOG)[-1] == pytest.approx(1000, rel=1e-3)
    assert heard(EnvelopeFollower("soft", "wrap"), audio, SWITCH)[-1] in (1.0, 2.0)


def test_without_times_it_is_the_level_itself():
    audio = np.array([[1e-9, 0.001, 0.5, 2.0, -0.001, 0.0]])
    wanted = np.clip((20 * np.log10(np.maximum(np.abs(audio[0]), 1e-10)) + 60) / 54, 0, 1) * 36
    assert np.allclose(heard(EnvelopeFollower(0, 36, 0, 0), audio), wanted, atol=1e-5)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_as_silence(wrong):
    audio = np.random.default_rng(2).normal(0, 0.2, (1, 2000))
    silent, broken = audio.copy(), audio.copy()
    silent[0, 700], broken[0, 700] = 0.0, wrong
    assert np.array_equal(heard(EnvelopeFollower(0, 36), broken), heard(EnvelopeFollower(0, 36), silent))


def test_what_was_heard_is_kept_for_thirty_seconds():
    follower, rng = EnvelopeFollower(0, 36), np.random.default_rng(3)
    rate, time = 1000.0, Time(1000.0)
    audio = rng.normal(0, 0.1, (1, 200_000)).astype(np.float32)
    follower.hear(audio[:, :150_000], rate)
    whole = follower.numbers(LINEAR, 0, 150_000, time)
    assert np.ptp(whole[:1000]) > 1, "a whole signal heard at once is all there"
    size = len(follower._kept)
    for at in range(150_000, 200_000, 500):
        follower.hear(audio[:, at : at + 500], rate)
        assert np.array_equal(follower.numbers(LINEAR, 149_000, 100, time), whole[149_000:149_100]) or at > 178_000
    assert len(follower._kept) == size, "and it does not grow"
    latest = follower.numbers(LINEAR, 199_999, 3, time)
    assert latest[0] == latest[1] == latest[2], "what is yet to be heard stands as what was heard last"


def test_before_the_stream_and_after_a_restart_it_is_quiet():
    follower = EnvelopeFollower(3, 36)
    assert (follower.numbers(LINEAR, 0, 10, TIME) == 3).all()
    follower.hear(np.ones((1, 1000), np.float32), RATE)
    assert (follower.numbers(LINEAR, -10, 10, TIME) == 3).all()
    assert (follower.alone().numbers(LINEAR, 0, 1000, TIME) == 3).all(), "another lane's has heard nothing"
    follower.restart()
    assert (follower.numbers(LINEAR, 0, 1000, TIME) == 3).all()


def test_it_prints_as_what_makes_it_and_is_checked():
    follower = EnvelopeFollower(low=0, high=-12, attack_ms=5, release_ms=120)
    assert eval(repr(follower)) == follower == follower.alone()
    with pytest.raises(InvalidValue, match=r"high: drive_db = -12 is out of range"):
        follower.check(LINEAR)
    for wrong in ({"attack_ms": -1}, {"release_ms": math.nan}, {"release_ms": 1e9}, {"quiet_db": 0, "loud_db": 0},
                  {"loud_db": "0"}, {"low": None}, {"high": [1]}):  # fmt: skip
        with pytest.raises((InvalidValue, InvalidType)):
            EnvelopeFollower(**{"low": 0, "high": 1, **wrong})
