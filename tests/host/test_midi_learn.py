"""Learning: the control that moved is found among everything a controller sends."""

import random

import mido
import pytest

from wetdry import Binding, MidiMap, TubeSaturator
from wetdry.host.midi.learn import Learn, learn_from_port
from wetdry.host.midi.ports import Arrival
from wetdry.models.errors import InvalidValue, PortError, UnknownName


def cc(control, value, channel=0):
    return mido.Message("control_change", control=control, value=value, channel=channel)


def note(kind, number, velocity=64):
    return mido.Message(f"note_{kind}", note=number, velocity=velocity)


def pair(number, values, channel=0):
    return [m for v in values for m in (cc(number, v >> 7, channel), cc(number + 32, v & 127, channel))]


def numbered(high, low, number, values):
    choose = [cc(high, number >> 7), cc(low, number & 127)]
    return [m for v in values for m in (*choose, cc(6, v >> 7), cc(38, v & 127))]


def turn(kind, **fields):
    return [mido.Message(kind, **{**fields, "value": v}) for v in range(40, 60)]


BENDS = [mido.Message("pitchwheel", pitch=p) for p in range(0, 4000, 100)]


@pytest.mark.parametrize(("messages", "source", "channel"), [
    ([cc(74, v, 3) for v in range(40, 60)], "cc 74", 4),
    ([cc(74, v) for v in range(60, 40, -1)], "cc 74", 1),
    ([cc(64, 127), cc(64, 0)], "cc 64", 1),  # a button
    ([cc(41, 127), cc(41, 0)], "cc 41", 1),  # one whose number might be the lower half of a pair
    ([cc(40, v) for v in range(5, 120)], "cc 40", 1),
    (pair(1, range(5000, 9000, 37)), "cc14 1", 1),
    (pair(7, range(9000, 5000, -7), 5), "cc14 7", 6),
    ([m for v in range(0, 9000, 37) for m in (cc(33, v & 127), cc(1, v >> 7))], "cc14 1", 1),  # the lower half first
    (numbered(99, 98, 300, range(0, 9000, 100)), "nrpn 300", 1),
    (numbered(101, 100, 1, range(9000, 0, -100)), "rpn 1", 1),
    ([cc(99, 0), cc(98, 9), *(cc(96, 0) for _ in range(20))], "nrpn 9", 1),  # increments
    ([cc(6, v) for v in range(40, 60)], "cc 6", 1),  # data entry of nothing
    ([cc(101, 127), cc(100, 127), *(cc(6, v) for v in range(40, 60))], "cc 6", 1),  # after "none"
    (BENDS, "pitch bend", 1),
    (turn("aftertouch"), "channel pressure", 1),
    (turn("polytouch", note=61), "poly pressure 61", 1),
    ([note("on", 60), note("off", 60)], "note 60", 1),
    ([note("on", 60), note("on", 60, 0)], "note 60", 1),
    ([note("on", 36), *turn("aftertouch"), note("off", 36)], "note 36", 1),  # a pad with pressure
    ([note("off", 104), note("on", 104), *BENDS], "pitch bend", 1),  # a fader that says when it is touched
])  # fmt: skip
def test_finds_the_control(messages, source, channel):
    midi = MidiMap()
    learn = Learn(midi)
    assert learn.touch("drive_db", pickup=not source.startswith("note")) is None
    found = [learned for message in messages if (learned := learn.feed(message))]
    assert [(str(f.source), f.channel) for f in found] == [(source, channel)]
    assert midi.bindings == ((found[0].source, Binding("drive_db", pickup=not source.startswith("note"), channel=channel)),)


@pytest.mark.parametrize("messages", [
    [cc(74, v) for v in (64, 65, 64, 63, 64, 65) * 20],  # a worn pot at rest
    [cc(74, 64)] * 50,
    [note("off", n) for n in range(128)],
    [mido.Message("program_change", program=p) for p in range(100)],
    [mido.Message("clock"), mido.Message("sysex", data=range(100)), mido.Message("start")],
    [cc(99, v) for v in range(100)],  # parameters chosen and never moved
    pair(1, range(5000, 5500)),  # 3 % of a fine control
    [cc(33, v) for v in range(90)],  # its lower half alone
])  # fmt: skip
def test_what_is_no_movement(messages):
    learn = Learn(MidiMap())
    learn.touch("drive_db")
    assert not any(learn.feed(message) for message in messages)


def test_finds_it_among_jitter_notes_and_clocks():
    messages = [cc(20, v) for v in range(64)]
    others = [cc(74, 64 + i % 3) for i in range(200)] + [mido.Message("clock")] * 200 + [note("off", 50)] * 50
    random.Random(0).shuffle(others)
    mixed = [m for i, message in enumerate(messages) for m in (*others[7 * i : 7 * i + 7], message)]
    learn = Learn(MidiMap())
    learn.touch("drive_db")
    assert [str(f.source) for m in mixed if (f := learn.feed(m))] == ["cc 20"]


def test_the_control_may_come_first():
    midi = MidiMap()
    learn = Learn(midi)
    for message in [cc(74, v) for v in range(40)] + [cc(75, v) for v in range(40)]:
        assert learn.feed(message) is None
    assert str(learn.touch("drive_db").source) == "cc 75"  # the last one moved
    for value in range(40, 90):
        assert learn.feed(cc(75, value)) is None  # it goes on moving
    assert learn.touch("tone_hz") is None
    assert [str(f.source) for v in range(40) if (f := learn.feed(cc(76, v)))] == ["cc 76"]
    assert [(str(s), b.to) for s, b in midi.bindings] == [("cc 75", "drive_db"), ("cc 76", "tone_hz")]


def test_one_control_may_be_learned_for_two_knobs():
    learn = Learn(midi := MidiMap())
    for path in ("drive_db", "tone_hz"):
        learn.touch(path)
        assert any(learn.feed(cc(74, v)) for v in range(20))
    assert midi.paths == ["drive_db", "tone_hz"]


def test_after_a_silence_a_button_that_says_only_on_is_meant():
    learn = Learn(midi := MidiMap())
    learn.touch("drive_db")
    assert learn.settle() is None
    assert not learn.feed(cc(74, 64))  # a worn pot
    assert learn.settle() is None
    assert not learn.feed(cc(20, 127))  # a button that only says "on"
    assert str(learn.settle().source) == "cc 20"
    assert midi.paths == ["drive_db"]


def test_knobs_are_refused_as_they_are_touched():
    learn = Learn(MidiMap(), TubeSaturator().parameters)
    with pytest.raises(UnknownName, match="did you mean drive_db"):
        learn.touch("drve_db")
    with pytest.raises(InvalidValue, match="rebuilds the effect"):
        learn.touch("oversampling")
    with pytest.raises(InvalidValue, match="no curve named"):
        learn.touch("mix", curve="steep")


class Queue:
    """A port whose messages are already there."""

    name = "a queue"

    def __init__(self, messages):
        self._waiting = [Arrival(0.0, bytes(m.bytes())) for m in messages]

    def arrived(self):
        waiting, self._waiting = self._waiting, []
        return waiting


def test_learns_from_a_port():
    midi = MidiMap()
    assert str(midi.learn("drive_db", Queue([cc(74, v) for v in range(20)]), seconds=5, low=6)) == "cc 74"
    assert midi.bindings[0][1] == Binding("drive_db", low=6, channel=1)
    with pytest.raises(PortError, match="a queue: no control was moved within 0 s"):
        midi.learn("mix", Queue([]), seconds=0)
    learn = Learn(midi)
    learn.touch("mix")
    assert str(learn_from_port(learn, Queue([cc(20, 127)]), seconds=5).source) == "cc 20"  # after a second of silence
