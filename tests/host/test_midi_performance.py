"""Performances: messages at their samples, and the take that renders to the same sound offline."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_plugins import installed

from wetdry import Automated, Binding, Chain, Gain, MidiMap, Performance, TubeSaturator, load_plugin
from wetdry.host.midi.take import Take
from wetdry.models.errors import InvalidType, InvalidValue, UnknownName

RATE = 48000
GAIN, BIAS = Binding("gain_db", low=-24, high=12), Binding("bias", toggle=True)
MIDI = MidiMap(
    {"cc 7": GAIN, "cc14 1": "drive_db", "nrpn 300": "tone_hz", "cc 64": BIAS},
    programs={3: {"drive_db": 40.0, "gain_db": -3.0}},
)
DRY = (0.3 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)


class Seconds:
    """A clock that stands where it is put."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def board(oversampling=8):
    """The gain comes last: it hears the sound later, by the saturator's latency."""
    return Chain([TubeSaturator(drive_db=12, oversampling=oversampling), Gain()])


def cc(number, value, channel=1):
    return bytes((0xB0 | (channel - 1), number, value))


def play(performance, clock, dry, blocks, messages):
    """Play `dry` in blocks of these lengths, again and again; `messages` are (seconds since the beginning, message)."""
    begun, at, waiting, wet = clock.now, 0, list(messages), []
    while at < dry.shape[-1]:
        for length in blocks:
            block = dry[..., at : at + length]
            clock.now = begun + (at + block.shape[-1]) / RATE
            while waiting and begun + waiting[0][0] <= clock.now:
                seconds, message = waiting.pop(0)
                performance.hear(message, begun + seconds)
            wet.append(performance.process(block, RATE))
            at += length
    return np.concatenate(wet, axis=-1)


def offline(take, dry, processor=None, midi=MIDI):
    processor = processor or board()
    return Automated(processor, midi.curves(take, processor.parameters))(dry, RATE)


def same(live, whole):
    np.testing.assert_array_equal(live, whole[..., : live.shape[-1]])


gestures = st.lists(
    st.tuples(
        st.floats(0, 0.3),
        st.one_of(
            st.builds(cc, st.sampled_from([7, 1, 33, 64, 99, 98, 6, 38, 96, 97]), st.integers(0, 127)),
            st.just(bytes((0xC0, 3))),
            st.binary(min_size=1, max_size=6),
        ),
    ),
    max_size=40,
)


@given(gestures, st.lists(st.integers(0, 2000), min_size=1, max_size=5).filter(sum))
@settings(max_examples=25, deadline=None)
def test_the_take_sounds_as_it_was_played(tmp_path_factory, drawn, blocks):
    clock, dry = Seconds(), DRY[:14400]
    played = Performance(board(), MIDI, clock=clock)
    live = play(played, clock, dry, blocks, sorted(drawn, key=lambda pair: pair[0]))
    assert played.take.samples >= len(dry)
    path = played.take.save(tmp_path_factory.getbasetemp() / "performance.mid")
    same(live, offline(played.take, dry))
    same(live, offline(path, dry))
    same(live, offline(Take.load(path, RATE), dry))
    assert {k: v.value for k, v in played.parameters.items()}.keys() == board().parameters.keys()


def test_a_message_is_one_block_late_at_its_place():
    clock = Seconds()
    played = Performance(board(), MIDI, clock=clock)
    stamps = [0.0, 0.001, 0.0105, 0.0199, 0.03]
    play(played, clock, DRY[:4800], [480], [(seconds, cc(7, i)) for i, seconds in enumerate(stamps)])
    # the block of 480 that is asked for at 0.01 s is the first: it holds what came from 0 s on
    assert played.take.messages == [(round(seconds * RATE), cc(7, i)) for i, seconds in enumerate(stamps[:-1])] + [
        (1440 - 1, cc(7, 4))  # as the block was being asked for: its last sample
    ]


def test_what_came_long_before_is_applied_at_once_and_in_order():
    clock = Seconds()
    played = Performance(board(), MIDI, clock=clock)
    for value, seconds in ((1, 50.0), (2, 99.999), (3, 99.9)):  # the last is out of order
        played.hear(cc(7, value), seconds)
    played.hear(cc(7, 4), 1000.0)
    played.process(DRY[:480], RATE)
    assert [sample for sample, _ in played.take.messages] == [0, 0, 480 - 48, 479]
    assert [message[2] for _, message in played.take.messages] == [1, 3, 2, 4]


def test_the_sound_changes_at_the_sample_and_not_before():
    clock, late = Seconds(), 1234
    played = Performance(Gain(), MidiMap({"cc 7": "gain_db"}), clock=clock)
    live = play(played, clock, DRY[:9600], [480], [(late / RATE, cc(7, 0))])
    still = Gain()(DRY[:9600], RATE)
    assert np.flatnonzero(live != still)[0] == late
    fallen = 1 - np.abs(live[late + 480]) / np.abs(still[late + 480])  # the knob glides with a time constant of 10 ms
    assert fallen == pytest.approx(1 - np.exp(-1), abs=0.01)


def test_layouts():
    clock = Seconds()
    stereo = np.stack([DRY[:9600], DRY[9600:19200]])
    messages = [(i * 0.01, cc(7, i)) for i in range(20)]
    rows, columns = Performance(board(), MIDI, clock=clock), Performance(board(), MIDI, clock=clock)
    live = play(rows, clock, stereo, [333, 1], messages)
    same(live, offline(rows.take, stereo))
    clock.now = 100.0
    for at in range(0, 9600, 333):
        clock.now += 333 / RATE
        columns.process(np.ascontiguousarray(stereo[:, at : at + 333].T), RATE)
    assert columns.take.samples == 9600


def test_knobs_turned_by_hand_meanwhile():
    clock, gain = Seconds(), Gain()
    played = Performance(gain, MidiMap({"cc 7": Binding("gain_db", low=-20, high=20, pickup=True)}), clock=clock)
    played.process(DRY[:480], RATE)
    gain.gain_db = 10.0
    played.process(DRY[:4800], RATE)
    assert gain.gain_db == 10.0
    played.hear(cc(7, 10))  # far from the knob: it has to be picked up first
    played.process(DRY[:480], RATE)
    assert gain.gain_db == 10.0
    for value in (60, 127, 64):
        played.hear(cc(7, value))
    played.process(DRY[:480], RATE)
    assert gain.gain_db == pytest.approx(-20 + 40 * 64 / 127)
    wet = played.process(np.full(48000, 0.1, np.float32), RATE)
    assert wet[-1] == pytest.approx(0.1 * 10 ** (gain.gain_db / 20), rel=1e-4)


def test_a_new_stream_begins_a_new_take_with_the_knobs_as_they_stand():
    clock = Seconds()
    fx = board()
    played = Performance(fx, MIDI, clock=clock)
    play(played, clock, DRY[:4800], [480], [(0.01, cc(7, 100))])
    first = played.take
    stood = copy.deepcopy(fx)
    played.process(DRY[:480], 44100)
    assert len(first) == 1 and len(played.take) == 0 and played.take.sample_rate == 44100
    played.reset()
    live = play(played, clock, DRY[:4800], [480], [(0.01, cc(7, 30))])
    assert played.take.samples == 4800
    same(live, offline(played.take, DRY[:4800], stood))


def test_curves_beside_the_map():
    clock = Seconds()
    midi, swell = MidiMap({"cc 7": "gain_db"}), {"drive_db": [(0, 0), (0.2, 30)]}
    played = Performance(board(), midi, clock=clock, automation=swell)
    live = play(played, clock, DRY[:14400], [777], [(i * 0.002, cc(7, i)) for i in range(100)])
    fx = board()
    same(live, Automated(fx, {**swell, **midi.curves(played.take, fx.parameters)})(DRY[:14400], RATE))
    with pytest.raises(InvalidValue, match="gain_db has a control and a curve"):
        Performance(board(), midi, automation={"gain_db": [(0, 0)]})


def test_a_plugin_is_performed_too():
    clock = Seconds()
    fx, midi = Chain([load_plugin(installed("ZamTube")), Gain()]), MidiMap({"cc 1": "tube_drive", "cc 7": "gain_db"})
    stood = copy.deepcopy(fx)
    played = Performance(fx, midi, clock=clock)
    messages = [(i * 0.004, cc(1 if i % 2 else 7, 127 - i)) for i in range(100)]
    live = play(played, clock, DRY, [512, 100], messages)
    whole = offline(played.take, DRY, stood, midi)[: len(live)]
    assert np.abs(live - whole).max() <= 1e-6 * np.abs(whole).max()
    assert fx.parameters["tube_drive"].value == stood.parameters["tube_drive"].value


def test_what_is_bound_later_counts_from_the_next_stream():
    midi = MidiMap({"cc 7": "gain_db"})
    played = Performance(Gain(), midi)
    played.process(DRY[:480], RATE)
    midi.bind("cc 8", "gain_db")
    played.hear(cc(8, 127))
    played.process(DRY[:480], RATE)
    assert played.parameters["gain_db"].value == 0.0
    played.reset()
    played.hear(cc(8, 127))
    played.process(DRY[:480], RATE)
    assert played.parameters["gain_db"].value == 48.0


class Shown:
    """A controller's other port."""

    def __init__(self):
        self.got = []

    def send(self, message):
        self.got.append(tuple(message.bytes()))


def test_the_controller_is_shown_what_it_did_not_turn():
    clock, shown, fx = Seconds(), Shown(), board()
    midi = MidiMap({"cc 7": "gain_db", "cc 1": "drive_db"}, programs={5: {"drive_db": 0.0}})
    played = Performance(fx, midi, clock=clock, feedback=shown)
    play(played, clock, DRY[:4800], [480], [])
    shown.got.clear()
    play(played, clock, DRY[:4800], [480], [(0.0, cc(7, 100)), (0.001, bytes((0xC0, 5)))])
    assert shown.got == [(0xB0, 1, 0)]


def test_refusals():
    with pytest.raises(UnknownName, match="did you mean gain_db"):
        Performance(Gain(), MidiMap({"cc 7": "gain"}))
    played = Performance(Gain(), MidiMap({"cc 7": "gain_db"}))
    with pytest.raises(InvalidType, match="a MIDI message is mido's, or bytes"):
        played.hear([300])
    with pytest.raises(InvalidValue, match="at a time in seconds"):
        played.hear(cc(7, 1), float("nan"))
    with pytest.raises(InvalidValue, match="finite and above 0"):
        played.process(DRY[:10], 0)
