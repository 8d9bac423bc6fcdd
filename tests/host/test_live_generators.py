"""Generators: notes that are rendered on a worker sound through the live chain as they do offline, each at its sample."""

import os
import signal
import threading
import time
from itertools import pairwise

import mido
import numpy as np
import pytest
from installed_plugins import installed_vst2

import wetdry
from wetdry import Chain, Gain, TubeSaturator
from wetdry.host.live.clock import Clock
from wetdry.host.live.core.clock_device import ClockDevice
from wetdry.host.live.core.desk import BLOCKS
from wetdry.host.live.core.ring import MISSED
from wetdry.host.live.engine import Engine
from wetdry.host.live.sound.generators import Generator
from wetdry.host.live.sound.sounds import Sounds
from wetdry.host.live.sound.voices import GAP_FADE, Mixer, PlayedNote
from wetdry.host.plugins.instrument import Instrument
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, PluginCrashed, PluginError

RATE, BLOCK = 48000, 64
PART = 7 * BLOCK  # played between two waits for the mixer: less than half of what it is ahead
BEGINS = 480  # samples until a stream has risen from silence
PATIENCE_SECONDS = 20


def tone(note, velocity, seconds, rate):
    """A decaying sine, of 0.6 s at most."""
    t = np.arange(round(min(seconds, 0.6) * rate)) / rate
    return (velocity / 127 * 0.3 * np.exp(-3 * t) * np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * t)).astype(np.float32)


def kill(instrument):
    number = instrument.process_number
    assert number
    os.kill(number, signal.SIGKILL)


def board():
    return Chain([TubeSaturator(drive_db=12, oversampling=2), Gain(gain_db=-3)])


def until(told):
    end = time.monotonic() + PATIENCE_SECONDS
    while not told():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.001)


class Stage:
    """An engine that plays a generator, and a device that waits for it between parts."""

    def __init__(self, source, channels=1, processor=None, **options):
        self.board = processor or board
        self.engine = Engine(self.board(), RATE, BLOCK, channels, channels, channels)
        self.said, self.heard, self.out = [], [], []
        self.generator = Generator(self.engine, source, said=self.said.append, **options)
        self.engine.start()
        self.generator.start()

    def play(self, heard):
        """Play what is heard; the mixer is as far ahead again after each part."""
        for part in np.split(heard, range(PART, len(heard), PART)):
            self.play_at_once(part)
            self.settle()

    def play_at_once(self, part):
        device = ClockDevice(self.engine, part, pace=0)
        device.start()
        device.wait()
        self.heard.append(part)
        self.out.append(device.played)

    def settle(self):
        until(lambda: int(self.engine.desk[BLOCKS]) * BLOCK == sum(map(len, self.heard)))
        until(lambda: not self.generator._arrived and self.engine.sound.waiting >= self.generator._ahead)

    def offline(self, notes):
        """Return (what came out, what it should be), both from where the stream has risen on."""
        heard, out = np.concatenate(self.heard), np.concatenate(self.out)
        late = self.engine.latency_samples
        wet = self.board()(heard.T + self.generator.render(notes, len(heard)), RATE)
        return out[late + BEGINS :].T, wet[:, BEGINS : len(out) - late]


@pytest.fixture
def stage():
    made = []

    def begin(*arguments, **options):
        made.append(Stage(*arguments, **options))
        return made[-1]

    yield begin
    for one in made:
        one.generator.stop()
        one.engine.stop()


def noise(parts, channels=1, seed=0):
    return (0.05 * np.random.default_rng(seed).standard_normal((parts * PART, channels))).astype(np.float32)


def test_notes_sound_through_the_chain_beside_the_input_bit_for_bit(stage):
    playing = stage(tone, channels=2)
    generator = playing.generator
    assert generator.prepare([60, 64, 67], [30, 100], timeout=PATIENCE_SECONDS)
    for step, (note, velocity) in enumerate([(60, 100), (64, 30), (60, 0), (64, 100), (67, 100), (None, 0)]):
        playing.play(noise(9, 2, step))
        if note is None:
            generator.all_off()
        elif velocity:
            generator.on(note, velocity)
        else:
            generator.off(note)
    playing.play(noise(9, 2, 9))
    notes = generator.notes()
    assert [(n.note, n.velocity) for n in notes if n.velocity] == [(60, 100), (64, 30), (64, 100), (67, 100)]
    assert all(a.sample <= b.sample for a, b in pairwise(notes))
    out, wanted = playing.offline(notes)
    np.testing.assert_array_equal(out, wanted)
    assert (generator.missed_samples, generator.missed_notes, playing.said) == (0, 0, [])
    dry = board()(np.concatenate(playing.heard).T, RATE)[:, BEGINS:][:, : out.shape[1]]
    assert np.abs(wanted - dry).max() > 0.1  # and they are heard


def test_in_real_time_a_note_sounds_its_latency_later(stage):
    playing = stage(tone, processor=Gain)
    generator = playing.generator
    assert generator.prepare([60, 72], timeout=PATIENCE_SECONDS)
    device = ClockDevice(playing.engine, np.zeros((RATE, 1), np.float32), pace=1.0)
    device.start()
    until(lambda: device.calls > 150)
    now, calls = time.monotonic(), device.calls
    generator.on(60, at=now)
    generator.on(72, at=now + 0.25)
    until(lambda: device.calls > 500)
    generator.off(72)
    device.wait()
    until(lambda: generator.voices == 0 or not playing.engine.running)
    first, second = (n.sample for n in generator.notes() if n.velocity)
    assert abs(second - first - RATE // 4) < RATE // 50
    assert abs(first - calls * BLOCK - generator.latency_samples) < RATE // 10
    heard = np.flatnonzero(np.abs(device.played[:, 0]) > 1e-4)[0]
    starved = generator.missed_samples or generator.late_notes or playing.engine.output.header[MISSED]
    if not starved:
        assert 0 <= heard - playing.engine.latency_samples - first < 3


def test_an_instrument_plays_live_what_it_renders(stage):
    instrument = Instrument(installed_vst2("Nekobi-vst"), {"cutoff": 80.0})
    playing = stage(instrument, seconds=0.5)
    generator = playing.generator
    generator.prepare([48], timeout=PATIENCE_SECONDS)
    playing.play(noise(2))
    generator.on(48)
    playing.play(noise(60))
    generator.off(48)
    playing.play(noise(20))
    notes = generator.notes()
    out, wanted = playing.offline(notes)
    np.testing.assert_array_equal(out, wanted)
    begins = notes[0].sample - BEGINS
    added = np.abs(wanted[0] - board()(np.concatenate(playing.heard)[:, 0], RATE)[BEGINS:][: out.shape[1]])
    assert added[: begins - 256].max() < 1e-6 and added[begins:].max() > 0.05
    instrument.cutoff = 30.0
    assert not np.array_equal(generator._sounds.of(48, 100).read(0, 100), np.zeros((1, 100)))  # another sound: rendered anew
    kill(instrument)
    generator.on(50)
    until(lambda: playing.said)
    assert len(playing.said) == 1 and "crashed" in playing.said[0] and "\n" not in playing.said[0]
    generator.on(51)
    generator.prepare([], timeout=PATIENCE_SECONDS)
    assert instrument.process_number and len(playing.said) == 1
    instrument.close()


def test_an_instrument_is_a_plugin_with_knobs_that_plays_the_same_note_again():
    instrument = Instrument(installed_vst2("Nekobi-vst"))
    one = instrument.render(60, 100, 0.3, RATE)
    instrument.render(72, 90, 0.1, 44100.0)
    assert one.shape == (1, 14400) and np.array_equal(instrument.render(60, 100, 0.3, RATE), one)
    instrument.volume = 0.1
    assert np.abs(instrument.render(60, 100, 0.3, RATE)).max() < 0.5 * np.abs(one).max()
    with pytest.raises(InvalidType, match="is an instrument"):
        instrument(np.zeros(100, np.float32), RATE)
    with pytest.raises(InvalidValue, match="note 128"):
        instrument.render(128)
    kill(instrument)
    with pytest.raises(PluginCrashed, match="next note starts it anew"):
        instrument.render(60)
    assert np.abs(instrument.render(60)).max() < 0.5 * np.abs(one).max()  # knobs kept
    instrument.close()


def test_a_note_that_is_not_rendered_yet_begins_when_it_is_and_is_counted(stage):
    ready = threading.Event()

    def slow(note, velocity, seconds, rate):
        assert ready.wait(PATIENCE_SECONDS)
        return tone(note, velocity, seconds, rate)

    playing = stage(slow)
    generator = playing.generator
    generator.on(60)
    generator.on(62)
    playing.play(noise(12))
    generator.off(62)
    playing.play(noise(12))
    assert generator.notes()[:-1] == [] and generator.missed_notes == 1
    ready.set()
    generator.prepare([], timeout=PATIENCE_SECONDS)
    playing.play(noise(12))
    notes = [n for n in generator.notes() if n.velocity]
    assert [n.note for n in notes] == [60] and notes[0].sample > 24 * PART
    assert generator.late_notes == 1 and generator.latest_seconds > 20 * PART / RATE
    out, wanted = playing.offline(notes)
    np.testing.assert_array_equal(out, wanted)


def test_a_source_that_fails_is_said_once_and_the_others_play_on(stage):
    def picky(note, velocity, seconds, rate):
        if note == 61:
            raise RuntimeError("there is\nno such key")
        return np.zeros((3, 3, 3)) if note == 62 else tone(note, velocity, seconds, rate)

    playing = stage(picky)
    generator = playing.generator
    for note in (61, 61, 60, 62):
        generator.on(note)
        generator.prepare([], timeout=PATIENCE_SECONDS)
    playing.play(noise(12))
    assert len(playing.said) == 2 and "no such key" in playing.said[0] and "samples" in playing.said[1]
    assert not any("\n" in line for line in playing.said)
    assert [n.note for n in generator.notes()] == [60] and generator.missed_notes == 3


def test_what_was_not_mixed_in_time_fades_and_the_rest_lies_at_its_place(stage):
    playing = stage(tone, processor=Gain)
    generator = playing.generator
    generator.prepare([60], timeout=PATIENCE_SECONDS)
    generator.on(60)
    playing.play(noise(6))
    playing.play_at_once(noise(40))  # faster than any mixer
    playing.settle()
    playing.play(noise(10))
    assert generator.missed_samples > 10 * PART
    out, wanted = playing.offline([n for n in generator.notes() if n.velocity])
    after = 46 * PART + playing.generator._ahead + GAP_FADE - BEGINS + 512
    np.testing.assert_allclose(out[:, after:], wanted[:, after:], atol=1e-6)
    assert np.abs(np.diff(out)).max() <= 2 * np.abs(np.diff(wanted)).max()


def test_large_blocks_get_the_delay_they_want():
    generator = Generator(Engine(board(), RATE, 1024, device_block=2048), tone)
    assert generator.latency_samples == 480 + 2 * (1024 + 2048)
    generator.stop()


def test_midi_messages_play(stage):
    generator = stage(tone).generator
    played, ended = (mido.Message("note_on", note=60, velocity=velocity) for velocity in (90, 0))
    for message in (played, [0x90, 64, 50, 67, 0x7F], ended, [0xFF, 0x12], mido.Message("control_change", control=123)):
        generator.hear(message)
    assert generator.press("1") and not generator.press("q")
    generator.prepare([], timeout=PATIENCE_SECONDS)
    wanted = {(60, 90), (64, 50), (67, 127), (48, 100)}
    assert set(generator._sounds._known) == {(note, generator._sounds.layer(velocity), 0) for note, velocity in wanted}


def test_the_sustain_pedal_holds_what_is_let_go(stage):
    playing = stage(tone)
    generator = playing.generator
    generator.prepare([60, 62], timeout=PATIENCE_SECONDS)
    for message in ([0x90, 60, 100], [0xB0, 64, 127], [0x80, 60, 0], [0x90, 62, 100], [0x80, 62, 0]):
        generator.hear(message)
    playing.play(noise(9))
    assert [(n.note, n.velocity) for n in generator.notes()] == [(60, 100), (62, 100)]
    generator.hear([0xB0, 64, 0])
    playing.play(noise(20))
    assert sorted((n.note, n.velocity) for n in generator.notes()) == [(60, 0), (62, 0)] and not generator.voices


def test_a_session_plays_an_instrument_by_midi():
    said = []
    clock = Clock(np.zeros((RATE, 1), np.float32))
    instrument = installed_vst2("Nekobi-vst")
    with wetdry.live(Gain(), device=clock, generator=instrument, real_time=False, said=said.append) as session:
        assert session.generator
        number = session.generator.source.process_number
        session.generator.prepare([60], timeout=PATIENCE_SECONDS)
        session.hear(mido.Message("note_on", note=60))
        until(lambda: np.abs(clock.played).max() > 0.02)
        session.hear(mido.Message("note_off", note=60))
        until(lambda: not session.generator.voices)
    assert number and session.generator.source.process_number is None
    with pytest.raises(PluginError, match="takes sound in"):
        wetdry.live(Gain(), device=Clock(), generator=installed_vst2("ZamTube-vst"))


# the mixer and the sounds by themselves


def sounds(render=tone, **options):
    settings = {"channels": 1, "sample_rate": RATE, "seconds": 1.0, "fade_seconds": 0.01, "velocity_layers": 127,
                "most_bytes": 1 << 24, "said": print} | options  # fmt: skip
    return Sounds(render, **settings)


def score(seed, count=40, length=RATE):
    rng = np.random.default_rng(seed)
    notes = [
        PlayedNote(int(rng.integers(length)), int(rng.integers(60, 66)), int(rng.choice([0, 40, 100]))) for _ in range(count)
    ]
    return sorted(notes, key=lambda n: n.sample)


@pytest.mark.parametrize("release", [None, 500])
def test_however_time_is_cut_the_same_samples_come(release):
    kept = sounds()
    rng = np.random.default_rng(1)

    def mixer():
        made = Mixer(kept, 1, release, most=4, stolen=200, gain=0.7)
        for note in score(0):
            made.add(note)
        assert kept.wait(PATIENCE_SECONDS)
        return made

    whole, cut = mixer(), mixer()
    edges = [0, *sorted(set(rng.integers(1, RATE, 300).tolist())), RATE]
    parts = [cut.mix(a, b - a) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole.mix(0, RATE))
    assert cut.played == whole.played
    kept.close()


def test_chords_are_sums_and_what_is_let_go_fades():
    kept = sounds(lambda note, velocity, seconds, rate: np.full(3000, note / 100))
    mixer = Mixer(kept, 1, release=100, most=32, stolen=10)
    for note in (PlayedNote(10, 20, 100), PlayedNote(50, 40, 100), PlayedNote(500, 20, 0)):
        mixer.add(note)
    kept.wait(PATIENCE_SECONDS)
    out = mixer.mix(0, 4000)[0]
    wanted = np.zeros(4000)
    wanted[10:500] += 0.2
    wanted[500:600] += 0.2 * (1 - np.arange(100) / 100)
    wanted[50:3050] += 0.4
    np.testing.assert_allclose(out, wanted, atol=1e-6)
    assert mixer.voices == 0
    kept.close()


def test_what_a_source_yields_plays_before_it_is_done_and_late_parts_stay_at_their_place():
    gate = threading.Event()

    def parts(note, velocity, seconds, rate):
        yield np.full(1000, 0.5)
        assert gate.wait(PATIENCE_SECONDS)
        yield np.full(2000, 0.25)

    kept = sounds(parts)
    sound = kept.of(60, 100)
    until(lambda: sound.ready == 1000)
    mixer = Mixer(kept, 1, release=None, most=32, stolen=10)
    mixer.add(PlayedNote(0, 60, 100))
    first = mixer.mix(0, 1970)
    gate.set()
    kept.wait(PATIENCE_SECONDS)
    out = np.concatenate([first, mixer.mix(1970, 2030)], axis=1)[0]
    down = 1 - np.arange(1, GAP_FADE + 1) / GAP_FADE
    wanted = np.concatenate(
        [np.full(1000, 0.5), 0.5 * down, np.zeros(1970 - 1000 - GAP_FADE), 0.25 * down[::-1] + 0.25 / GAP_FADE]
    )
    wanted = np.concatenate([wanted, np.full(3000 - len(wanted), 0.25), np.zeros(1000)])
    np.testing.assert_allclose(out, wanted, atol=1e-6)
    kept.close()


def test_notes_are_rendered_once_a_layer_and_the_oldest_forgotten():
    asked = []

    def counted(note, velocity, seconds, rate):
        asked.append((note, velocity))
        return np.zeros((2, 6000))

    kept = sounds(counted, velocity_layers=4, most_bytes=3 * 70_000)
    for note, velocity in ((60, 1), (60, 30), (60, 127), (60, 100), (61, 64), (62, 64), (63, 64), (60, 1)):
        kept.of(note, velocity)
        kept.wait(PATIENCE_SECONDS)
    assert asked == [(60, 32), (60, 127), (61, 95), (62, 95), (63, 95), (60, 32)]
    kept.close()


def test_a_note_longer_than_asked_for_is_cut_with_a_fade():
    kept = sounds(lambda note, velocity, seconds, rate: np.ones((2, 3 * RATE)), seconds=0.5)
    sound = kept.of(60, 100)
    kept.wait(PATIENCE_SECONDS)
    heard = sound.read(0, RATE)[0]
    assert len(heard) == RATE // 2 and (heard[:-480] == 1).all() and 0 < heard[-1] < 0.01
    kept.close()


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [(3, {}, InvalidType), ("/nowhere/synth.so", {}, FileProblem), (tone, {"delay_seconds": 0.01}, InvalidValue),
     (tone, {"voices": 0}, InvalidValue), (tone, {"velocity_layers": 200}, InvalidValue), (tone, {"seconds": 0}, InvalidValue)],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(source, options, error):
    with pytest.raises(error) as caught:
        Generator(Engine(board(), RATE, BLOCK), source, **options)
    assert "\n" not in str(caught.value)


def test_one_generator_an_engine_and_notes_that_there_are(stage):
    playing = stage(tone)
    with pytest.raises(InvalidValue, match="stop that one"):
        Generator(playing.engine, tone)
    with pytest.raises(InvalidValue, match="note 128"):
        playing.generator.on(128)
