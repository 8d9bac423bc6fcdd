"""Breakpoints: where a knob stands between its points."""

import math
import pickle

import numpy as np
import pytest
from curve_knobs import BENT, LINEAR, LOG, ON, SWITCH

from wetdry import Breakpoints, Tempo
from wetdry.host.automation import Time
from wetdry.models.errors import InvalidType, InvalidValue, WetdryError

TIME = Time(1000.0)


def test_a_line_is_even_and_holds_at_both_ends():
    numbers = Breakpoints([(0.1, 6), (0.3, 26)]).numbers(LINEAR, -50, 500, TIME)
    by_hand = [6 + 20 * min(max(n - 100, 0), 200) / 200 for n in range(-50, 450)]
    assert np.allclose(numbers, by_hand, rtol=0, atol=1e-13)
    assert numbers[150] == 6 and numbers[350] == 26
    assert numbers.dtype == np.float64


def test_a_log_knob_passes_equal_ratios_in_equal_times():
    numbers = Breakpoints([(0, 100), (1, 1600)]).numbers(LOG, 0, 1001, TIME)
    assert np.allclose(numbers[[0, 250, 500, 750, 1000]], [100, 200, 400, 800, 1600], rtol=1e-12)
    assert np.allclose(np.diff(np.log(numbers)), math.log(16) / 1000, atol=1e-12)


def test_a_bent_knob_turns_evenly():
    numbers = Breakpoints([(0, 0), (1, 10)]).numbers(BENT, 0, 1001, TIME)
    positions = [BENT.to_raw(number) for number in numbers]
    assert np.allclose(positions, np.arange(1001) / 1000, atol=1e-12)


def test_smooth_is_half_a_cosine_and_hold_a_jump():
    numbers = Breakpoints([(0, 0), (0.1, 20, "smooth"), (0.2, 10, "hold"), (0.3, 0)]).numbers(LINEAR, 0, 400, TIME)
    assert np.allclose(numbers[:101], [10 - 10 * math.cos(math.pi * n / 100) for n in range(101)], atol=1e-12)
    assert (numbers[100:200] == 20).all() and numbers[200] == 10
    assert np.allclose(numbers[200:300], 10 - 0.1 * np.arange(100), atol=1e-12) and (numbers[300:] == 0).all()


def test_smooth_is_smooth_along_the_scale():
    numbers = Breakpoints([(0, 100), (1, 10_000)], shape="smooth").numbers(LOG, 0, 1000, TIME)
    wanted = [100 * 100 ** (0.5 - 0.5 * math.cos(math.pi * n / 1000)) for n in range(1000)]
    assert np.allclose(numbers, wanted, rtol=1e-12)


def test_of_points_on_one_sample_the_last_counts():
    points = Breakpoints([(0, 0), (0.1, 10), (0.1, 30), (0.1, 20), (0.1004, 5), (0.2, 15)])
    numbers = points.numbers(LINEAR, 0, 250, TIME)
    assert numbers[99] == pytest.approx(9.9) and numbers[100] == 5 and numbers[150] == pytest.approx(10)


def test_a_switch_jumps_at_its_points_whatever_their_shape():
    numbers = Breakpoints([(0, "soft"), (0.1, "wrap"), (0.2, "hard", "smooth")]).numbers(SWITCH, 0, 300, TIME)
    assert numbers.tolist() == [0.0] * 100 + [3.0] * 100 + [1.0] * 100
    assert Breakpoints([(0, False), (0.1, True)]).numbers(ON, 98, 4, TIME).tolist() == [0, 0, 1, 1]


def test_units():
    time = Time(48_000.0, Tempo([(0, 120), (2, 60)]))
    for points, unit, at in (([(0, 0), (2, 9)], "seconds", 96_000), ([(0, 0), (3, 9)], "beats", 96_000),
                             ([(0, 0), (96_000, 9)], "samples", 96_000), ([(0, 0), (2, 9)], "beats", 48_000)):  # fmt: skip
        numbers = Breakpoints(points, unit, "hold").numbers(LINEAR, 0, at + 1, time)
        assert numbers[at - 1] == 0 and numbers[at] == 9, (points, unit)


def test_a_lane_laid_for_one_stream_is_laid_anew_for_another():
    points = Breakpoints([(0, 0), (1, 10)])
    at_one_rate = points.numbers(LINEAR, 0, 100, TIME)
    assert points.numbers(LINEAR, 0, 100, Time(100.0))[50] == pytest.approx(5)
    assert points.numbers(BENT, 0, 100, TIME)[50] != at_one_rate[50]
    assert np.array_equal(points.numbers(LINEAR, 0, 100, TIME), at_one_rate)


def test_thousands_of_points_in_a_block():
    rng = np.random.default_rng(7)
    points = [(float(n), float(v)) for n, v in enumerate(rng.uniform(0, 36, 5000))]
    numbers = Breakpoints(points, "samples", "hold").numbers(LINEAR, 0, 5000, TIME)
    assert numbers.tolist() == [value for _, value in points]
    assert np.array_equal(Breakpoints(points, "samples").numbers(LINEAR, 0, 5000, TIME), numbers)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([], "need a point"),
        ("text", "a list of points"),
        ([(0, 1), 2], "point 1 is 2"),
        ([(0,)], "point 0"),
        ([("0", 1)], "point 0: its time"),
        ([(math.nan, 1)], "point 0: its time"),
        ([(-1, 1)], "outside 0 to"),
        ([(0, 1), (10**400, 1)], "point 1: its time"),
        ([(1, 1), (0.5, 1)], "point 1 at 0.5 comes before point 0 at 1"),
        ([(0, math.inf)], "point 0: its value"),
        ([(0, [1])], "point 0: its value"),
        ([(0, 1, "bent")], "not one of linear, hold, smooth"),
        ([(0, 1, ["hold"])], "not one of linear, hold, smooth"),
    ],
)
def test_what_is_no_point_is_named(points, said):
    with pytest.raises((InvalidValue, InvalidType), match=said):
        Breakpoints(points)


def test_a_value_that_the_knob_cannot_take_names_point_range_and_unit():
    with pytest.raises(InvalidValue, match=r"point 1 at 2.5 seconds: drive_db = 99 is out of range \[0 dB, 36 dB\]"):
        Breakpoints([(0, 6), (2.5, 99)]).check(LINEAR)
    for points, knob in (([(0, "mild")], SWITCH), ([(0, 1)], SWITCH), ([(0, "loud")], LINEAR), ([(0, True)], LINEAR),
                         ([(0, 10**400)], LINEAR)):  # fmt: skip
        with pytest.raises(WetdryError):
            Breakpoints(points).check(knob)
    with pytest.raises(InvalidValue, match="unit = 'minutes' is not one of"):
        Breakpoints([(0, 1)], unit="minutes")


def test_it_prints_pickles_and_compares_as_what_made_it():
    points = Breakpoints([(0, 6), (2.5, 24, "hold"), (4, np.float32(12))], unit="beats", shape="smooth")
    assert eval(repr(points)) == points == pickle.loads(pickle.dumps(points))
    assert repr(points) == "Breakpoints([(0.0, 6), (2.5, 24, 'hold'), (4.0, 12.0)], unit='beats', shape='smooth')"
    assert hash(points) == hash(pickle.loads(pickle.dumps(points)))
    assert points != Breakpoints([(0, 6), (2.5, 24, "hold"), (4, 12)], unit="beats") != Breakpoints([(0, 6)])
