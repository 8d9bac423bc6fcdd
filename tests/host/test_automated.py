"""Automated: curves on the knobs of our effects, in whatever they stand."""

import copy
import itertools
import json
import pickle
import tracemalloc

import numpy as np
import pytest
from graph_playing import RATE, noise
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import (
    LFO,
    Automated,
    Breakpoints,
    Chain,
    EnvelopeFollower,
    Gain,
    Graph,
    Mix,
    NeuralCompressor,
    Pan,
    Tempo,
    TubeSaturator,
)
from wetdry.host.automation import Steps
from wetdry.host.recipe import build, describe
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName

SAMPLES = 6000


def moving(processor=None):
    """A saturator, four of its knobs moving, each by another kind of curve."""
    return Automated(processor or TubeSaturator(), {
        "drive_db": [(0, 6), (0.05, 24), (0.1, 12, "smooth")],
        "tone_hz": LFO(rate_hz=30, low=800, high=6000),
        "mix": np.linspace(0, 1, SAMPLES),
        "output_db": EnvelopeFollower(low=0, high=-12),
    })  # fmt: skip


def boards():
    """Every way in which moving knobs may stand in something."""
    yield "alone", moving()
    yield "chain inside", moving(Chain([Pan(), TubeSaturator()]))
    yield "in a chain", Chain([TubeSaturator(), moving(), Gain()])
    yield "in a mix", Mix([None, moving(), Chain([moving(), TubeSaturator()])])
    graph = Graph({"a": TubeSaturator(), "b": Gain()}, "in -> a -> out\nin -> -6 dB -> b -> 5 ms -> out")
    knobs = {"in>b.gain_db": LFO(rate_hz=40, low=-40, high=0), "a.drive_db": LFO(beats=0.01, low=0, high=30)}
    yield "a graph", Automated(graph, knobs, tempo=100)
    yield "in a graph", Graph({"a": moving(), "b": TubeSaturator()}, "in -> a -> out\nin -> b -> out")
    nested = Chain([Gain(), Automated(TubeSaturator(), {"drive_db": LFO(rate_hz=30, low=0, high=30)}), TubeSaturator()])
    yield "nested", Automated(nested, {"gain_db": EnvelopeFollower(low=-24, high=0), "2.tone_hz": [(0, 500), (0.1, 9000)]})


BOARDS = dict(boards())


def streamed(processor, audio, cuts):
    processor.reset()
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < audio.shape[-1]}), audio.shape[-1]]
    return np.concatenate([processor(audio[..., a:b], RATE, reset=False) for a, b in itertools.pairwise(edges)], -1)


@pytest.mark.parametrize("name", BOARDS)
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(1, SAMPLES), max_size=9), seed=st.integers(0, 9))
def test_any_split_equals_one_call(name, cuts, seed):
    board, audio = BOARDS[name], noise(SAMPLES, seed=seed)
    whole = board(audio, RATE)
    parts = streamed(board, audio, cuts)
    assert parts.shape[-1] == SAMPLES - board.latency_samples
    assert np.array_equal(parts, whole[: len(parts)])
    assert np.array_equal(board(audio, RATE), whole)


@pytest.mark.parametrize("name", BOARDS)
def test_copied_pickled_and_written_it_plays_the_same(name):
    board, audio = BOARDS[name], noise(SAMPLES)
    whole = board(audio, RATE)
    twins = [copy.copy(board), copy.deepcopy(board), pickle.loads(pickle.dumps(board)),
             build(json.loads(json.dumps(describe(board))))]  # fmt: skip
    for twin in twins:
        assert np.array_equal(twin(audio, RATE), whole)
        assert type(twin) is type(board)


def test_it_is_printed_with_its_curves():
    said = repr(Automated(Gain(gain_db=-3), {"gain_db": [(0, 0), (1, -6)]}, tempo=90, hold_error=0.1))
    assert said.startswith("Automated(Gain(gain_db=-3.0), {'gain_db': Breakpoints(")
    assert said.endswith(", tempo=Tempo(90.0), hold_error=0.1)")


def test_a_curve_plays_as_the_same_moves_scheduled():
    audio, course = noise(SAMPLES), 20 + 10 * np.sin(np.arange(SAMPLES) / 300)
    by_hand = TubeSaturator(drive_db=float(course[0]))
    for sample in range(1, SAMPLES):
        by_hand.schedule(sample, "drive_db", float(course[sample]))
    assert np.array_equal(Automated(TubeSaturator(), {"drive_db": course})(audio, RATE), by_hand(audio, RATE))


def test_a_clones_knob_moves_as_the_same_moves_scheduled():
    audio = noise(3000)
    clone, by_hand = NeuralCompressor(), NeuralCompressor()
    name = next(n for n, bound in clone.parameters.items() if not bound.is_discrete and bound.parameter.automatable)
    row = clone.parameters[name].parameter
    course = np.array([row.to_number(row.from_raw(raw)) for raw in np.linspace(0.1, 0.9, 3000)])
    by_hand.parameters[name].value = float(course[0])
    for sample in range(1, 3000):
        by_hand.schedule(sample, name, float(course[sample]))
    heard = Automated(clone, {name: course})(audio, RATE)
    assert np.array_equal(heard, by_hand(audio, RATE))
    assert not np.array_equal(heard, clone(audio, RATE))


def test_the_level_of_a_cable_moves_in_step_however_late_the_graph():
    """A saturator before the send lags; what the level does, it does to the same sample of the sound."""
    audio, course = noise(SAMPLES), np.where(np.arange(SAMPLES) < 3001, 0.0, -120.0)
    graph = Graph({"late": TubeSaturator(oversampling=8)}, "in -> late -> -1 dB -> out")
    heard = Automated(graph, {"late>out.gain_db": course})(audio, RATE)
    expected = Automated(Gain(), {"gain_db": course})(TubeSaturator(oversampling=8)(audio, RATE), RATE)
    np.testing.assert_allclose(heard, expected, atol=2e-6)
    assert np.abs(heard[3000:3100]).max() > 0.05 > np.abs(heard[-500:]).max()


def test_render_tells_where_the_knobs_stood():
    audio = noise(SAMPLES)
    board = moving(Chain([TubeSaturator(), Gain()]))
    wet, curves = board.render(audio, RATE)
    assert np.array_equal(wet, board(audio, RATE))
    assert {name: course.shape for name, course in curves.items()} == dict.fromkeys(board.curves, (SAMPLES,))
    assert np.array_equal(curves["mix"], np.linspace(0, 1, SAMPLES))
    assert curves["drive_db"][2400] == 24 and curves["drive_db"][-1] == 12
    silent, curves = board.render(np.zeros((2, 100), np.float32), RATE)
    assert silent.shape == (2, 100) and not curves["output_db"].any()
    empty, curves = board.render(np.zeros(0, np.float32), RATE)
    assert empty.shape == (0,) and curves["mix"].shape == (0,)


def test_beats_count_by_the_tempo():
    points = Breakpoints([(0, -60), (1, 0, "hold")], unit="beats")
    _, curves = Automated(Gain(), {"gain_db": points}, tempo=240).render(np.zeros(24000, np.float32), RATE)
    assert np.flatnonzero(np.diff(curves["gain_db"])).tolist() == [11999]
    slowing = Automated(Gain(), {"gain_db": points}, tempo=Tempo([(0, 240), (0.5, 120)]))
    assert np.flatnonzero(np.diff(slowing.render(np.zeros(24000, np.float32), RATE)[1]["gain_db"])).tolist() == [17999]


def test_played_by_itself_the_processor_is_not_automated():
    effect, audio = Gain(), np.ones(1000, np.float32)
    board = Automated(effect, {"gain_db": [(0, -40), (0.01, -6)]})
    board(audio, RATE)
    assert effect.gain_db == -6
    assert np.array_equal(effect(audio, RATE), np.full(1000, np.float32(10 ** (-6 / 20))))
    board(audio[:10], RATE, reset=False)
    effect.gain_db = 0
    assert np.array_equal(effect(audio, RATE), audio)
    assert effect.gain_db == 0


def test_steps_added_while_it_plays_are_heard():
    steps = Steps(0.0)
    board, ones = Automated(Gain(), {"gain_db": steps}), np.ones(100, np.float32)
    assert np.array_equal(board(ones, RATE, reset=False), ones)
    steps.append(150, -20.0)
    moved = board(ones, RATE, reset=False)
    assert np.array_equal(moved[:50], ones[:50]) and (np.diff(moved[50:]) < 0).all()


def test_a_graph_of_several_inputs():
    graph = Graph({"a": Gain(), "b": Gain()}, "in -> a -> out\nkey -> b -> out", inputs=["in", "key"])
    board = Automated(graph, {"b.gain_db": [(0, -20)]})
    given = {"in": noise(500), "key": noise(500, seed=1)}
    np.testing.assert_allclose(board(given, RATE), given["in"] + 0.1 * given["key"], atol=1e-7)
    board.reset()
    halves = [board({name: audio[part] for name, audio in given.items()}, RATE, reset=False)
              for part in (slice(0, 123), slice(123, 500))]  # fmt: skip
    assert np.array_equal(np.concatenate(halves), board(given, RATE))
    with pytest.raises(InvalidValue, match="in a Chain or a Mix stands what has one each"):
        Chain([board])


def test_another_processor_in_the_place_follows_the_same_curve():
    chain = Chain([Gain()])
    board = Automated(chain, {"gain_db": [(0, -20)]})
    assert board(np.ones(4, np.float32), RATE)[0] == np.float32(0.1)
    chain[0] = Gain()
    assert board(np.ones(4, np.float32), RATE)[0] == np.float32(0.1)


@pytest.mark.parametrize(
    ("curves", "kind", "said"),
    [
        ({"drve_db": [(0, 1)]}, UnknownName, "did you mean drive_db"),
        ({"drive_db": [(0, 100)]}, InvalidValue, r"drive_db = 100 is out of range \[0 dB, 48 dB\]"),
        ({"oversampling": [(0, 4)]}, InvalidValue, "oversampling cannot move while audio plays, it rebuilds its effect"),
        ({"drive_db": "loud"}, InvalidType, "a curve is Breakpoints"),
        ([("drive_db", 1)], InvalidType, "curves is a mapping"),
    ],
)
def test_what_cannot_be_followed_is_refused(curves, kind, said):
    with pytest.raises(kind, match=said):
        Automated(TubeSaturator(), curves)


@pytest.mark.parametrize(
    ("share", "kind"), [(-0.1, InvalidValue), (1.5, InvalidValue), ("wide", InvalidType), (True, InvalidType)]
)
def test_hold_error_is_a_share(share, kind):
    with pytest.raises(kind, match="hold_error"):
        Automated(Gain(), {}, hold_error=share)


def test_a_knob_follows_one_curve():
    twice = Automated(Automated(Gain(), {"gain_db": [(0, 0)]}), {"gain_db": [(0, -6)]})
    with pytest.raises(InvalidValue, match=r"gain_db of Gain.* is turned by two lanes"):
        twice(np.ones(4, np.float32), RATE)
    gain = Gain()
    with pytest.raises(InvalidValue, match="stands twice"):
        Chain([Automated(gain, {}), gain])


def test_five_minutes_of_values_a_sample_fit_into_little_memory():
    audio = np.zeros(5 * 60 * RATE, np.float32)
    board = Automated(Gain(), {"gain_db": LFO(rate_hz=0.3, low=-20, high=0)})
    board(audio[:100], RATE)
    tracemalloc.start()
    board(audio, RATE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * audio.nbytes
