"""Faust programs as effects: widgets as knobs, sound by arithmetic, errors in the writer's own lines."""

import json
import pickle

import numpy as np
import pytest

from wetdry import Chain, Faust, TubeSaturator
from wetdry.host.recipe import build, describe
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, PluginError, UnknownName

pytest.importorskip("dawdreamer")
RATE = 48000
GAIN = 'process = *(hslider("gain[unit:dB]", -6, -60, 12, 0.1) : ba.db2linear);'
WIDGETS = """
declare name "strip";
g = hslider("[1]Gain [unit:dB]", -6, -60, 12, 0.1);
c = hslider("h:tone/[2]cut[unit:Hz][scale:log]", 1000, 20, 20000, 1);
m = nentry("mode[style:menu{'low':0;'Very high':7}]", 7, 0, 7, 1);
meter = hbargraph("level", 0, 1);
process = _, (_ * (checkbox("loud") + button("kick") + g + c + m)  <: attach(_, meter));
"""


def noise(channels, samples=3001):
    return (0.3 * np.random.default_rng(0).uniform(-1, 1, (channels, samples))).astype(np.float32)


def test_widgets_are_knobs_with_unit_scale_and_choices():
    knobs = Faust(WIDGETS).parameters
    assert set(knobs) == {"gain_db", "cut_hz", "mode", "loud", "kick"}
    gain, cut, mode = (knobs[name].parameter for name in ("gain_db", "cut_hz", "mode"))
    assert (gain.unit, gain.minimum, gain.maximum, gain.default) == ("dB", -60, 12, -6)
    assert (cut.unit, cut.scale, cut.default) == ("Hz", "log", 1000)
    assert mode.choices == ("low", "Very high") and mode.default == "Very high"
    assert knobs["loud"].parameter.choices == (False, True)


def test_knobs_do_what_the_program_says():
    audio, strip = noise(2), Faust(WIDGETS, gain_db=-1, cut_hz=20, mode="low", loud=True)
    assert np.array_equal(strip(audio, RATE)[0], audio[0])
    assert np.allclose(strip(audio, RATE)[1], audio[1] * (1 - 1 + 20), atol=1e-5)
    strip.mode, strip.kick, strip.gain_db = "Very high", True, 3.5
    assert np.allclose(strip(audio, RATE)[1], audio[1] * (1 + 1 + 3.5 + 20 + 7), atol=1e-4)
    with pytest.raises(UnknownName, match="did you mean gain_db"):
        strip.gain = 3
    with pytest.raises(InvalidValue, match="out of range"):
        strip.gain_db = 13


def test_memory_starts_empty_at_every_call():
    echo = Faust("process = + ~ @(99) * 0.5;")
    click = np.zeros(500, np.float32)
    click[0] = 1
    heard = echo(click, RATE)
    assert np.flatnonzero(heard).tolist() == [0, 100, 200, 300, 400]
    assert np.array_equal(echo(click, RATE), heard)


def test_it_plays_beside_our_effects():
    audio = noise(1)[0]
    heard = Chain([TubeSaturator(drive_db=12), Faust(GAIN, gain_db=0)])(audio, RATE)
    assert np.array_equal(heard, TubeSaturator(drive_db=12)(audio, RATE))


def test_channels_are_those_of_the_program():
    wide, source = Faust("process = _ <: _, *(0.5);"), Faust("process = os.osc(1000);")
    audio = noise(1)[0]
    assert np.array_equal(wide(audio, RATE), np.stack([audio, audio * np.float32(0.5)]))
    assert (source.input_channels, source.output_channels) == (0, 1)
    heard = source.play_planar(np.zeros((0, 480), np.float32), RATE)
    assert np.allclose(heard[0], np.sin(2 * np.pi * 1000 * np.arange(480) / RATE), atol=1e-3)
    with pytest.raises(InvalidValue, match=r"takes 2 channel\(s\), got 1"):
        Faust("process = _, _;")(audio, RATE)


def test_the_same_widget_twice_is_told_apart_by_its_group_and_names_that_are_taken_by_a_prefix():
    program = 'process = hgroup("l", *(hslider("g", 1, 0, 2, 1))), hgroup("r", *(hslider("g", 1, 0, 2, 1)));'
    twice = Faust(program, l_g=2)
    assert np.array_equal(twice(noise(2), RATE), noise(2) * np.float32([[2], [1]]))
    odd = Faust('process = *(hslider("name", 1, 0, 2, 1)) : *(hslider("größe", 1, 0, 2, 1)) : *(hslider("one", 1, 1, 1, 1));')
    assert set(odd.parameters) == {"faust_name"} and set(odd.filtered) == {"gr_e", "one"}


def test_a_file_may_import_what_lies_beside_it(tmp_path):
    (tmp_path / "half.lib").write_text('half = hslider("factor", 0.5, 0, 1, 0.01);')
    (tmp_path / "quiet.dsp").write_text('import("half.lib");\nprocess = *(half);')
    quiet = Faust(tmp_path / "quiet.dsp")
    assert quiet.name == "quiet" and quiet.parameters["factor"].value == 0.5
    audio = noise(1)[0]
    for same in (quiet, Faust(str(tmp_path / "quiet.dsp")), build(json.loads(json.dumps(describe(quiet))))):
        assert np.array_equal(same(audio, RATE), audio * np.float32(0.5))


def test_it_travels():
    gain = Faust(GAIN, gain_db=-12)
    audio = noise(1)[0]
    copies = (pickle.loads(pickle.dumps(gain)), build(json.loads(json.dumps(describe(gain)))), eval(repr(gain)))
    for copy in copies:
        assert copy.gain_db == -12 and np.array_equal(copy(audio, RATE), gain(audio, RATE))


@pytest.mark.parametrize(("program", "why"), [
    ("a = 1;\nb = 2;\nprocess = foo(;", "line 3 : syntax error"),
    ("a = 1;\nprocess = nothing;", "line 2 : undefined symbol"),
    ("process = _ : !;", "no output"),
    ("", "empty"),
    ('import("nowhere.lib"); process = _;', "nowhere.lib"),
])  # fmt: skip
def test_what_does_not_compile_says_where(program, why):
    with pytest.raises(PluginError, match=why) as error:
        Faust(program)
    assert "\n" not in str(error.value)


def test_what_is_no_program_is_refused(tmp_path):
    with pytest.raises(FileProblem, match="cannot read"):
        Faust(tmp_path / "none.dsp")
    with pytest.raises(InvalidType, match="program's text or the path"):
        Faust(3)  # type: ignore
    with pytest.raises(PluginError, match="cannot stream"):
        Faust(GAIN).process(noise(1)[0], RATE, reset=False)
    with pytest.raises(PluginError, match="NaN or infinite"):
        Faust("process = abs : *(-1) : sqrt;")(noise(1)[0], RATE)
