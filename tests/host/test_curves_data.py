"""Curves as plain data, and what a stranger may have written there."""

import json

import numpy as np
import pytest
import yaml
from curve_knobs import KNOBS, LINEAR, breakpoints, followers, lfos
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wetdry import LFO, Breakpoints
from wetdry.host.automation import Samples, Steps, Time, as_curve, curve_from
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName, WetdryError

ANY = st.sampled_from(KNOBS)


@settings(deadline=None, max_examples=100)
@given(ANY.flatmap(lambda knob: breakpoints(knob) | lfos(knob) | followers(knob)))
def test_curves_come_back_from_json_and_yaml(curve):
    data = curve.to_data()
    assert curve_from(data) == curve
    assert curve_from(json.loads(json.dumps(data))) == curve
    assert curve_from(yaml.safe_load(yaml.safe_dump(data))) == curve
    assert repr(curve_from(data)) == repr(curve)


def test_the_way_a_rig_says_them():
    said = """
    drive_db: {points: [[0, 6], [2.5, 24], [4, 12, smooth]], unit: beats}
    tone_hz: {lfo: sine, rate_hz: 0.5, low: 800, high: 6000}
    output_db: {follow: in, low: 0, high: -12, attack_ms: 5, release_ms: 120}
    """
    curves = {name: curve_from(data) for name, data in yaml.safe_load(said).items()}
    assert curves["drive_db"] == Breakpoints([(0, 6), (2.5, 24), (4, 12, "smooth")], unit="beats")
    assert curves["tone_hz"] == LFO(rate_hz=0.5, low=800, high=6000)
    assert curves["output_db"].listens and curves["output_db"].release_ms == 120


def test_samples_lie_beside_the_file_that_names_them(tmp_path):
    values = Samples(np.linspace(0, 36, 100))
    values.save(tmp_path / "drive.wav", 48_000)
    again = curve_from({"samples": "drive.wav"}, tmp_path)
    assert np.array_equal(again.numbers(LINEAR, 0, 100, Time(48_000.0)), values.values)
    assert curve_from({"samples": str(tmp_path / "drive.wav")}) == again


def test_steps_come_back():
    steps = Steps(3.0, [(0, 1.5), (480, 36.0)])
    assert curve_from(json.loads(json.dumps(steps.to_data()))) == steps


def test_what_a_user_gives():
    points = Breakpoints([(0, 0.0), (1, 0.3)])
    assert as_curve(points) is points and as_curve([(0, 0.0), (1, 0.3)]) == points
    assert isinstance(as_curve(np.zeros(3)), Samples)
    for wrong in (3.0, "lfo", None, {"points": [[0, 1]]}, Breakpoints):
        with pytest.raises(InvalidType, match="a curve is Breakpoints"):
            as_curve(wrong)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "a mapping"),
        ([[0, 1]], "a mapping"),
        ({}, "got nothing"),
        ({"rate_hz": 1}, "automation has one of"),
        ({"points": [[0, 1]], "lfo": "sine"}, "automation has one of"),
        ({"points": [[0, 1]], "units": "beats"}, "did you mean unit"),
        ({"points": 3}, "points is a list"),
        ({"points": "abc"}, "points is a list"),
        ({"points": [[0, 1]] * 100_001}, "100001 are more"),
        ({"lfo": "sine", "rate_hz": "fast", "low": 0, "high": 1}, "rate_hz is a number"),
        ({"lfo": "sine", "rate_hz": 1}, "low to high"),
        ({"follow": "out", "low": 0, "high": 1}, "follow"),
        ({"follow": "in", "low": 0}, "high is missing"),
        ({"samples": 3}, "path of a WAV file"),
        ({"samples": "a\0b"}, "path of a WAV file"),
        ({"samples": "nowhere.wav"}, "no file at"),
        ({"samples": "/dev/zero"}, "no file at"),
        ({"samples": "a" * 10_000}, "cannot be read"),
        ({"steps": [[0, 1]]}, "before is missing"),
        ({"steps": [[0.5, 1]], "before": 0}, "no whole number"),
        ({"steps": [[0, 1], 2], "before": 0}, "step 1"),
        ({"steps": [[5, 1], [4, 1]], "before": 0}, "steps come in order"),
    ],
)
def test_what_is_wrong_is_named(data, said):
    with pytest.raises(WetdryError, match=said) as caught:
        curve_from(data)
    assert isinstance(caught.value, InvalidValue | InvalidType | UnknownName | OSError) and "\n" not in str(caught.value)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400)
WORDS = st.sampled_from(["points", "lfo", "follow", "steps", "unit", "shape", "rate_hz", "beats", "low", "high", "phase",
                         "seed", "attack_ms", "samples", "/", "before", "sine", "in", "hold"])  # fmt: skip
NESTED = st.recursive(PLAIN | WORDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4))


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(WORDS, NESTED, max_size=4) | NESTED, ANY)
def test_whatever_a_stranger_writes_is_a_curve_or_one_clear_line(data, knob):
    try:
        curve = curve_from(data)
        curve.check(knob)
    except WetdryError as error:
        assert "\n" not in str(error)
        return
    numbers = curve.numbers(knob, -10, 200, Time(48_000.0))
    assert numbers.shape == (200,) and knob.minimum <= numbers.min() and numbers.max() <= knob.maximum
