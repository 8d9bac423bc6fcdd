"""Takes: what was played, kept at its samples, through a MIDI file and back."""

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry.host.midi.messages import MessageReader
from wetdry.host.midi.take import LONGEST_DELTA, Take, beat_of, message_of
from wetdry.models.errors import FileProblem, InvalidValue

RATES = (48000, 44100, 96000, 88200, 192000, 176400, 32000, 22050, 11025, 8000, 47999, 12345.6, 384000)
channel_messages = st.one_of(
    st.tuples(st.integers(0x90, 0xBF), st.integers(0, 127), st.integers(0, 127)),
    st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)),
    st.tuples(st.integers(0xE0, 0xEF), st.integers(0, 127), st.integers(0, 127)),
).map(bytes)


def random_take(rate, seed=0, count=500, longest_gap=20000):
    rng = np.random.default_rng(seed)
    samples = np.cumsum(rng.integers(0, longest_gap, count))
    values = rng.integers(0, 128, count)
    return Take(
        rate, [(int(s), bytes((0xB0, 74, int(v)))) for s, v in zip(samples, values, strict=True)], int(samples[-1]) + 99
    )


@pytest.mark.parametrize("rate", RATES)
def test_a_file_keeps_every_sample(rate, tmp_path):
    take = random_take(rate)
    loaded = Take.load(take.save(tmp_path / "take.mid"), rate)
    assert loaded.messages == take.messages
    seconds = np.cumsum([message.time for message in mido.MidiFile(tmp_path / "take.mid")])[1:-1]  # mido's own clock
    np.testing.assert_array_equal(np.round(seconds * rate), [sample for sample, _ in take.messages])


@pytest.mark.parametrize("rate, ticks, tempo", [(48000, 24000, 500000), (44100, 22050, 500000), (96000, 24000, 250000)])
def test_a_tick_is_a_sample(rate, ticks, tempo):
    assert beat_of(rate) == (ticks, tempo)
    assert ticks * 1_000_000 / tempo == rate


def test_the_file_is_as_long_as_what_was_played(tmp_path):
    take = Take(48000, [(100, b"\xb0\x4a\x01")], samples=72000)
    assert mido.MidiFile(take.save(tmp_path / "take.mid")).length == pytest.approx(1.5)


def test_a_pause_longer_than_a_file_can_say_at_once(tmp_path):
    late = 2 * LONGEST_DELTA + 12345
    take = Take(48000, [(7, b"\xb0\x4a\x01"), (late, b"\xb0\x4a\x02")])
    assert Take.load(take.save(tmp_path / "take.mid"), 48000).messages == take.messages


@given(st.lists(st.tuples(st.integers(0, 10**6), channel_messages), max_size=30))
@settings(max_examples=50)
def test_every_channel_message_is_kept(tmp_path_factory, drawn):
    drawn.sort(key=lambda pair: pair[0])
    take = Take(48000, drawn)
    path = tmp_path_factory.getbasetemp() / "take_messages.mid"
    assert Take.load(take.save(path), 48000).messages == take.messages
    events = [event for _, message in drawn for event in MessageReader().read(message)]
    assert [message_of(event) for event in events] == [message for _, message in drawn]


def test_a_note_that_ends_is_one_of_velocity_0():
    (event,) = MessageReader().read(b"\x83\x3c\x40")
    assert message_of(event) == b"\x93\x3c\x00"


def test_between():
    take = Take(48000, [(10, b"\xb0\x4a\x01"), (20, b"\xb0\x4a\x02"), (20, b"\xb0\x4a\x03"), (30, b"\xb0\x4a\x04")], 100)
    part = take.between(20, 30)
    assert part.messages == [(0, b"\xb0\x4a\x02"), (0, b"\xb0\x4a\x03")]
    assert part.samples == 10
    assert take.between(0, 100) == take


def test_refusals(tmp_path):
    take = Take(48000, [(10, b"\xb0\x4a\x01")])
    with pytest.raises(InvalidValue, match="sample 9 comes before sample 10"):
        take.add(9, b"\xb0\x4a\x01")
    with pytest.raises(FileProblem, match="cannot write"):
        take.save(tmp_path / "nowhere" / "take.mid")
    with pytest.raises(InvalidValue, match="finite and above 0"):
        Take(0)
