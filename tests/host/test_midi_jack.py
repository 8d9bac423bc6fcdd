"""MIDI end to end over a real MIDI server: control changes from another process into a block loop paced at real time."""

import numpy as np
import pytest
import soundfile
from jack_server import Controller, server_of_this_process
from midi_live import BLOCK, NotedClock, NotedPort, play_paced

from wetdry import Automated, Binding, Chain, Gain, MidiMap, Performance, TubeSaturator, midi
from wetdry.host.midi.messages import MessageReader
from wetdry.host.midi.take import Take, message_of

RATE = 48000
FILTERS_SEE_AHEAD = 128  # the saturator's oversampling: a little of what follows a sample is in the sound before it
MAP = MidiMap({"cc 74": "drive_db", "cc 1": Binding("gain_db", low=-24, high=12), "pitch bend": "tone_hz"})


@pytest.fixture(scope="module", autouse=True)
def server():
    return server_of_this_process()


@pytest.fixture(scope="module")
def riff(tmp_path_factory):
    path = tmp_path_factory.mktemp("riff") / "riff.wav"
    seconds = np.arange(2 * RATE) / RATE
    soundfile.write(path, (0.5 * np.sin(2 * np.pi * 110 * seconds) * np.exp(-seconds % 0.5)).astype(np.float32), RATE, "FLOAT")
    return path


def board():
    return Chain([Gain(), TubeSaturator(drive_db=12, oversampling=4)])


def offline(take, dry):
    fx = board()
    return Automated(fx, MAP.curves(take, fx.parameters))(dry, RATE)


def warmed(performance):
    """Play a block and begin anew: what compiles at first use has done so."""
    performance.process(np.zeros(BLOCK, np.float32), RATE)
    performance.reset()
    return performance


def sweep(count=40, seconds=1.0):
    """Control changes for all three knobs, at uneven times."""
    rng = np.random.default_rng(3)
    kinds = [bytes((0xB0, 74, 0)), bytes((0xB0, 1, 0)), bytes((0xE0, 5, 0))]
    at = np.sort(rng.uniform(0, seconds, count))
    return [(float(t), kinds[i % 3][:2] + bytes((int(rng.integers(0, 128)),))) for i, t in enumerate(at)]


@pytest.fixture(scope="module")
def session(riff):
    """One live take: (messages, when each was sent, clock, port, performance, dry, wet)."""
    messages, clock = sweep(), NotedClock()
    with Controller("nanoKONTROL2") as controller, midi.open_input("nanokontrol2") as opened:
        controller.reach(opened)
        port = NotedPort(opened)
        performance = warmed(Performance(board(), MAP, port, clock=clock))
        clock.read.clear(), port.asked.clear()
        controller.play(messages)
        dry, wet = play_paced(performance, riff, lambda: len(performance.take) >= len(messages), 0.5)
        sent = controller.sent()
    return messages, sent, clock, port, performance, dry, wet


def test_every_message_is_applied_in_the_block_after_it_arrived(session):
    messages, sent, clock, port, performance, dry, _ = session
    assert [message for _, message in performance.take.messages] == [message for _, message in messages]
    assert [arrival.data for arrival in port.arrivals] == [message for _, message in messages]
    assert len(clock.read) == len(port.asked) == len(dry) // BLOCK
    before = 0
    for (sample, _), arrival, sent_seconds in zip(performance.take.messages, port.arrivals, sent, strict=True):
        assert sent_seconds <= arrival.seconds  # one clock for all processes
        block = sample // BLOCK
        assert port.asked[block - 1] <= arrival.seconds <= clock.read[block] or block == 0
        meant = BLOCK + round((arrival.seconds - clock.read[block]) * RATE)
        assert sample == max(before, block * BLOCK + min(max(meant, 0), BLOCK - 1))
        before = sample


def test_the_sound_changes_within_one_block_of_the_stamp_by_the_senders_clock(session):
    """Where blocks were asked for in time, a message is heard one block after it was sent and carried, to the sample."""
    _, sent, clock, port, performance, _, _ = session
    begun = min(asked - i * BLOCK / RATE for i, asked in enumerate(clock.read))  # of the block that was least late
    on_time = 0
    for (sample, _), arrival, sent_seconds in zip(performance.take.messages, port.arrivals, sent, strict=True):
        late = (clock.read[sample // BLOCK] - begun) * RATE - sample // BLOCK * BLOCK
        heard = begun + (sample - BLOCK) / RATE  # the moment in the room of which the sample is the sound
        assert heard * RATE >= arrival.seconds * RATE - late - BLOCK - 1
        if late <= BLOCK / 2:  # this machine may be starved: a late block is no fault of the message
            on_time += 1
            assert abs((heard - arrival.seconds) * RATE) <= BLOCK
            assert (heard - sent_seconds) * RATE >= -BLOCK
    carried = [arrival.seconds - one for arrival, one in zip(port.arrivals, sent, strict=True)]
    print(f"{on_time} of {len(sent)} messages in blocks that were on time; carried in {1e3 * np.median(carried):.1f} ms")


def test_the_render_equals_the_offline_one_bit_for_bit(session, tmp_path):
    *_, performance, dry, wet = session
    np.testing.assert_array_equal(wet, offline(performance.take, dry)[: len(wet)])
    saved = performance.take.save(tmp_path / "take.mid")
    np.testing.assert_array_equal(wet, offline(saved, dry)[: len(wet)])
    assert np.abs(wet - board()(dry, RATE)[: len(wet)]).max() > 0.1  # it was worth turning


def test_the_sound_changes_at_the_sample_and_not_before(session):
    """Without a message the sound is the same up to its sample, and another one at once behind it."""
    *_, performance, dry, wet = session
    take = performance.take
    tried = 0
    for i, (sample, message) in enumerate(take.messages):
        later = [at for at, other in take.messages[i + 1 :] if other[:2] == message[:2]]
        if i % 5 or (later and later[0] < sample + FILTERS_SEE_AHEAD) or sample > len(wet) - FILTERS_SEE_AHEAD:
            continue  # on a starved machine several may be applied at once, and the last one counts
        without = Take(RATE, take.messages[:i] + take.messages[i + 1 :], take.samples)
        differs = np.flatnonzero(wet != offline(without, dry)[: len(wet)])
        assert sample - FILTERS_SEE_AHEAD <= differs[0] <= sample + FILTERS_SEE_AHEAD
        tried += 1
    print(f"{tried} messages left out in turn")


def test_a_flood(riff, tmp_path):
    """10,000 messages a second."""
    rng = np.random.default_rng(5)
    flood = [(i * 1e-4, bytes((0xB0, int(rng.choice([74, 1])), int(rng.integers(0, 128))))) for i in range(10_000)]
    with Controller("fast") as fast, midi.open_input("fast") as opened:
        fast.reach(opened)
        port = NotedPort(opened)
        performance = warmed(Performance(board(), MAP, port))
        fast.play(flood)
        dry, wet = play_paced(performance, riff, lambda: len(port.arrivals) == len(flood), 1.2)
        assert len(fast.sent()) == len(flood) and opened.lost == 0
    assert [message for _, message in performance.take.messages] == [message for _, message in flood]
    np.testing.assert_array_equal(wet, offline(performance.take, dry)[: len(wet)])
    np.testing.assert_array_equal(wet, offline(performance.take.save(tmp_path / "flood.mid"), dry)[: len(wet)])


BROKEN = [
    [74, 100], [100], [0x12, 0x34], [99],  # no status
    [0xB0, 74], [0x90, 60], [0xC0], [0xB0, 1, 0x80],  # cut off
    [0xB0, 200, 255], [0xE0, 255, 255],  # no data bytes
    [0xF0, 1, 2, 3], [4, 0xF7], [0xF0, *[1] * 2000, 0xF7], [0xF7],  # SysEx in pieces, long, only its end
    [0xFF], [0xF4], [0xFE], [0xB0, 74, 64],
]  # fmt: skip


def test_broken_messages_and_running_status(riff):
    """What no controller should send turns no knob wrong, and what is right between it does."""
    rng = np.random.default_rng(6)
    random = [[int(b) for b in rng.integers(0, 256, int(rng.integers(1, 4)))] for _ in range(150)]
    random = [data for data in random if data[0] != 0xF0]  # an unfinished SysEx: JACK's ports wait for its end
    played = [bytes(data) for data in BROKEN * 4 + random]
    good = [bytes((0xB0, 74, 9)), bytes((77,)), bytes((0xB0, 74)), bytes((33,))]  # status, and what needs none
    with Controller("odd") as odd, midi.open_input("odd") as opened:
        odd.reach(opened)
        port = NotedPort(opened)
        performance = warmed(Performance(board(), MAP, port))
        odd.play([(i * 0.003, data) for i, data in enumerate([*played, *good])])
        dry, wet = play_paced(performance, riff, lambda: port.arrivals and port.arrivals[-1].data == good[-1])
        odd.sent()
    reader = MessageReader()
    heard = [message_of(event) for arrival in port.arrivals for event in reader.read(arrival.data)]
    assert [message for _, message in performance.take.messages] == heard
    assert np.isfinite(wet).all()
    np.testing.assert_array_equal(wet, offline(performance.take, dry)[: len(wet)])
    knob = performance.parameters["drive_db"].parameter
    assert performance.parameters["drive_db"].value == pytest.approx(knob.from_raw(33 / 127))


def test_a_controller_that_is_unplugged_and_comes_back(riff, monkeypatch):
    monkeypatch.setattr("wetdry.host.midi.ports.LOOK_SECONDS", 0.05)
    knob = bytes((0xB0, 1, 127))
    with Controller("nanoKONTROL2") as controller, midi.open_input("nanokontrol2") as port:
        controller.reach(port)
        performance = warmed(Performance(board(), MAP, port))
        controller.play([(0, knob)])
        play_paced(performance, riff, lambda: len(performance.take) == 1)
        assert performance.parameters["gain_db"].value == 12.0
        controller.sent()
        controller.unplug()
        with pytest.warns(RuntimeWarning, match="'nanoKONTROL2:out' is gone; knobs stay") as warned:
            play_paced(performance, riff, lambda: not port.is_there, 0.3)
        assert len(warned) == 1 and "\n" not in str(warned[0].message)
        assert performance.parameters["gain_db"].value == 12.0
        with Controller("nanoKONTROL2") as again:
            play_paced(performance, riff, lambda: port.is_there, 0.3)
            again.reach(port)
            again.play([(0, bytes((0xB0, 1, 0)))])
            play_paced(performance, riff, lambda: len(performance.take) == 2)
            assert performance.parameters["gain_db"].value == -24.0
