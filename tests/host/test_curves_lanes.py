"""Lanes: a curve on a knob, whatever the blocks; and where lanes hang while something plays."""

import copy
import pickle

import numpy as np
import pytest
from curve_knobs import KNOBS, LINEAR, LOG, breakpoints, followers, lfos
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Breakpoints, EnvelopeFollower, Gain, Tempo
from wetdry.host.automation.hanging import hanging, lanes_of
from wetdry.host.automation.lane import CurveLane
from wetdry.models.errors import InvalidValue

RATE = 1000.0
KNOBS_WITH_CURVES = st.sampled_from(KNOBS).flatmap(
    lambda knob: st.tuples(st.just(knob), breakpoints(knob) | lfos(knob) | followers(knob))
)
SPLITS = st.lists(st.sampled_from([0, 1, 2, 31, 63, 64, 65, 99, 512]) | st.integers(0, 1500), min_size=2, max_size=12)


@settings(deadline=None, max_examples=150)
@given(KNOBS_WITH_CURVES, SPLITS, st.integers(-300, 4000), st.integers(0, 1 << 20))
def test_any_split_gives_the_same_numbers(knob_and_curve, split, start, seed):
    knob, curve = knob_and_curve
    lane, another = (CurveLane(curve, knob, Tempo([(0, 120), (2, 77.7)])) for _ in range(2))
    audio = np.random.default_rng(seed).normal(0, 0.2, (2, 4000)).astype(np.float32)
    if lane.listens:
        lane.hear(audio, RATE)
        for piece in np.split(audio, np.cumsum(split).clip(0, 4000), axis=1):
            another.hear(piece, RATE)
    whole = lane.numbers(start, sum(split), RATE)
    starts = start + np.cumsum([0, *split[:-1]])
    pieces = [another.numbers(int(at), samples, RATE) for at, samples in zip(starts, split, strict=True)]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert [len(piece) for piece in pieces] == split
    assert whole.dtype == np.float64 and len(whole) == sum(split)
    if len(whole):
        assert knob.minimum <= whole.min() and whole.max() <= knob.maximum
        if knob.choices:
            assert (whole == np.rint(whole)).all()


@settings(deadline=None, max_examples=50)
@given(KNOBS_WITH_CURVES)
def test_copies_and_pickles_move_alike(knob_and_curve):
    knob, curve = knob_and_curve
    wanted = CurveLane(curve, knob, Tempo()).numbers(0, 500, RATE)
    for again in (copy.deepcopy(curve), pickle.loads(pickle.dumps(curve))):
        assert again == curve
        assert np.array_equal(CurveLane(again, knob, Tempo()).numbers(0, 500, RATE), wanted)


def test_a_lane_refuses_what_its_knob_cannot_follow():
    with pytest.raises(InvalidValue, match="point 0 at 0 seconds: tone_hz = 6 is out of range"):
        CurveLane(Breakpoints([(0, 6)]), LOG, Tempo())


def test_one_follower_on_two_lanes_hears_for_each():
    follower = EnvelopeFollower(0, 36)
    first, second = (CurveLane(follower, LINEAR, Tempo()) for _ in range(2))
    first.hear(np.ones((1, 500), np.float32), RATE)
    assert first.numbers(0, 500, RATE)[-1] == 36 and not second.numbers(0, 500, RATE).any()
    first.restart()
    assert not first.numbers(0, 500, RATE).any()


def lane():
    return CurveLane(Breakpoints([(0, 6)]), LINEAR, Tempo())


def test_lanes_hang_only_while_the_block_runs():
    pedalboard = pytest.importorskip("pedalboard")
    for processor in (Gain(), pedalboard.Gain()):
        assert not lanes_of(processor)
        mine = lane()
        with hanging([(processor, "gain_db", mine)]):
            assert dict(lanes_of(processor)) == {"gain_db": mine}
            with hanging([(processor, "other", lane())]):
                assert set(lanes_of(processor)) == {"gain_db", "other"}
            assert set(lanes_of(processor)) == {"gain_db"}
        assert not lanes_of(processor)
        with pytest.raises(RuntimeError, match="on purpose"), hanging([(processor, "gain_db", mine)]):
            raise RuntimeError("on purpose")
        assert not lanes_of(processor)


def test_a_knob_hangs_on_one_lane():
    gain = Gain()
    twice = hanging([(gain, "gain_db", lane()), (gain, "gain_db", lane())])
    with pytest.raises(InvalidValue, match=r"gain_db of Gain.* is turned by two lanes"), twice:
        pass
    assert not lanes_of(gain)
