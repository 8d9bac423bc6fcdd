"""LFO: what swings, how fast, along which scale."""

import math

import numpy as np
import pytest
from curve_knobs import LINEAR, LOG, SWITCH

from wetdry import LFO, Tempo
from wetdry.host.automation import Time
from wetdry.models.errors import InvalidType, InvalidValue

TIME = Time(1000.0)


def swing(shape: str, phase: float = 0.0, **speed) -> np.ndarray:
    return LFO(low=10, high=20, shape=shape, phase=phase, **(speed or {"rate_hz": 2})).numbers(LINEAR, 0, 1000, TIME)


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ("sine", lambda part: 0.5 - 0.5 * math.cos(2 * math.pi * part)),
        ("triangle", lambda part: 2 * part if part < 0.5 else 2 - 2 * part),
        ("rise", lambda part: part),
        ("fall", lambda part: 1 - part),
        ("square", lambda part: 1.0 if part < 0.5 else 0.0),
    ],
)
def test_shapes(shape, wanted):
    by_hand = [10 + 10 * wanted((n * 2 / 1000) % 1) for n in range(1000)]
    assert np.allclose(swing(shape), by_hand, atol=1e-12)
    shifted = [10 + 10 * wanted(((n * 2 + 250) / 1000) % 1) for n in range(1000)]
    assert np.allclose(swing(shape, phase=0.25), shifted, atol=1e-12)


def test_beats_follow_the_tempo():
    tempo = Tempo([(0, 60), (1, 120)])
    numbers = LFO(low=0, high=36, shape="square", beats=2).numbers(LINEAR, 0, 3000, Time(1000.0, tempo))
    edges = np.flatnonzero(np.diff(numbers)) + 1
    assert edges.tolist() == [1000, 1500, 2000, 2500], "a beat of a second, then of half a second"


def test_a_log_knob_swings_evenly_in_octaves():
    numbers = LFO(rate_hz=1, low=100, high=6400, shape="rise").numbers(LOG, 0, 1000, TIME)
    assert np.allclose(np.diff(np.log2(numbers)), 6 / 1000, atol=1e-12)
    assert numbers.min() == 100


def test_a_switch_passes_its_choices_and_back():
    numbers = LFO(rate_hz=1, low="hard", high="wrap", shape="triangle").numbers(SWITCH, 0, 1000, TIME)
    assert set(numbers) == {1.0, 2.0, 3.0}
    assert [np.count_nonzero(numbers == choice) for choice in (1, 2, 3)] == pytest.approx([333, 333, 333], abs=2)
    falling = LFO(rate_hz=1, low="wrap", high="soft", shape="rise").numbers(SWITCH, 0, 1000, TIME)
    assert falling[[0, 300, 600, 900]].tolist() == [3, 2, 1, 0]


def test_random_values_hold_for_a_round_and_fill_the_range():
    lfo = LFO(rate_hz=100, low=0, high=36, shape="random", seed=3)
    numbers = lfo.numbers(LINEAR, 0, 100_000, TIME).reshape(-1, 10)
    assert (numbers == numbers[:, :1]).all()
    shares = np.sort(numbers[:, 0]) / 36
    assert np.abs(shares - np.arange(10_000) / 10_000).max() < 0.02, "evenly spread (Kolmogorov-Smirnov)"
    assert abs(np.corrcoef(shares, numbers[:, 0])[0, 1]) < 0.05
    another = LFO(rate_hz=100, low=0, high=36, shape="random", seed=4).numbers(LINEAR, 0, 100_000, TIME)[::10]
    assert abs(np.corrcoef(another, numbers[:, 0])[0, 1]) < 0.05, "another seed, other values"


def test_before_the_stream_it_stands_as_at_its_beginning():
    lfo = LFO(rate_hz=3, low=0, high=36, phase=0.3)
    assert (lfo.numbers(LINEAR, -100, 101, TIME) == lfo.numbers(LINEAR, 0, 1, TIME)).all()


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"rate_hz": 1, "beats": 1},
        {"rate_hz": 0},
        {"rate_hz": math.nan},
        {"rate_hz": True},
        {"rate_hz": "1"},
        {"rate_hz": 10**400},
        {"beats": -1},
        {"rate_hz": 1, "shape": "saw"},
        {"rate_hz": 1, "shape": ["sine"]},
        {"rate_hz": 1, "phase": 1.5},
        {"rate_hz": 1, "seed": -1},
        {"rate_hz": 1, "seed": 0.5},
        {"rate_hz": 1, "seed": 10**40},
        {"rate_hz": 1, "low": None},
        {"rate_hz": 1, "low": [1]},
        {"rate_hz": 1, "high": math.inf},
    ],
)
def test_what_does_not_swing_is_refused(said):
    with pytest.raises((InvalidValue, InvalidType)):
        LFO(**{"low": 0, "high": 1, **said})


def test_ends_that_the_knob_cannot_take_are_named():
    with pytest.raises(InvalidValue, match=r"high: drive_db = 40 is out of range \[0 dB, 36 dB\]"):
        LFO(rate_hz=1, low=0, high=40).check(LINEAR)


def test_it_prints_as_what_makes_it():
    lfo = LFO(beats=4, low="soft", high="wrap", shape="random", seed=9)
    assert eval(repr(lfo)) == lfo != LFO(beats=4, low="soft", high="wrap")
    assert repr(LFO(0.5, 800, 6000)) == "LFO(rate_hz=0.5, low=800, high=6000)"
    assert len({lfo, eval(repr(lfo))}) == 1
