"""Lanes on our effects: where a knob stands, sample by sample, whatever the blocks."""

import math

import numpy as np
import pytest
from conforming import EFFECTS, RATE, automatable, noise, streamed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wetdry import Chain, Gain, Graph, Pan, TubeSaturator
from wetdry.effects.player import Player
from wetdry.host.automation.hanging import hanging
from wetdry.models import Parameter

DRAWN = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))  # shared machines stall
MOVING = {name: make for name, make in EFFECTS.items() if automatable(make())}


class Course:
    """A lane of numbers, held before and after."""

    def __init__(self, numbers):
        self.course = np.array(numbers, np.float64)

    def numbers(self, start, samples, sample_rate):
        return self.course[np.clip(np.arange(start, start + samples), 0, len(self.course) - 1)]


@st.composite
def courses_of(draw, make, samples):
    """Draw knob → course: ramps, steps, noise."""
    knobs = automatable(make())
    found = {}
    for name in draw(st.lists(st.sampled_from(sorted(knobs)), min_size=1, max_size=3, unique=True)):
        row = knobs[name].parameter
        shape = draw(st.sampled_from(["ramp", "step", "noise"]))
        ends = [row.to_number(row.from_raw(draw(st.floats(0, 1)))) for _ in range(2)]
        course = np.linspace(*ends, samples)
        if shape == "step":
            course = np.where(np.arange(samples) < draw(st.integers(0, samples)), *ends)
        if shape == "noise":
            course = np.random.default_rng(draw(st.integers(0, 99))).uniform(min(ends), max(ends), samples)
        found[name] = Course(np.round(course) if row.choices else course)
    return found


def hung(effect, courses):
    return hanging([(effect, name, lane) for name, lane in courses.items()])


@pytest.mark.parametrize("name", MOVING)
@DRAWN
@given(data=st.data())
def test_any_split_gives_the_same_samples_and_they_are_those_of_scheduled_moves(name, data):
    make, audio = MOVING[name], noise(700)
    courses = data.draw(courses_of(make, 700))
    effect = make()
    with hung(effect, courses):
        whole = effect(audio, RATE, reset=False)
        effect.reset()
        assert np.array_equal(streamed(effect, audio, data.draw(st.lists(st.integers(0, 700), max_size=8))), whole)
    rows = effect.parameters
    for knob, lane in courses.items():
        assert rows[knob].value == rows[knob].parameter.from_number(lane.course[-1])
    scheduled = make(**{knob: rows[knob].parameter.from_number(lane.course[0]) for knob, lane in courses.items()})
    for knob, lane in courses.items():
        for sample in np.flatnonzero(np.diff(lane.course)) + 1:
            scheduled.schedule(int(sample), knob, rows[knob].parameter.from_number(lane.course[sample]))
    assert np.array_equal(scheduled(audio, RATE, reset=False), whole)


def test_a_knob_glides_after_its_lane_as_the_one_pole_says():
    course = 12 * np.random.default_rng(0).uniform(-1, 1, 3000)
    gain = Gain()
    with hung(gain, {"gain_db": Course(course)}):
        heard = gain(np.ones(3000, np.float32), RATE)
    share, value, expected = -math.expm1(-1 / (0.010 * RATE)), 10 ** (course[0] / 20), []
    for number in course:
        value += share * (10 ** (number / 20) - value)
        expected.append(value)
    np.testing.assert_allclose(heard, expected, rtol=1e-6)


def test_a_lane_stands_at_its_beginning_at_once():
    gain = Gain(gain_db=40)
    with hung(gain, {"gain_db": Course([-20.0])}):
        assert np.array_equal(gain(np.full(10, 0.5, np.float32), RATE), np.full(10, np.float32(0.05)))
    assert gain.gain_db == -20


@pytest.mark.parametrize("by_lane", [True, False])
def test_behind_an_effect_that_lags_a_move_hits_the_same_sample_of_the_sound(by_lane):
    audio, course = noise(6000), np.where(np.arange(6000) < 3001, 0.0, -60.0)
    saturator, behind, alone = TubeSaturator(oversampling=8), Gain(), Gain()
    lag = saturator.latency_samples
    assert lag > 20

    def played(play, gain):
        if not by_lane:
            gain.schedule(3001, "gain_db", -60)
            return play()
        with hung(gain, {"gain_db": Course(course)}):
            return play()

    chained = played(lambda: Chain([saturator, behind])(audio, RATE), behind)
    by_itself = played(lambda: alone(saturator(audio, RATE), RATE, reset=False), alone)
    np.testing.assert_allclose(chained, by_itself, atol=2e-6)
    late = np.roll(by_itself, lag)
    assert np.abs(chained - late)[3001:3400].max() > 0.01


def test_what_is_set_by_hand_moves_what_no_lane_turns():
    audio, panned = noise(2000, 2), Pan()
    plain = Pan()
    gain = Gain()
    player, other = Player([gain, panned]), Player([plain])
    with hung(gain, {"gain_db": Course([-6.0])}):
        player.play(audio[:, :1000].copy(), RATE, False)
        panned.pan, gain.gain_db, plain_before = 0.5, 12, other.play(audio[:, :1000].copy(), RATE, False)
        plain.pan = 0.5
        heard = player.play(audio[:, 1000:].copy(), RATE, False)
    expected = other.play(audio[:, 1000:].copy(), RATE, False)
    assert plain_before.shape == heard.shape
    np.testing.assert_allclose(heard, expected * np.float32(10 ** (-6 / 20)), atol=1e-6)
    assert gain.gain_db == -6


def test_a_lane_goes_before_scheduled_moves_of_its_knob():
    gain = Gain()
    gain.schedule(100, "gain_db", 24)
    with hung(gain, {"gain_db": Course([0.0])}):
        assert np.array_equal(gain(np.ones(500, np.float32), RATE, reset=False), np.ones(500, np.float32))
    assert gain.gain_db == 0


def test_a_lane_hung_on_a_stream_under_way_is_followed_at_once():
    gain = Gain(gain_db=0)
    for _ in range(3):
        gain(np.ones(64, np.float32), RATE, reset=False)
    with hung(gain, {"gain_db": Course([*np.zeros(200), -40.0])}):
        moved = gain(np.ones(64, np.float32), RATE, reset=False)
    assert np.array_equal(moved[:8], np.ones(8, np.float32))
    assert (np.diff(moved[8:]) < 0).all()
    after = [gain(np.ones(64, np.float32), RATE, reset=False) for _ in range(150)]
    assert after[-1][-1] == pytest.approx(0.01, rel=1e-3)


def test_a_stream_that_begins_anew_because_its_latency_changes_goes_on_along_its_lanes():
    saturator, course = TubeSaturator(oversampling=8), np.linspace(0, 40, 4000)
    with hung(saturator, {"drive_db": Course(course)}):
        saturator(noise(1000), RATE, reset=False)
        assert saturator.drive_db == course[999]
        saturator.oversampling = 2
        saturator(noise(1000), RATE, reset=False)
        assert saturator.drive_db == course[1999]
        saturator.reset()
        saturator(noise(10), RATE, reset=False)
        assert saturator.drive_db == course[9]


ROWS = [
    Parameter("level", "dB", -60.0, 12.0, 0.0),
    Parameter("tone_hz", "Hz", 20.0, 20_000.0, 1000.0, scale="log"),
    Parameter("size", "", 0.0, 10.0, 1.0, scale="points", points=(0.0, 1.0, 10.0)),
    Parameter("mode", choices=("soft", "hard", "fold"), default="soft"),
    Parameter("only", choices=("one",), default="one"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_positions_of_many_numbers_are_those_of_each(row):
    values = list(row.choices) or [row.from_raw(raw) for raw in np.linspace(0, 1, 101)]
    positions = row.positions(np.array([row.to_number(value) for value in values]))
    np.testing.assert_allclose(positions, [row.to_raw(value) for value in values], rtol=1e-12)


def test_a_bound_knob_knows_who_has_it_and_under_which_name():
    first, second = Gain(), Gain()
    knob = Chain([first, TubeSaturator(), second]).parameters["2.gain_db"]
    assert knob.owner is second and knob.name == "gain_db"
    graph = Graph({"a": first}, "in -> a -> -3 dB -> out")
    assert graph.parameters["a.gain_db"].owner is first
    assert graph.parameters["a>out.gain_db"].owner is graph.cables[1].gain
