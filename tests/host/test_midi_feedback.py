"""What is sent back to a controller: what turned its knobs elsewhere, in messages that say just that."""

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Binding, Bitcrusher, Chain, MidiMap, TubeSaturator
from wetdry.host.midi.feedback import SENT_BACK, Feedback, messages
from wetdry.host.midi.sources import HIGHEST_NUMBER, Source
from wetdry.models.errors import UnknownName


class Controller:
    """An output that keeps what it is sent."""

    def __init__(self):
        self.got = []

    def send(self, message):
        self.got.append((message.control, message.value, message.channel + 1))

    def take(self):
        got, self.got = self.got, []
        return got


def cc(control, value, channel=0):
    return mido.Message("control_change", control=control, value=value, channel=channel)


@pytest.fixture
def rig():
    def built(midi, **options):
        board, controller = Chain([TubeSaturator(), Bitcrusher()]), Controller()
        return (
            board.parameters,
            controller,
            Feedback(midi, controller, board.parameters, **options),
            midi.decoder(board.parameters),
        )

    return built


def follow(knobs, decoder, message):
    """Turn the knobs as a performance does."""
    for path, number in decoder.feed(message):
        knobs[path].value = knobs[path].parameter.from_number(number)


def test_first_everything_then_what_changes(rig):
    knobs, controller, feedback, _ = rig(MidiMap({"cc 7": "drive_db", "cc 8 channel 5": "output_db", "note velocity": "bias"}))
    assert feedback.send() == 2
    assert controller.take() == [(7, 32, 1), (8, 64, 5)]  # 12 of 0 to 48 dB, 0 of -24 to 24 dB
    assert feedback.send() == 0
    knobs["drive_db"].value = 48
    assert feedback.send() == 1
    assert controller.take() == [(7, 127, 1)]


def test_a_control_is_not_sent_what_came_from_it(rig):
    knobs, controller, feedback, decoder = rig(MidiMap({"cc 7": "drive_db", "cc 9": "drive_db"}))
    feedback.send()
    controller.take()
    for value in (40, 41, 60):
        feedback.heard(cc(7, value))
        assert feedback.send() == 0  # a block early: the knob has not moved yet
        follow(knobs, decoder, cc(7, value))
        assert feedback.send() == 1
        assert controller.take() == [(9, value, 1)]  # its twin follows
    for value in (61, 62, 63):
        feedback.heard(cc(7, value))
    follow(knobs, decoder, cc(7, 62))  # behind what was heard already
    feedback.send()
    assert controller.take() == [(9, 62, 1)]
    follow(knobs, decoder, cc(7, 63))
    feedback.send()
    assert controller.take() == [(9, 63, 1)]
    for value in (0, 62):  # somebody else, and once to where the control was heard before
        knobs["drive_db"].value = 48 * value / 127
        feedback.send()
        assert controller.take() == [(7, value, 1), (9, value, 1)]


def test_it_answers_on_the_channel_that_it_heard(rig):
    knobs, controller, feedback, _ = rig(MidiMap({"cc 7": "drive_db"}))
    feedback.heard(cc(7, 100, channel=8))
    knobs["drive_db"].value = 1
    feedback.send()
    assert controller.take()[-1][2] == 9


def test_the_light_of_a_toggle_follows_its_knob(rig):
    midi = MidiMap({"cc 64": Binding("quantiser", toggle=True)})
    knobs, controller, feedback, decoder = rig(midi)
    feedback.send()
    assert controller.take() == [(64, 0, 1)]
    for shown in (127, 0):
        for message in (cc(64, 127), cc(64, 0)):  # press and release
            feedback.heard(message)
            follow(knobs, decoder, message)
            feedback.send()
        assert controller.take() == [(64, shown, 1)]


def test_a_control_that_was_not_followed_is_corrected_later(rig):
    knobs, controller, feedback, _ = rig(MidiMap({"cc 7": Binding("drive_db", pickup=True)}), patience_seconds=0)
    feedback.send()
    feedback.heard(cc(7, 127))
    knobs["drive_db"].value = 48
    feedback.send()
    assert controller.take() == [(7, 32, 1), (7, 127, 1)]


def test_maps_that_do_not_fit(rig):
    with pytest.raises(UnknownName, match="drve"):
        rig(MidiMap({"note velocity": "drve"}))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SENT_BACK), st.integers(0, 16383), st.integers(1, 16), st.floats(0, 1))
def test_what_is_sent_says_what_was_meant(kind, number, channel, position):
    """Our own decoder, hearing what is sent, turns a knob there to a step."""
    source = Source(kind, number % ((HIGHEST_NUMBER[kind] or 0) + 1))
    knobs = TubeSaturator(bias=0.123).parameters
    midi = MidiMap()
    midi.bind(source, "bias", channel=channel)
    decoder = midi.decoder(knobs)
    value = source.value_at(position)
    assert 0 <= value <= source.highest
    moves = [move for message in messages(source, channel, value) for move in decoder.feed(message)]
    expected = float(position > 0.5) if kind == "note" else position
    assert moves[-1].number == pytest.approx(-1 + 2 * expected, abs=1.01 / source.highest if kind != "note" else 0)
