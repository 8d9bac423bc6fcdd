"""Automated: curves on the knobs of VST2s, Faust and DawDreamer's own, against DawDreamer itself."""

import numpy as np
import pytest
from graph_playing import RATE, noise
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_plugins import installed_vst2

from wetdry import LFO, Automated, Chain, DawDreamerProcessor, EnvelopeFollower, Faust, Gain, Graph, TubeSaturator, load_plugin
from wetdry.host.dawdreamer.holding import BLOCKS, longest_block
from wetdry.models.errors import InvalidValue, PluginError

dawdreamer = pytest.importorskip("dawdreamer")
SAMPLES = 9001
LEVEL = 'process = *(level); level = hslider("level", 0.5, 0, 1, 0.01);'


def by_dawdreamer(audio, make, knob, course, block):
    """Return what DawDreamer plays, its own automation on, and what it recorded of that."""
    engine = dawdreamer.RenderEngine(RATE, block)
    playing, processor = engine.make_playback_processor("in", np.atleast_2d(audio)), make(engine)
    processor.record_automation = True
    if isinstance(knob, int):
        processor.set_automation(knob, course.astype(np.float32))
        name = processor.get_parameter_name(knob)
    else:
        processor.set_automation(knob, course.astype(np.float32))
        name = knob
    engine.load_graph([(playing, []), (processor, ["in"])])
    engine.render((len(course) + 0.5) / RATE)
    return engine.get_audio()[:, : len(course)], processor.get_automation()[name][0, : len(course)]


def block_of(course):
    """Return the block size over which a course was held, where it moves all the time."""
    return int(np.diff(np.flatnonzero(np.diff(course))).min())


@pytest.mark.parametrize(("hold_error", "block"), [(0.2, 512), (0.01, 64), (0.006, 32), (0.0, 32)])
def test_a_vst2_plays_as_dawdreamers_own_automation(hold_error, block):
    audio, course = noise(SAMPLES), np.linspace(0.1, 10, SAMPLES)
    path = installed_vst2("ZamTube-vst")
    tube = load_plugin(path)
    heard, curves = Automated(tube, {"tube_drive": course}, hold_error=hold_error).render(audio, RATE)
    assert block_of(curves["tube_drive"]) == block
    row = tube.parameters["tube_drive"].parameter
    assert (row.minimum, row.maximum) == (0.1, 11.0)
    positions = (course - 0.1) / 10.9
    index = tube._foreign["tube_drive"].index
    expected, recorded = by_dawdreamer(audio, lambda e: e.make_plugin_processor("x", str(path)), index, positions, block)
    assert np.array_equal(heard, expected[0])
    np.testing.assert_allclose((curves["tube_drive"] - 0.1) / 10.9, recorded, atol=1e-6)
    assert np.abs(curves["tube_drive"] - course).max() <= max(10.9 * hold_error, 9.9 * 32 / SAMPLES)
    assert tube.tube_drive == 0.1


def test_faust_plays_as_dawdreamers_own_automation():
    audio, curve = noise(SAMPLES), LFO(rate_hz=4, low=0, high=1)
    heard, curves = Automated(Faust(LEVEL), {"level": curve}).render(audio, RATE)

    def program(engine):
        made = engine.make_faust_processor("x")
        made.set_dsp_string(LEVEL)
        made.compile()
        return made

    course = Automated(Gain(), {"gain_db": curve}).render(audio, RATE)[1]["gain_db"]
    block = block_of(curves["level"])
    expected, recorded = by_dawdreamer(audio, program, "/dawdreamer/level", course, block)
    assert np.array_equal(heard, expected[0])
    np.testing.assert_allclose(curves["level"], recorded, atol=1e-7)
    assert np.abs(curves["level"] - course).max() <= 0.01


@pytest.mark.parametrize("kind", ["filter", "delay", "reverb", "panner", "compressor"])
def test_dawdreamers_own_stand_where_a_curve_puts_them(kind):
    audio = noise(2, 16000)
    for name, bound in DawDreamerProcessor(kind).parameters.items():
        others = {"mode": "low_shelf"} if kind == "filter" and name == "gain_db" else {}
        if not bound.parameter.automatable:
            with pytest.raises(InvalidValue, match="cannot move while audio plays"):
                Automated(DawDreamerProcessor(kind), {name: [(0, bound.parameter.default)]})
            continue
        value = bound.parameter.from_raw(0.3)
        still, plain = DawDreamerProcessor(kind, **others, **{name: value}), DawDreamerProcessor(kind, **others)
        heard = Automated(DawDreamerProcessor(kind, **others), {name: [(0, value)]})(audio, RATE)
        np.testing.assert_allclose(heard, still(audio, RATE), atol=2e-6)
        assert np.abs(heard - plain(audio, RATE)).max() > 1e-5


def test_a_menu_jumps_within_64_samples():
    faust = Faust("process = *(way); way = nentry(\"way [style:menu{'off':0;'half':0.5;'on':1}]\", 0, 0, 1, 0.5);")
    heard, curves = Automated(faust, {"way": [(0, "off"), (0.05, "on", "hold"), (0.1, "half", "hold")]}).render(
        np.ones(8000, np.float32), RATE
    )
    assert np.array_equal(np.array([0, 0.5, 1], np.float32)[curves["way"].astype(int)], heard)
    assert [0 <= at - due < 64 for at, due in zip(np.flatnonzero(np.diff(heard)) + 1, (2400, 4800), strict=True)] == [True] * 2


@pytest.mark.parametrize("lag", [0, 480, 491])
def test_behind_one_that_lags_a_knob_moves_with_the_same_sound_but_for_the_block(lag):
    """Inside an island the second hears the sound late: its curve waits as long, to less than a block."""

    class Late(Faust):  # Faust says no latency: this one does
        latency_samples = lag

        def after_render(self, native, sample_rate):
            return lag

    late = Late(f"process = @({lag}), @({lag});")
    level = Faust("process = *(level), *(level);" + LEVEL.split(";", 1)[1])
    audio, course = noise(2, SAMPLES), np.linspace(0, 1, SAMPLES)
    heard, curves = Automated(Chain([late, level]), {"level": course}).render(audio, RATE)
    np.testing.assert_allclose(heard, audio * curves["level"].astype(np.float32), atol=1e-7)
    assert np.abs(curves["level"] - course).max() <= 0.01
    assert (np.flatnonzero(np.diff(curves["level"]))[0] + 1 + lag) % block_of(curves["level"]) == 0


def test_ours_natives_and_islands_move_together():
    pedalboard = pytest.importorskip("pedalboard")
    audio = noise(SAMPLES)
    chain = Chain([TubeSaturator(), Faust(LEVEL), pedalboard.Gain(0), Automated(Gain(), {"gain_db": [(0, -6)]})])
    curves = {
        "0.drive_db": [(0, 0), (0.1, 20)],
        "level": EnvelopeFollower(low=0.2, high=1),
        "2.gain_db": LFO(rate_hz=9, low=-9, high=0),
    }
    wet, given = Automated(chain, {k.removeprefix("0."): v for k, v in curves.items()}).render(audio, RATE)
    drive = Automated(TubeSaturator(), {"drive_db": curves["0.drive_db"]})(audio, RATE)
    levelled = drive * given["level"].astype(np.float32)
    expected = Automated(pedalboard.Gain(0), {"gain_db": curves["2.gain_db"]})(levelled, RATE) * np.float32(10 ** (-6 / 20))
    np.testing.assert_allclose(wet, expected, atol=1e-6)
    follower = Automated(Gain(), {"gain_db": EnvelopeFollower(low=-60, high=0)}).render(audio, RATE)[1]["gain_db"]
    assert np.abs((follower + 60) / 60 * 0.8 + 0.2 - given["level"])[300:].max() <= 0.01  # it begins with a jump


def test_in_a_graph_and_a_second_time_it_plays_the_same():
    graph = Graph({"a": Faust(LEVEL), "b": Gain()}, "in -> a -> b -> out\nin -> -6 dB -> out")
    board = Automated(graph, {"a.level": LFO(rate_hz=5, low=0, high=1), "in>out.gain_db": [(0, -120), (0.1, 0)]})
    audio = noise(SAMPLES)
    heard, curves = board.render(audio, RATE)
    dry = Automated(Gain(), {"gain_db": [(0, -120), (0.1, 0)]})(audio, RATE)
    np.testing.assert_allclose(heard, audio * curves["a.level"].astype(np.float32) + dry, atol=1e-6)
    assert np.array_equal(board(audio, RATE), heard)


def test_as_a_stream_it_says_why_not():
    with pytest.raises(PluginError, match="cannot stream"):
        Automated(Faust(LEVEL), {"level": [(0, 0)]})(noise(100), RATE, reset=False)


def test_isolated_a_vst2_plays_what_it_plays_here():
    path, audio = installed_vst2("ZaMaximX2-vst"), noise(2, SAMPLES)
    curves = {"threshold_db": [(0, 0), (0.1, -20)], "output_ceiling_db": LFO(rate_hz=3, low=-12, high=0)}
    here, there = (load_plugin(path, **how) for how in ({}, {"isolated": True}))
    heard, given = Automated(Chain([TubeSaturator(), here]), curves).render(audio, RATE)
    for chain in (Chain([TubeSaturator(), there]), Chain([TubeSaturator(), there])):
        far, given_there = Automated(chain, curves).render(audio, RATE)
        np.testing.assert_allclose(far, heard, atol=1e-7)
        assert all(np.array_equal(given[knob], given_there[knob]) for knob in curves)
        there.close()
    assert np.abs(there(audio, RATE) - here(audio, RATE)).max() < 1e-7, "the next call is as without curves"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 16), error=st.floats(0.001, 0.5), speed=st.floats(0, 1), jumps=st.integers(0, 3))
def test_the_longest_block_is_found_that_holds_closely_enough(seed, error, speed, jumps):
    generator = np.random.default_rng(seed)
    course = np.cumsum(generator.uniform(0, 0.9 * speed * error, 3000))
    leaps = np.zeros(3000)
    leaps[generator.choice(np.arange(1, 3000), jumps, replace=False)] = 1 + error
    fits = [b for b in BLOCKS if max(course[at : at + b].max() - course[at] for at in range(0, 3000, b)) <= error]
    assert longest_block([(course + np.cumsum(leaps), error)]) == next((b for b in fits if b <= 64 or not jumps), 32)


def test_the_knob_that_needs_the_shortest_block_decides():
    slow, fast = np.linspace(0, 0.1, 4800), np.linspace(0, 1, 4800)
    assert [longest_block([(c, 0.01)]) for c in (slow, fast)] == [256, 32]
    assert longest_block([(slow, 0.01), (fast, 0.01)]) == 32
    assert longest_block([(slow, 0.0)]) == 32
