"""Messages into knob moves: every kind of source, in any bytes."""

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Binding, Bitcrusher, Chain, MidiMap, Pan, TubeSaturator

BOARD = Chain([TubeSaturator(), Bitcrusher(), Pan()])
KNOBS = BOARD.parameters


def cc(control, value, channel=0):
    return mido.Message("control_change", control=control, value=value, channel=channel)


def heard(midi, *messages):
    """Where each message leaves the knobs that it moves, as a list of {path: number}."""
    decoder = MidiMap(midi).decoder(KNOBS) if isinstance(midi, dict) else midi.decoder(KNOBS)
    return [dict(decoder.feed(message)) for message in messages]


@pytest.mark.parametrize(("source", "message", "position"), [
    ("cc 74", cc(74, 127), 1),
    ("cc 74", cc(74, 0), 0),
    ("cc 74", cc(74, 32), 32 / 127),
    ("cc 0", cc(0, 100), 100 / 127),
    ("pitch bend", mido.Message("pitchwheel", pitch=-8192), 0),
    ("pitch bend", mido.Message("pitchwheel", pitch=0), 0.5),
    ("pitch bend", mido.Message("pitchwheel", pitch=8191), 1),
    ("pitch bend", mido.Message("pitchwheel", pitch=-4096), 0.25),
    ("channel pressure", mido.Message("aftertouch", value=127), 1),
    ("poly pressure 60", mido.Message("polytouch", note=60, value=64), 64 / 127),
    ("note 60", mido.Message("note_on", note=60, velocity=1), 1),
    ("note velocity", mido.Message("note_on", note=33, velocity=90), 90 / 127),
    ("program", mido.Message("program_change", program=127), 1),
])  # fmt: skip
def test_every_kind_of_source_turns_a_knob_along_its_range(source, message, position):
    assert heard({source: Binding("drive_db", low=1, high=47)}, message) == [{"drive_db": pytest.approx(1 + 46 * position)}]
    assert heard({source: Binding("tone_hz", low=200, high=20000)}, message) == [
        {"tone_hz": pytest.approx(200 * 100**position)}
    ]


@pytest.mark.parametrize(("source", "message"), [
    ("cc 74", cc(75, 127)),
    ("poly pressure 60", mido.Message("polytouch", note=61, value=64)),
    ("note 60", mido.Message("note_on", note=61, velocity=100)),
    ("note velocity", mido.Message("note_off", note=60, velocity=100)),
    ("note velocity", mido.Message("note_on", note=60, velocity=0)),
    ("channel pressure", mido.Message("polytouch", note=60, value=64)),
    ("cc 74 channel 2", cc(74, 127)),
    ("nrpn 6", cc(6, 100)),
    ("cc 74", mido.Message("sysex", data=(1, 74, 127))),
    ("cc 74", mido.MetaMessage("set_tempo", tempo=500000)),
])  # fmt: skip
def test_what_is_not_bound_moves_nothing(source, message):
    assert heard({source: "output_db"}, message) == [{}]


def test_a_note_is_a_button():
    on, off = mido.Message("note_on", note=60, velocity=64), mido.Message("note_off", note=60)
    silent = mido.Message("note_on", note=60, velocity=0)
    assert heard({"note 60": "drive_db"}, off, on, off, on, silent) == [
        {"drive_db": 0},
        *[{"drive_db": 48}, {"drive_db": 0}] * 2,
    ]


def test_channels():
    decoder = MidiMap({"cc 7 channel 1": "drive_db", "cc 7 channel 16": "bias", "cc 7": "output_db"}).decoder(KNOBS)
    assert dict(decoder.feed(cc(7, 127, 0))) == {"drive_db": 48, "output_db": 24}
    assert dict(decoder.feed(cc(7, 0, 15))) == {"bias": -1, "output_db": -24}
    assert dict(decoder.feed(cc(7, 127, 4))) == {"output_db": 24}


def test_a_14_bit_pair_moves_on_its_upper_half_and_the_lower_one_refines_it():
    fine = [cc(1, 64), cc(33, 5), cc(33, 6), cc(1, 127), cc(33, 127), cc(1, 0)]
    steps = [64 / 127, (64 * 128 + 5) / 16383, (64 * 128 + 6) / 16383, 127 * 128 / 16383, 1, 0]
    assert heard({"cc14 1": "drive_db"}, *fine) == [{"drive_db": pytest.approx(48 * step)} for step in steps]
    assert heard({"cc14 1": "drive_db"}, cc(1, 127)) == [{"drive_db": 48}]  # a control without a lower half reaches the end
    assert heard({"cc14 1": "drive_db"}, cc(33, 9)) == [{}]  # nothing to refine
    assert heard({"cc14 1": "drive_db"}, cc(1, 64, 0), cc(33, 9, 1)) == [{"drive_db": pytest.approx(48 * 64 / 127)}, {}]


def test_numbered_parameters():
    choose = [cc(99, 2), cc(98, 44)]  # 2 * 128 + 44 = 300
    moved = heard({"nrpn 300": "drive_db"}, *choose, cc(6, 64), cc(38, 3), cc(96, 0), cc(97, 0), cc(6, 127), cc(38, 127))
    assert moved[:2] == [{}, {}]
    steps = [64 / 127, (8192 + 3) / 16383, (8192 + 4) / 16383, (8192 + 3) / 16383, 127 * 128 / 16383, 1]
    assert moved[2:] == [{"drive_db": pytest.approx(48 * step)} for step in steps]


def test_numbered_parameters_are_kept_apart():
    rpn = [cc(101, 0), cc(100, 0), cc(6, 127)]
    assert heard({"rpn 0": "drive_db", "nrpn 0": "bias"}, *rpn)[-1] == {"drive_db": 48}
    assert heard({"nrpn 0": "drive_db"}, *rpn)[-1] == {}
    assert heard({"rpn 0": "drive_db"}, *rpn[:2], cc(101, 127), cc(100, 127), cc(6, 127))[-1] == {}  # none is chosen
    assert heard({"rpn 0": "drive_db"}, *rpn[:2], cc(99, 0), cc(98, 0), cc(6, 127))[-1] == {}  # an NRPN is
    assert heard({"rpn 0": "drive_db"}, cc(101, 0, 1), cc(100, 0, 1), cc(6, 127))[-1] == {}  # on another channel
    assert heard({"rpn 0": "drive_db", "cc 6": "bias"}, *rpn)[-1] == {"drive_db": 48, "bias": 1}


def test_increments_of_a_coarse_parameter_are_coarse_and_stop_at_the_ends():
    rpn = [cc(101, 0), cc(100, 0), cc(6, 126)]
    steps = heard({"rpn 0": "drive_db"}, *rpn, cc(96, 0), cc(96, 0), cc(97, 0), cc(6, 0), cc(97, 0))[2:]
    assert steps == [{"drive_db": pytest.approx(48 * step)} for step in (126 / 127, 1)] + [{}] + [
        {"drive_db": pytest.approx(48 * 126 / 127)}, {"drive_db": 0}, {}]  # fmt: skip


def test_a_switch_takes_its_choices_in_even_parts():
    moved = heard({"cc 9": "dither"}, cc(9, 0), cc(9, 42), cc(9, 43), cc(9, 84), cc(9, 85), cc(9, 127))
    assert moved == [{}, {}, {"dither": 1}, {}, {"dither": 2}, {}]
    assert heard({"cc 9": Binding("dither", low="rectangular", high="tpdf")}, cc(9, 0), cc(9, 64)) == [
        {"dither": 1},
        {"dither": 2},
    ]
    assert heard({"cc 9": Binding("dither", invert=True)}, cc(9, 0), cc(9, 127)) == [{"dither": 2}, {"dither": 0}]


def test_a_toggle_goes_to_the_other_end_at_each_press():
    press, release = cc(64, 127), cc(64, 0)
    moved = heard(
        {"cc 64": Binding("drive_db", low=6, high=30, toggle=True)}, press, release, press, press, release, cc(64, 70)
    )
    assert moved == [{"drive_db": 30}, {}, {"drive_db": 6}, {}, {}, {"drive_db": 30}]  # it stood at 12, nearer to 6
    pad = mido.Message("note_on", note=36, velocity=20)  # a pad that never says note off
    assert heard({"note 36": Binding("quantiser", toggle=True)}, pad, pad, pad) == [{"quantiser": n} for n in (1, 0, 1)]


def test_pickup_waits_until_the_control_has_reached_the_knob():
    midi = MidiMap({"cc 1": Binding("drive_db", pickup=True), "cc 2": "drive_db"}, programs={5: {"drive_db": 40}})
    moved = heard(midi, cc(1, 0), cc(1, 20), cc(1, 40), cc(1, 10))  # it stands at 12 dB: at 31.75
    assert moved == [{}, {}, {"drive_db": pytest.approx(48 * 40 / 127)}, {"drive_db": pytest.approx(48 * 10 / 127)}]
    assert heard(midi, cc(1, 31)) == [{"drive_db": pytest.approx(48 * 31 / 127)}]  # near enough
    program = mido.Message("program_change", program=5)
    assert heard(midi, cc(1, 31), program, cc(1, 33), cc(1, 127))[1:] == [{"drive_db": 40}, {}, {"drive_db": 48}]
    assert heard(midi, cc(1, 31), cc(2, 90), cc(1, 33), cc(1, 91))[2:] == [{}, {"drive_db": pytest.approx(48 * 91 / 127)}]
    decoder = midi.decoder(KNOBS)
    decoder.feed(cc(1, 31))
    decoder.moved("drive_db", 40.0)
    assert decoder.stands["drive_db"] == 40
    assert decoder.feed(cc(1, 33)) == []


def test_a_program_sets_its_knobs():
    midi = MidiMap(programs={0: {"drive_db": 6, "dither": "tpdf"}, 127: {"drive_db": 24}})
    program = [mido.Message("program_change", program=n) for n in (0, 0, 1, 127)]
    assert heard(midi, *program) == [{"drive_db": 6, "dither": 2}, {}, {}, {"drive_db": 24}]


def test_one_control_turns_several_knobs():
    assert heard({"cc 1": ["drive_db", Binding("bias", invert=True)]}, cc(1, 127)) == [{"drive_db": 48, "bias": -1}]


def test_bytes_as_ports_give_them():
    decoder = MidiMap({"cc 74": "drive_db", "note 60": "bias"}).decoder(KNOBS)
    assert decoder.feed([0xB0, 74, 127]) == [("drive_db", 48)]
    assert decoder.feed(b"\xb0\x4a\x00\x4a\x7f") == [("drive_db", 0), ("drive_db", 48)]  # running status
    assert decoder.feed(b"\x4a\x00") == [("drive_db", 0)]  # and into the next packet
    assert decoder.feed(b"\xb0\x4a") == []
    assert decoder.feed(b"\xf8\x7f") == [("drive_db", 48)]  # a clock inside a message
    assert decoder.feed(b"\xf0\x4a\x00\xf7\x4a\x00") == []  # sysex ends running status
    assert decoder.feed(b"\x90\x3c\xb0\x4a\x00") == [("drive_db", 0)]  # a message cut short


EVERYTHING = MidiMap(
    {"cc 74": "drive_db", "cc14 1": Binding("tone_hz", curve="exp"), "nrpn 300": "rate_hz", "rpn 0": "bit_depth",
     "pitch bend": "pan", "channel pressure": Binding("bias", pickup=True), "note 60": Binding("dither", toggle=True),
     "poly pressure 60": Binding("output_db", low=6, high=-6), "note velocity": "hold", "program": "quantiser",
     "cc 6": Binding("0.mix", curve="linear")},
    programs={n: {"1.mix": n / 127} for n in range(128)},
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=12) | st.lists(st.integers(0, 255), max_size=4), max_size=30))
def test_no_bytes_raise_or_leave_the_range(packets):
    decoder = EVERYTHING.decoder(KNOBS)
    for packet in packets:
        for path, number in decoder.feed(packet):
            row = KNOBS[path].parameter
            assert row.minimum <= number <= row.maximum
            assert not row.choices or number == int(number)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.data())
def test_packets_may_be_cut_anywhere(stream, data):
    whole, split = EVERYTHING.decoder(KNOBS), EVERYTHING.decoder(KNOBS)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert whole.feed(stream) == [move for part in parts for move in split.feed(part)]
