"""MIDI files and lists of messages as curves: every jump at its sample, and broken files refused in one line."""

import random

import mido
import numpy as np
import pytest

from wetdry import Automated, Binding, Bitcrusher, Chain, MidiMap, NeuralEffect, TubeSaturator
from wetdry.host.automation.tempo import Tempo
from wetdry.host.automation.time import Time
from wetdry.host.midi.files import timed_messages
from wetdry.models import load
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, WetdryError
from wetdry.presets import clone_path

KNOBS = Chain([TubeSaturator(), Bitcrusher()]).parameters
RATE = 48000
TIME = Time(RATE, Tempo(120))


def cc(control, value, time=0):
    return mido.Message("control_change", control=control, value=value, time=time)


def saved(path, *tracks, **options):
    file = mido.MidiFile(**options)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    file.save(path)
    return path


def played(curves, path, samples):
    return curves[path].numbers(KNOBS[path].parameter, 0, samples, TIME)


def test_messages_turn_knobs_at_their_samples(tmp_path):
    path = saved(tmp_path / "a.mid", [cc(74, 127, 480), cc(74, 0, 240), cc(75, 127), cc(99, 5)], ticks_per_beat=480)
    curves = MidiMap({"cc 74": "drive_db", "cc 75": "dither", "cc 76": "bias"}).curves(path, KNOBS)
    assert list(curves) == ["drive_db", "dither"]
    expected = np.full(RATE, 12.0)  # where it stands, until the first message
    expected[24000:36000], expected[36000:] = 48, 0
    assert np.array_equal(played(curves, "drive_db", RATE), expected)
    assert np.array_equal(played(curves, "dither", RATE), np.where(np.arange(RATE) < 36000, 0, 2))


def test_tempo_changes_and_tracks_are_played_together(tmp_path):
    tempo = [mido.MetaMessage("set_tempo", tempo=500000), mido.MetaMessage("set_tempo", tempo=1000000, time=480)]
    path = saved(tmp_path / "a.mid", tempo, [cc(74, 127, 960)], [cc(74, 0, 720)], ticks_per_beat=480)
    numbers = played(MidiMap({"cc 74": "drive_db"}).curves(path, KNOBS), "drive_db", 2 * RATE)
    jumps = np.flatnonzero(np.diff(numbers)) + 1
    assert jumps.tolist() == [RATE, int(1.5 * RATE)]  # half a second, then beats of a second
    assert numbers[[0, RATE, -1]].tolist() == [12, 0, 48]


def test_every_sample_of_a_long_file_is_exact(tmp_path):
    """A tick a sample: sums of seconds must not drift off the grid."""
    random_ = random.Random(1)
    samples = sorted(random_.sample(range(1, 40_000_000), 5000))
    values = [random_.randrange(128) for _ in samples]
    track = [cc(74, v, b - a) for a, b, v in zip([0, *samples], samples, values, strict=False)]
    path = saved(tmp_path / "a.mid", [mido.MetaMessage("set_tempo", tempo=500000), *track], ticks_per_beat=24000, type=0)
    times = [seconds for seconds, _ in timed_messages(path)]
    assert [round(seconds * RATE) for seconds in times] == samples
    assert np.abs(np.array(times) * RATE - samples).max() < 1e-3


@pytest.mark.parametrize(("make", "knob"), [
    (lambda: TubeSaturator(), "drive_db"),
    (lambda: NeuralEffect(load(clone_path("zamtube"))), "tube_drive"),
])  # fmt: skip
def test_a_file_sweeps_a_knob_as_a_value_a_sample_does(tmp_path, make, knob):
    path = saved(tmp_path / "a.mid", [cc(74, v, 5) for v in range(0, 128, 3)], ticks_per_beat=480)
    effect = make()
    dry = (0.3 * np.random.default_rng(0).standard_normal(24000)).astype(np.float32)
    curves = MidiMap({"cc 74": knob}).curves(path, effect.parameters)
    numbers = curves[knob].numbers(effect.parameters[knob].parameter, 0, len(dry), TIME)
    assert len(np.unique(numbers)) > 30
    wet = Automated(make(), curves)(dry, RATE)
    assert np.array_equal(wet, Automated(make(), {knob: numbers})(dry, RATE))
    assert not np.array_equal(wet, make()(dry, RATE))


def test_lists_of_messages(tmp_path):
    messages = [(0.0, cc(74, 127)), (0.25, bytes([0xB0, 74, 0])), (0.25, [0xB0, 74, 64]), (0.5, cc(3, 3))]
    curves = MidiMap({"cc 74": "drive_db"}).curves(messages, KNOBS)
    numbers = played(curves, "drive_db", RATE)
    assert numbers[0] == numbers[11999] == 48
    assert numbers[12000] == numbers[-1] == pytest.approx(48 * 64 / 127)
    assert MidiMap({"cc 74": "drive_db"}).curves([], KNOBS) == {}


def test_programs_pickup_and_pairs_in_a_file(tmp_path):
    midi = MidiMap(
        {"cc 7": Binding("drive_db", pickup=True), "cc14 1": "bias"}, programs={2: {"drive_db": 40, "dither": "tpdf"}}
    )
    program = mido.Message("program_change", program=2, time=240)
    path = saved(tmp_path / "a.mid", [program, cc(7, 20, 240), cc(7, 127, 240), cc(1, 127), cc(33, 127)], ticks_per_beat=480)
    curves = midi.curves(path, KNOBS)
    assert played(curves, "drive_db", RATE)[[0, 12000, 24000, 36000]].tolist() == [12, 40, 40, 48]
    assert played(curves, "dither", RATE)[[0, 12000]].tolist() == [0, 2]
    assert played(curves, "bias", RATE)[-1] == 1


@pytest.mark.parametrize(("messages", "error", "says"), [
    ([(1.0, cc(1, 1)), (0.5, cc(1, 1))], InvalidValue, r"message 1 at 0.5 s: .*never fall \(the last was 1\)"),
    ([(-1.0, cc(1, 1))], InvalidValue, "message 0 at -1 s"),
    ([(float("nan"), cc(1, 1))], InvalidValue, "message 0 at nan s"),
    ([cc(1, 1)], InvalidType, r"message 0: a pair \(seconds, message\)"),
    ([("soon", cc(1, 1))], InvalidType, "message 0: a pair"),
])  # fmt: skip
def test_lists_that_are_wrong(messages, error, says):
    with pytest.raises(error, match=says):
        MidiMap({"cc 1": "mix"}).curves(messages, {"mix": KNOBS["0.mix"]})


def test_files_that_are_none(tmp_path):
    midi = MidiMap({"cc 74": "drive_db"})
    whole = saved(tmp_path / "a.mid", [cc(74, 1, 9)])
    for name, content, says in [
        ("text.mid", b"not a midi file", "text.mid: not a MIDI file"),
        ("empty.mid", b"", "empty.mid: not a MIDI file"),
        ("cut.mid", whole.read_bytes()[:-9], "cut.mid: a broken MIDI file"),
        ("film.mid", whole.read_bytes().replace(b"\x01\xe0", b"\xe7\x28", 1), "film.mid: its time counts film frames"),
        ("still.mid", whole.read_bytes().replace(b"\x01\xe0", b"\x00\x00", 1), "still.mid: "),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InvalidValue, match=says) as refusal:
            midi.curves(path, KNOBS)
        assert "\n" not in str(refusal.value)
    with pytest.raises(InvalidValue, match="pieces of their own"):
        midi.curves(saved(tmp_path / "two.mid", [cc(74, 1)], [cc(74, 2)], type=2), KNOBS)
    with pytest.raises(FileProblem, match="cannot read"):
        midi.curves(tmp_path / "none.mid", KNOBS)
    with pytest.raises(FileProblem, match="cannot read"):
        midi.curves(tmp_path, KNOBS)


def test_mutated_files_are_played_or_refused(tmp_path):
    tempo = mido.MetaMessage("set_tempo", tempo=400000)
    whole = saved(
        tmp_path / "a.mid", [tempo], [cc(74, v, 9) for v in range(20)], [mido.Message("sysex", data=(1, 2)), cc(1, 1)]
    )
    content, midi, random_ = whole.read_bytes(), MidiMap({"cc 74": "drive_db", "pitch bend": "bias"}), random.Random(0)
    refused = 0
    for _ in range(250):
        mutated = bytearray(content)
        for _ in range(random_.randint(1, 2)):
            place = random_.randrange(len(mutated))
            kind = random_.choice((0, 0, 0, 1, 2))
            if kind == 0:
                mutated[place] = random_.randrange(256)
            elif kind == 1:
                del mutated[place : place + random_.randint(1, 9)]
            else:
                mutated[place:place] = random_.randbytes(random_.randint(1, 9))
        path = tmp_path / "mutated.mid"
        path.write_bytes(mutated)
        try:
            curves = midi.curves(path, KNOBS)
        except WetdryError as error:
            refused += 1
            assert "\n" not in str(error)
            assert "mutated.mid" in str(error)
        else:
            for name in curves:
                assert np.isfinite(played(curves, name, 1000)).all()
    assert 25 < refused < 200
