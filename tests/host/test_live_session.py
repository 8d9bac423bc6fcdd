"""Sessions, driven by a clock: what code, controllers and presets turn is heard, measured, recorded, and repeats offline."""

import ctypes
import gc
import json
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile

import wetdry
from wetdry import Automated, Chain, Gain, MidiMap, NeuralAmp, Rig, TubeSaturator
from wetdry.effects.parameters import Parameters
from wetdry.host.automation import Steps, curve_from
from wetdry.host.live.clock import Clock
from wetdry.host.live.core.desk import BINS_AN_OCTAVE
from wetdry.host.live.engine import Engine
from wetdry.host.live.moves import Moves
from wetdry.host.live.real_time import Rights
from wetdry.host.live.statistics import percentile
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, PortError, UnknownName, WetdryError

RATE, BLOCK = 48000, 64
BEGINS = 480  # samples until a stream has risen from silence
PATIENCE_SECONDS = 20


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux's scheduler, its /proc and its capabilities")


def noise(seconds, channels=1, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal((int(seconds * RATE), channels))).astype(np.float32)


def live(what, heard=None, pace=0.0, seconds=None, **options):
    """Return a session whose clock plays `heard` once."""
    heard = noise(1.0) if heard is None else heard
    clock = Clock(heard, pace=pace, seconds=len(heard) / RATE if seconds is None else seconds)
    return wetdry.live(what, device=clock, real_time=False, said=lambda line: None, **options)


def until(true):
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_what_was_turned_while_it_played_repeats_offline_bit_for_bit():
    def board():
        return Chain([Gain(gain_db=3), NeuralAmp(), TubeSaturator(drive_db=18, oversampling=2)])

    heard = noise(6.0)
    with live(board(), heard, midi_map=MidiMap({"cc 74": "drive_db"})) as session:
        late, turned = session.engine.latency_samples, np.linspace(2.1, 9.9, 12)
        for position in turned:
            session.parameters["tube_drive"].value = position
            session.parameters["gain_db"].value = -position
            session.hear(bytes([0xB0, 74, int(10 * position)]))
            time.sleep(0.002)
        session.device.wait()
        played = session.device.played[: session.device.calls * BLOCK, 0]
    moves = session.moves
    assert {move.knob for move in moves} == {"tube_drive", "gain_db", "drive_db"}
    noted = [move.number for move in moves if move.knob == "tube_drive"]
    assert noted == turned[: len(noted)].tolist() and len({move.sample for move in moves}) > 2
    expected = Automated(board(), moves.curves)(heard[:, 0], RATE)
    np.testing.assert_array_equal(played[late + BEGINS :], expected[BEGINS : len(played) - late])


def test_a_controller_turns_knobs_picks_up_and_changes_programs():
    rig = Rig(Chain([TubeSaturator(drive_db=12)]), presets={"Soft": {"drive_db": 6}, "Hard": {"drive_db": 30, "bias": 0.2}},
              midi=MidiMap({"cc 74": "drive_db", "cc 71": wetdry.Binding("bias", pickup=True)}))  # fmt: skip
    with live(rig, pace=1.0, seconds=60) as session:
        knobs = session.parameters
        session.hear(b"\xb0\x4a\x7f")
        until(lambda: knobs["drive_db"].value == knobs["drive_db"].max_value)
        session.hear(b"\xc0\x01")
        until(lambda: (knobs["drive_db"].value, knobs["bias"].value) == (30, 0.2))
        session.preset("Soft")
        assert knobs["drive_db"].value == 6 and session.presets == ["Soft", "Hard"]
        session.hear(b"\xb0\x47\x00")
        session.hear(b"\xb0\x4a\x00")
        until(lambda: knobs["drive_db"].value == knobs["drive_db"].min_value)
        assert knobs["bias"].value == 0.2  # the control has not yet reached it
        with pytest.raises(UnknownName, match="Soft"):
            session.preset("Sort")


def test_a_control_that_is_moved_is_learned():
    with live(TubeSaturator(), pace=1.0, seconds=60) as session:
        session.learn("tone_hz")
        assert session.learning == "tone_hz"
        for value in range(0, 60, 3):
            session.hear(bytes([0xB2, 20, value]))
        until(lambda: session.learning is None)
        assert [str(source) for source, _ in session.midi_map.bindings] == ["cc 20"]
        assert any("cc 20" in line and "tone_hz" in line for line in session.notices)
        session.hear(b"\xb2\x14\x7f")
        until(lambda: session.parameters["tone_hz"].value == session.parameters["tone_hz"].max_value)
        with pytest.raises(WetdryError):
            session.learn("oversampling")


def test_what_came_in_and_what_was_heard_are_recorded(tmp_path):
    board, heard = Chain([TubeSaturator(drive_db=18, oversampling=4)]), noise(4.0)
    with live(board, heard, pace=4.0) as session:
        time.sleep(0.1)
        session.record(tmp_path / "take.wav")
        assert session.recording == tmp_path / "take.wav"
        with pytest.raises(InvalidValue, match="runs already"):
            session.record(tmp_path / "other.wav")
        until(lambda: session.recorded_seconds > 1)
        assert session.stop_recording() == tmp_path / "take.wav"
        assert session.recording is None
        gaps = session.statistics.missed
    wet, rate = soundfile.read(tmp_path / "take.wav", dtype="float32")
    dry, _ = soundfile.read(tmp_path / "take_dry.wav", dtype="float32")
    assert rate == RATE and len(wet) == len(dry) > RATE and len(wet) % BLOCK == 0
    assert soundfile.info(tmp_path / "take.wav").subtype == "FLOAT"
    if gaps:
        return  # this machine may be starved
    begins = int(np.flatnonzero(heard[:, 0] == dry[0])[0])
    np.testing.assert_array_equal(dry, heard[begins : begins + len(dry), 0])
    whole, late = board(heard[:, 0], RATE), board.latency_samples
    np.testing.assert_array_equal(wet, whole[begins - late : begins - late + len(wet)])


def test_a_recording_from_the_first_sample_repeats_from_its_files(tmp_path):
    heard = noise(3.0)
    with live(Chain([Gain(), NeuralAmp()]), heard, record=tmp_path / "take.wav") as session:
        for position in range(2, 9):
            session.parameters["tube_drive"].value = position + 0.1
            time.sleep(0.003)
        session.device.wait()
        late = session.engine.scene.latency_samples
    (wet, _), (dry, _) = (soundfile.read(tmp_path / name, dtype="float32") for name in ("take.wav", "take_dry.wav"))
    np.testing.assert_array_equal(dry, heard[:, 0])
    said = json.loads((tmp_path / "take_moves.json").read_text())
    assert (said["samples"], said["begins"], said["latency_samples"]) == (len(heard), 0, late)
    curves = {knob: curve_from(data) for knob, data in said["knobs"].items()}
    expected = Automated(Chain([Gain(), NeuralAmp()]), curves)(dry, RATE)
    np.testing.assert_array_equal(wet[late + BEGINS :], expected[BEGINS : len(wet) - late])


def test_moves_are_cut_to_a_recording():
    engine = Engine(Gain(), RATE)
    moves = Moves(engine, Parameters("what plays", engine.scene.processor.parameters))
    moves._rows[:3] = (100, 0, 3.0), (200, 0, 6.0), (300, 0, 9.0)
    moves._noted = 3
    steps = moves.between(150, 300)["gain_db"]
    assert steps == Steps(3.0, [(50, 6.0)])


def test_what_is_measured_adds_up():
    heard = noise(2.0)
    heard[20000] = 1.5
    heard[30000] = np.nan
    with live(Chain([Gain(gain_db=-6), TubeSaturator(oversampling=4)]), heard, pace=2.0) as session:
        session.device.wait()
        found, meters = session.statistics, session.meters
        assert sum(found.latency_ms.values()) == pytest.approx(1e3 * session.engine.latency_samples / RATE)
        assert session.seconds == found.blocks * BLOCK / RATE == 2.0
    assert 0 < found.mean_load < 1 and found.workers == []
    for times in (found.busy, found.turn):
        assert 0 < times.p50_ms <= times.p99_ms <= times.p999_ms <= times.worst_ms
    assert (meters.clips_in, meters.bad_in, meters.bad_out) == (1, 1, 0)
    assert meters.rms_in_db == pytest.approx(20 * np.log10(0.2), abs=1)
    assert meters.peak_in_db > meters.rms_in_db


def test_a_worker_is_named_with_the_delay_that_it_is_given():
    with live(Chain([Gain(), pedalboard.Gain(3), pedalboard.Clipping()]), noise(0.2), worker_ms=5) as session:
        session.device.wait()
        (worker,), parts = session.statistics.workers, session.statistics.latency_ms
    assert worker.name == "Gain, Clipping" and worker.takes_lock and not worker.passed_by
    assert worker.latency_ms == parts["workers"] == pytest.approx(1e3 * 256 / RATE)  # four blocks of 64
    assert any("Gain, Clipping" in line and "interpreter lock" in line for line in session.notices)


def test_percentiles_are_those_of_the_times():
    times = np.random.default_rng(1).lognormal(-9, 1, 5000)
    counts = np.bincount((np.log2(1e9 * times) * BINS_AN_OCTAVE).astype(int), minlength=640)
    for share in (0.5, 0.99, 0.999, 1.0):
        exact = np.quantile(times, share, method="inverted_cdf")
        assert exact <= percentile(counts, share) <= exact * 2 ** (1 / BINS_AN_OCTAVE)
    assert percentile(np.zeros(640, np.int64), 0.5) == 0


def test_something_else_may_be_played_with_its_own_knobs(tmp_path):
    Rig(TubeSaturator(drive_db=3), name="Warm", midi=MidiMap({"cc 1": "bias"})).save(tmp_path / "warm.yaml")
    with live(Gain(), pace=1.0, seconds=60) as session:
        assert (session.name, list(session.parameters)) == ("Gain", ["gain_db"])
        session.play(tmp_path / "warm.yaml")
        assert session.name == "Warm" and session.midi_map.paths == ["bias"]
        session.parameters["drive_db"].value = 4
        session.hear(b"\xb0\x01\x7f")
        until(lambda: session.parameters["bias"].value == session.parameters["bias"].max_value)
        until(lambda: {"drive_db", "bias"} <= set(session.moves.curves))
        before, session.midi_map = session.moves, MidiMap({"cc 9": "tone_hz"})
        session.play(Gain())  # which has no such knob
        session.parameters["gain_db"].value = 1
        assert set(before.curves) == {"drive_db", "bias"}
        until(lambda: set(session.moves.curves) == {"gain_db"})
        assert not session.midi_map.paths and any("tone_hz" in line for line in session.notices)
        session.play(TubeSaturator())
        assert session.midi_map.paths == ["tone_hz"]


def test_a_list_of_names_and_a_cabinet_play_in_series(tmp_path):
    soundfile.write(tmp_path / "cab.wav", np.array([0.5], np.float32), RATE, "FLOAT")
    heard = noise(0.5)
    with live(["Gain", "TubeSaturator"], heard, cab=tmp_path / "cab.wav") as session:
        assert session.name == "Gain, TubeSaturator, cab.wav" and "cabinet.mix" in session.parameters
        late = session.engine.latency_samples
        session.device.wait()
        played = session.device.played[:, 0]
    expected = 0.5 * Chain([Gain(), TubeSaturator()])(heard[:, 0], RATE)
    np.testing.assert_allclose(played[late + BEGINS :], expected[BEGINS : len(played) - late], atol=1e-6)


def test_two_sides_need_two_channels():
    with live(Chain([wetdry.Pan(-1)]), noise(0.3)) as session:
        assert session.engine.channels == 2
        session.device.wait()
        played = session.device.played
    assert np.abs(played[:, 0]).max() > 0.1 and not played[:, 1].any()


@pytest.mark.parametrize(
    ("what", "options", "error"),
    [
        ("Tubesaturatr", {}, UnknownName),
        ([], {}, InvalidType),
        (3, {}, InvalidType),
        (Rig(Gain(), sample_rate=44100), {"rate": 48000}, InvalidValue),
        (Gain(), {"midi": 3}, InvalidType),
        (Gain(), {"midi": "no such port"}, PortError),
        (Gain(), {"midi_map": MidiMap({"cc 1": "drive"})}, UnknownName),
        (Gain(), {"block": 8}, InvalidValue),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(what, options, error):
    with pytest.raises(error) as caught:
        live(what, **options)
    assert "\n" not in str(caught.value)


class Slow:
    """A processor of somebody's that takes its time before its first sound."""

    latency_samples = 0

    def reset(self):
        time.sleep(0.9)

    def process(self, audio, sample_rate, buffer_size=8192, reset=True):
        return audio


def test_what_takes_long_to_begin_says_so_meanwhile():
    assert [line for line in live(Slow()).notices if "kept for the next time" in line]


def test_a_recording_that_cannot_be_written_ends_the_start_in_a_line(tmp_path):
    interval = sys.getswitchinterval()
    with pytest.raises(FileProblem, match="no_such_folder"), live(Gain(), record=tmp_path / "no_such_folder" / "take.wav"):
        pass
    assert sys.getswitchinterval() == interval


def test_a_rig_brings_its_rate():
    with live(Rig(Gain(), sample_rate=44100)) as session:
        assert session.engine.sample_rate == 44100


def test_what_is_turned_before_it_plays_stands_there_from_the_first_sample():
    heard = noise(0.5)
    session = live(Chain([Gain(), TubeSaturator(oversampling=8)]), heard)
    session.parameters["drive_db"].value, session.parameters["oversampling"].value = 30, 2
    with session:
        late = session.engine.latency_samples
        session.device.wait()
        played = session.device.played[:, 0]
    expected = Chain([Gain(), TubeSaturator(drive_db=30, oversampling=2)])(heard[:, 0], RATE)
    np.testing.assert_array_equal(played[late + BEGINS :], expected[BEGINS : len(played) - late])
    assert not session.moves.curves


def test_a_controller_is_told_what_was_turned_elsewhere():
    class Shown(list):
        def send(self, message):
            self.append(message.bytes())

    shown = Shown()
    with live(Gain(), pace=1.0, seconds=60, midi_map=MidiMap({"cc 7": "gain_db"}), feedback=shown) as session:
        until(lambda: shown)  # where it stands at first
        session.parameters["gain_db"].value = session.parameters["gain_db"].max_value
        until(lambda: [0xB0, 7, 127] in shown)
        session.hear(b"\xb0\x07\x00")
        until(lambda: session.parameters["gain_db"].value == session.parameters["gain_db"].min_value)
        time.sleep(0.1)
        assert [0xB0, 7, 0] not in shown  # it knows


@LINUX
def test_rights_are_taken_or_said_to_be_missing_and_given_back():
    def locked_kib():
        return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmLck" in line).split()[1])

    interval = sys.getswitchinterval()
    with wetdry.live(Gain(), device=Clock(seconds=60), said=lambda line: None) as session:
        (thread,) = [thread for thread in threading.enumerate() if thread.name == "wetdry live"]
        scheduled = os.sched_getscheduler(thread.native_id) == os.SCHED_FIFO
        assert scheduled != any("no real-time scheduling" in line for line in session.notices)
        assert (locked_kib() > 0) != any("memory is not locked" in line for line in session.notices)
        assert sys.getswitchinterval() < interval and gc.get_freeze_count() > 0
    assert (sys.getswitchinterval(), gc.get_freeze_count(), locked_kib()) == (interval, 0, 0)


@LINUX
def test_a_thread_without_the_right_says_how_to_get_it():
    rights = Rights()

    def without_capabilities():
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, none) == 0
        rights.prepare_thread()

    thread = threading.Thread(target=without_capabilities)
    thread.start()
    thread.join()
    import resource

    if resource.getrlimit(resource.RLIMIT_RTPRIO)[0] == 0:
        (line,) = rights.refused
        assert "no real-time scheduling" in line and "rtprio" in line and "\n" not in line
