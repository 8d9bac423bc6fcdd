"""MIDI maps: what a person writes, bound to knobs of every scale; factory maps."""

import math

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Binding, Bitcrusher, Chain, MidiMap, TubeSaturator
from wetdry.host.midi.bindings import CURVES, Travel
from wetdry.host.midi.factory_maps import factory_map, factory_names, read_factory_map
from wetdry.host.midi.sources import HIGHEST_NUMBER, read_source
from wetdry.models import Parameter
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, UnknownName, WetdryError

KNOBS = TubeSaturator().parameters
LINEAR, LOG = Parameter("drive_db", "dB", 0, 48, 12), Parameter("tone_hz", "Hz", 200, 20000, 4000, "log")
POINTS = Parameter("time", "ms", 1, 100, 10, "points", points=(1.0, 10.0, 30.0, 100.0))
SWITCH = Parameter("dither", choices=("none", "rectangular", "tpdf"), default="none")


@pytest.mark.parametrize(("text", "kind", "number", "channel"), [
    ("cc 74", "cc", 74, None),
    ("  CC   74 ", "cc", 74, None),
    ("cc14 31", "cc14", 31, None),
    ("nrpn 16382", "nrpn", 16382, None),
    ("pitch bend", "pitch bend", 0, None),
    ("Pitch Bend channel 9", "pitch bend", 0, 9),
    ("channel pressure", "channel pressure", 0, None),
    ("channel pressure channel 16", "channel pressure", 0, 16),
    ("poly pressure 60 channel 1", "poly pressure", 60, 1),
    ("note 0", "note", 0, None),
    ("note velocity", "note velocity", 0, None),
    ("program", "program", 0, None),
])  # fmt: skip
def test_sources_as_written(text, kind, number, channel):
    source, on = read_source(text)
    assert (source.kind, source.number, on) == (kind, number, channel)
    assert read_source(str(source)) == (source, None)


@pytest.mark.parametrize(("text", "says"), [
    ("cc", "cc takes a number, 0 to 127"),
    ("cc 128", "0 to 127"),
    ("cc14 32", "0 to 31"),
    ("nrpn 99999999999999999999999", "0 to 16382"),
    ("rpn 16383", "0 to 16382"),
    ("pitch bend 3", "takes no number"),
    ("pitchbend", "did you mean pitch bend"),
    ("cc -1", "no MIDI source"),
    ("cc 7 channel 17", "not one of 1 to 16"),
    ("cc 7 channel ²", "a channel is a number"),
    ("cc ٣", "no MIDI source|takes a number"),
    ("", "no MIDI source"),
    ("\n", "no MIDI source"),
    ("knob 1", "no MIDI source"),
])  # fmt: skip
def test_sources_that_are_none(text, says):
    with pytest.raises(InvalidValue, match=says):
        MidiMap({text: "drive_db"})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.sampled_from(list(HIGHEST_NUMBER)).flatmap(lambda k: st.integers().map(lambda n: f"{k} {n}")))
def test_any_text_is_a_source_or_a_refusal(text):
    try:
        source, _ = read_source(text)
    except WetdryError as error:
        assert "\n" not in str(error)
    else:
        assert 0 <= source.number <= (HIGHEST_NUMBER[source.kind] or 0)


@pytest.mark.parametrize(("binding", "knob", "quarter", "half"), [
    (Binding("k"), LINEAR, 12, 24),
    (Binding("k"), LOG, 200 * 100**0.25, 2000),
    (Binding("k"), POINTS, 1 + 0.75 * 9, 20),  # a quarter is three quarters of the way to the second of four points
    (Binding("k"), SWITCH, 0, 1),
    (Binding("k", invert=True), LINEAR, 36, 24),
    (Binding("k", low=30, high=10), LINEAR, 25, 20),
    (Binding("k", low=30, high=10, invert=True), LINEAR, 15, 20),
    (Binding("k", low=500, high=8000), LOG, 1000, 2000),
    (Binding("k", low=500, high=8000, curve="linear"), LOG, 2375, 4250),
    (Binding("k", low=1, high=16, curve="log"), LINEAR, 2, 4),
    (Binding("k", low=0, high=30, curve="exp"), LINEAR, 2, 6),
    (Binding("k", low=30, high=0, curve="exp"), LINEAR, 28, 24),
    (Binding("k", low="tpdf", high="none"), SWITCH, 2, 1),
])  # fmt: skip
def test_curves_between_the_ends(binding, knob, quarter, half):
    travel = Travel(binding, knob)
    assert travel.number_at(0.25) == pytest.approx(quarter)
    assert travel.number_at(0.5) == pytest.approx(half)
    assert travel.number_at(0) == travel.low
    assert travel.number_at(1) == travel.high


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([LINEAR, LOG, POINTS, SWITCH]), st.sampled_from(CURVES), st.floats(0, 1), st.floats(0, 1),
       st.sampled_from([127, 16383]), st.booleans())  # fmt: skip
def test_a_control_finds_back_to_its_own_value(knob, curve, a, b, highest, invert):
    """What is sent back to a motor fader that has just moved a knob is where that fader stands."""
    low, high = knob.from_raw(a), knob.from_raw(b)
    try:
        travel = Travel(Binding("k", low=low, high=high, curve=curve, invert=invert), knob)
    except InvalidValue:
        assert (curve == "log" and min(knob.to_number(low), knob.to_number(high)) < 1e-9) or knob.choices
        return
    for value in range(0, highest + 1, 1 + highest // 127):
        number = travel.number_at(value / highest)
        assert knob.minimum <= number <= knob.maximum
        back = round(travel.position_of(number) * highest)
        assert travel.number_at(back / highest) == pytest.approx(number, rel=1e-9, abs=1e-9)
        if abs(travel.high - travel.low) > 1e-3 * (knob.maximum - knob.minimum) and not knob.choices:
            assert back == value


@pytest.mark.parametrize(("binding", "error", "says"), [
    (lambda: Binding(""), InvalidType, "by its name"),
    (lambda: Binding("k", curve="cubic"), InvalidValue, "no curve named 'cubic'; known: knob, linear, log, exp"),
    (lambda: Binding("k", channel=0), InvalidValue, "channel 0 is not one of 1 to 16"),
    (lambda: Binding("k", channel=True), InvalidType, "MIDI channel"),
    (lambda: Binding("k", toggle="yes"), InvalidType, "toggle is true or false"),
    (lambda: Binding("k", toggle=True, pickup=True), InvalidValue, "leave pickup out"),
    (lambda: Travel(Binding("drive_db", low=-1), LINEAR), InvalidValue, r"out of range \[0 dB, 48 dB\]"),
    (lambda: Travel(Binding("drive_db", high=math.nan), LINEAR), InvalidValue, "nan is out of range"),
    (lambda: Travel(Binding("drive_db", curve="log"), LINEAR), InvalidValue, "above 0 .1e-09 or more., got 0 and 48"),
    (lambda: Travel(Binding("dither", curve="log"), SWITCH), InvalidValue, "is a switch"),
    (lambda: Travel(Binding("dither", low="pink"), SWITCH), InvalidValue, "not one of 'none'"),
])  # fmt: skip
def test_bindings_that_cannot_be(binding, error, says):
    with pytest.raises(error, match=says):
        binding()


def test_a_map_is_checked_against_the_knobs():
    with pytest.raises(UnknownName, match="no knob of TubeSaturator named 'driv_db'; did you mean drive_db"):
        MidiMap({"cc 1": "driv_db"}).decoder(KNOBS)
    with pytest.raises(UnknownName, match="'drve'"):
        MidiMap(programs={0: {"drve": 1}}).check(KNOBS)
    with pytest.raises(InvalidValue, match="oversampling rebuilds the effect"):
        MidiMap({"cc 1": "oversampling"}).check(KNOBS)
    with pytest.raises(InvalidValue, match="out of range"):
        MidiMap(programs={0: {"drive_db": 99}}).check(KNOBS)


def test_a_native_plugin_needs_a_range():
    pedalboard = pytest.importorskip("pedalboard")
    knobs = Chain([pedalboard.Gain(0)]).parameters
    with pytest.raises(InvalidValue, match="gain_db does not say its range: bind it with low= and high="):
        MidiMap({"cc 1": "gain_db"}).check(knobs)
    decoder = MidiMap({"cc 1": Binding("gain_db", low=-60, high=12)}).decoder(knobs)
    assert decoder.feed([0xB0, 1, 127]) == [("gain_db", 12)]


def test_a_map_as_text_and_data():
    midi = MidiMap(
        {"cc 74": ["drive_db", Binding("bias", invert=True)], "pitch bend channel 2": Binding("mix", low=0.2, pickup=True)},
        programs={3: {"drive_db": 6}},
    )
    assert eval(repr(midi)) == midi
    data = midi.to_data()
    assert data["controls"][2] == {"from": "pitch bend", "to": "mix", "low": 0.2, "pickup": True, "channel": 2}
    assert MidiMap.from_data(data) == midi
    assert MidiMap.from_data({}) == MidiMap()
    assert midi.paths == ["drive_db", "bias", "mix"]


def test_binding_anew_and_taking_off():
    midi = MidiMap({"cc 1": "drive_db"})
    midi.bind("cc 1", "drive_db", high=30)
    assert [b for _, b in midi.bindings] == [Binding("drive_db", high=30)]
    midi.bind("cc 1", "bias")
    midi.bind("cc 1 channel 3", "bias")
    midi.unbind("cc 1", "drive_db")
    assert [(b.to, b.channel) for _, b in midi.bindings] == [("bias", None), ("bias", 3)]
    midi.unbind("cc 1 channel 3")
    assert [(b.to, b.channel) for _, b in midi.bindings] == [("bias", None)]
    midi.unbind("cc 1")
    assert midi.bindings == ()


@pytest.mark.parametrize(("make", "says"), [
    (lambda: MidiMap(["cc 1"]), "controls: a mapping is needed"),
    (lambda: MidiMap({"cc 1": 5}), "a knob's name, a Binding or a list"),
    (lambda: MidiMap({"cc 1": [5]}), "a knob's name or a Binding"),
    (lambda: MidiMap({1: "mix"}), "a MIDI source is text"),
    (lambda: MidiMap(programs={128: {}}), "0 to 127"),
    (lambda: MidiMap(programs={True: {}}), "0 to 127"),
    (lambda: MidiMap(programs={1: "Soft"}), "program 1 sets knobs"),
    (lambda: MidiMap({"cc 1 channel 2": Binding("mix", channel=3)}), "name one channel"),
    (lambda: MidiMap().bind("cc 1", "mix", taper="log"), "no option named 'taper'; known: low, high"),
    (lambda: MidiMap.from_data({"knobs": []}), "a list of controls"),
    (lambda: MidiMap.from_data({"controls": [{"from": "cc 1", "to": "mix"}, {"to": "mix"}]}), r"controls\[1\]: a MIDI source"),
    (lambda: MidiMap.from_data({"controls": [{"from": "cc 1"}]}), r"controls\[0\]: cc 1 is bound to"),
    (lambda: MidiMap.from_data({"controls": [{"from": "cc 1", "to": "mix", "eval": 1}]}), "no option named 'eval'"),
    (lambda: MidiMap.from_data({"controls": ["cc 1"]}), r"controls\[0\]: a control: a mapping"),
    (lambda: [m := MidiMap(), *(m.bind("cc 1", f"k{i}") for i in range(5000))], "up to 4096 bindings"),
])  # fmt: skip
def test_maps_that_cannot_be(make, says):
    with pytest.raises(WetdryError, match=says) as refusal:
        make()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", factory_names())
def test_a_factory_map_is_whole(name):
    known = factory_map(name)
    assert known.name
    assert known.mode
    assert len(known.source) > 20
    every = list(known.sources.values())
    assert len(set(every)) == len(every) == len(known.controls) + len(known.buttons)
    effect = Bitcrusher()
    midi = MidiMap.factory(name, [None] * (len(known.controls) - 1) + ["bit_depth"])
    assert str(midi.bindings[0][0]) == list(known.controls.values())[-1].partition(" channel ")[0]
    midi.check(effect.parameters)


def test_factory_maps_bind_in_order_or_by_name():
    assert MidiMap.factory("Korg nanoKONTROL2".removeprefix("Korg "), ["a", None, "b"]) == MidiMap({"cc 16": "a", "cc 18": "b"})
    by_name = MidiMap.factory("nanokontrol2", {"slider 1": Binding("a", pickup=True), "solo 2": Binding("b", toggle=True)})
    assert by_name == MidiMap({"cc 0": Binding("a", pickup=True), "cc 33": Binding("b", toggle=True)})
    assert MidiMap.factory("x touch-mini", {"fader": "a"}) == MidiMap({"cc 9": "a"})
    faders = MidiMap.factory("bcf2000", ["a", "b"]).decoder({"a": KNOBS["drive_db"], "b": KNOBS["mix"]})
    assert faders.feed(mido.Message("control_change", control=7, value=0, channel=1)) == [("b", 0)]
    with pytest.raises(UnknownName, match="did you mean nanokontrol2 or nanokontrol"):
        MidiMap.factory("nanokontroll2", [])
    with pytest.raises(UnknownName, match="no control of the Korg nanoKONTROL2 named 'slider 9'"):
        MidiMap.factory("nanokontrol2", {"slider 9": "a"})
    with pytest.raises(InvalidValue, match="8 knobs and faders, and 9 are asked for"):
        MidiMap.factory("lpd8", ["a"] * 9)


@pytest.mark.parametrize(("text", "says"), [
    ("name: A\n", "a mapping of name, mode"),
    ("- cc 1", "a mapping of name, mode"),
    ("{name: A, mode: B, source: C, controls: {knob: cc 200}}", "A.yaml: controls: knob: MIDI source 'cc 200'"),
    ("{name: A, mode: B, source: C, controls: {knob: [cc 1, 7]}}", "A.yaml: controls: knob: a MIDI source is text"),
    ("{name: A, mode: B, source: C, controls: [cc 1]}", "A.yaml: controls: a mapping of names"),
    ("{name: 3, mode: B, source: C, controls: {}}", "A.yaml: name is text"),
])  # fmt: skip
def test_a_factory_map_that_is_wrong_says_where(tmp_path, text, says):
    path = tmp_path / "A.yaml"
    path.write_text(text)
    with pytest.raises(WetdryError, match=says):
        read_factory_map(path)
    with pytest.raises(FileProblem, match=r"no\.yaml"):
        read_factory_map(tmp_path / "no.yaml")
