"""Tempo: where beats fall, also as a MIDI file says it."""

import pickle

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Tempo
from wetdry.host.automation.tempo import as_tempo
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue

MAPS = st.lists(st.tuples(st.floats(0.01, 50), st.floats(1, 1000)), max_size=8)


def test_one_tempo_and_changes():
    assert Tempo(90).seconds(3.0) == 2.0 and Tempo().seconds(1.0) == 0.5
    tempo = Tempo([(0, 120), (4, 60), (6, 240)])
    assert tempo.seconds(np.array([0.0, 2, 4, 5, 6, 7, 10])).tolist() == [0, 1, 2, 3, 4, 4.25, 5]
    assert tempo.beats(np.array([0.0, 1, 2, 3, 4, 4.25, 5])).tolist() == [0, 2, 4, 5, 6, 7, 10]


@settings(deadline=None, max_examples=60)
@given(MAPS, st.floats(1, 1000), st.lists(st.floats(0, 500), min_size=1))
def test_beats_and_seconds_are_each_others_inverse(changes, first, beats):
    at = np.cumsum([length for length, _ in changes])
    tempo = Tempo([(0, first), *zip(at.tolist(), [bpm for _, bpm in changes], strict=True)])
    there = tempo.seconds(np.array(beats))
    assert np.allclose(tempo.beats(there), beats, rtol=1e-9, atol=1e-9)
    assert (np.diff(tempo.seconds(np.sort(beats))) >= 0).all()
    assert pickle.loads(pickle.dumps(tempo)) == tempo == Tempo(tempo.to_data()) == eval(repr(tempo))


def midi_file(path, tempos, ticks_per_beat=480, kind=1):
    """Write a file with tempo changes, (tick, microseconds) each, in its first track, and notes in its second."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat)
    tracks, before = [file.add_track(), file.add_track()], 0
    for tick, tempo in tempos:
        tracks[0].append(mido.MetaMessage("set_tempo", tempo=tempo, time=tick - before))
        before = tick
    rng = np.random.default_rng(5)
    for wait in rng.integers(1, 2000, 40):
        tracks[1].append(mido.Message("note_on", note=60, time=int(wait)))
    file.save(path)
    return path


@pytest.mark.parametrize(
    "tempos",
    [
        [],
        [(0, 500_000)],
        [(0, 612_345), (777, 400_001), (5000, 6001), (9999, 16_777_215)],
        [(960, 300_000), (960, 250_000)],
    ],
)
def test_a_files_tempo_is_exact_against_midos_own_seconds(tmp_path, tempos):
    path = midi_file(tmp_path / "take.mid", tempos)
    tempo, file = Tempo.of(path), mido.MidiFile(path)
    tick, ticks = 0, []
    for message in file.tracks[1]:
        tick += message.time
        ticks += [tick] if message.type == "note_on" else []
    seconds = np.cumsum([message.time for message in file])
    notes = [at for at, message in zip(seconds, file, strict=True) if message.type == "note_on"]
    assert np.allclose(tempo.seconds(np.array(ticks) / file.ticks_per_beat), notes, rtol=1e-13, atol=1e-12)
    assert len(notes) == 40


def test_files_without_a_tempo_to_keep(tmp_path):
    with pytest.raises(FileProblem):
        Tempo.of(tmp_path / "none.mid")
    (tmp_path / "text.mid").write_text("no music")
    with pytest.raises(InvalidValue):
        Tempo.of(tmp_path / "text.mid")
    with pytest.raises(InvalidValue, match="0 microseconds"):
        Tempo.of(midi_file(tmp_path / "still.mid", [(10, 0)]))
    with pytest.raises(InvalidValue, match=r"fast.mid: tempo: pair 1: beats a minute = 6e\+07"):
        Tempo.of(midi_file(tmp_path / "fast.mid", [(10, 1)]))


@pytest.mark.parametrize(
    "wrong",
    ["120", None, True, [], [(0, 120), 3], [(0, 120, 1)], [(1, 120)], [(0, 120), (0, 90)], [(0, 120), (4, 90), (3, 100)],
     [(0, 0)], 0, -1, float("nan"), 1e9, 10**400, [(0, True)], [("0", 120)]],
)  # fmt: skip
def test_what_is_no_tempo_is_refused(wrong):
    with pytest.raises((InvalidValue, InvalidType)):
        Tempo(wrong)


def test_what_a_user_may_give():
    assert as_tempo(None) == Tempo(120) and as_tempo(90) == Tempo([(0, 90)])
    assert as_tempo(Tempo(70)) == Tempo(70) and as_tempo([[0, 120], [16, 90]]).changes == ((0, 120), (16, 90))
