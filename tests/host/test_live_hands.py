"""The keys of the live screen, and what it gathers, on a session that plays by a clock."""

import time

import numpy as np
import pytest

import wetdry
from wetdry import Gain, MidiMap, Rig, TubeSaturator
from wetdry.host.live.clock import Clock
from wetdry.host.live.screen.gathering import Gathering
from wetdry.host.live.screen.hands import Hands

RATE = 48000


def until(true, seconds=20):
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.01)
    assert true()


@pytest.fixture(scope="module")
def session():
    """A rig with presets and a control, hearing a low E that is 7 cents sharp, and clips now and then."""
    seconds = np.arange(RATE) / RATE
    hz = 82.4069 * 2 ** (7 / 1200)
    heard = sum(0.2 / n * np.sin(2 * np.pi * n * hz * seconds) for n in range(1, 8)).astype(np.float32)
    heard[-5:] = 1.0
    rig = Rig(TubeSaturator(), midi=MidiMap({"cc 74": "tone_hz"}), presets={"Soft": {"drive_db": 6}, "Hard": {"drive_db": 30}},
              name="Test")  # fmt: skip
    with wetdry.live(rig, device=Clock(heard), said=lambda line: None) as playing:
        yield playing


def pressed(session, *keys):
    hands = Hands(session)
    for key in keys:
        hands.press(key)
    return hands


def test_arrows_choose_and_turn(session):
    names = Hands(session).names
    drive = session.parameters["drive_db"]
    at = names.index("drive_db")
    drive.value = 24
    hands = pressed(session, "page up", *["down"] * at, "right", "right", "far left")
    assert names[hands.chosen] == "drive_db"
    assert drive.raw_value == pytest.approx(0.5 + 0.02 - 0.1)
    hands.press("home")
    assert drive.value == TubeSaturator().drive_db
    for _ in range(20):
        hands.press("far left")
    assert drive.value == drive.min_value
    assert pressed(session, "page down", "page down", "down").chosen == len(names) - 1
    until(lambda: any(move.knob == "drive_db" and move.number == drive.min_value for move in session.moves))


def test_a_switch_goes_from_choice_to_choice_and_is_rebuilt_while_it_plays(session):
    name, knob = next((name, knob) for name, knob in session.parameters.items() if knob.valid_values)
    at = Hands(session).names.index(name)
    knob.value = knob.valid_values[0]
    hands = pressed(session, *["down"] * at, "left")
    assert knob.value == knob.valid_values[0]
    hands.press("right")
    assert knob.value == knob.valid_values[1]
    assert session.running


def test_bypass_mute_presets_and_quit(session):
    hands = pressed(session, "b", "m")
    assert session.bypassed
    assert session.muted
    for key in "bmp":
        hands.press(key)
    assert not session.bypassed
    assert not session.muted
    assert (hands.preset, session.parameters["drive_db"].value) == ("Soft", 6)
    hands.press("p")
    assert (hands.preset, session.parameters["drive_db"].value) == ("Hard", 30)
    hands.press("p")
    assert hands.preset == "Soft"
    assert not hands.done
    hands.press("q")
    assert hands.done
    assert not hands.said


def test_a_control_is_learned_and_shown(session):
    hands = pressed(session, *["down"] * Hands(session).names.index("bias"), "l")
    assert session.learning == "bias"
    assert Gathering(session).snapshot(hands).learning == "bias"
    for value in range(0, 100, 10):
        session.hear(bytes((0xB2, 21, value)))
    until(lambda: session.learning is None)
    knobs = {knob.name: knob for knob in Gathering(session).snapshot().knobs}
    assert knobs["bias"].controls == "cc 21 ch 3"
    assert knobs["tone_hz"].controls == "cc 74"
    pressed(session, "l", "l")
    assert session.learning is None
    pressed(session, "l", "escape")
    assert session.learning is None


def test_a_recording_begins_and_ends_and_what_cannot_be_is_said(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hands = Hands(session)
    hands.press("r")
    until(lambda: session.recorded_seconds > 0.1)
    assert Gathering(session).snapshot().recording.startswith("wetdry-2")
    hands.press("r")
    assert session.recording is None
    assert Gathering(session).snapshot().recording == ""
    assert len(list(tmp_path.glob("wetdry-*.wav"))) == 2
    monkeypatch.chdir("/proc")
    hands.press("r")
    assert "cannot record into wetdry-" in hands.said[0]
    assert "\n" not in hands.said[0]


def test_the_snapshot_says_what_is_heard(session):
    session.preset("Soft")
    gathering = Gathering(session)
    until(lambda: session.seconds > 1.5)
    hands = pressed(session, "t")
    seen = gathering.snapshot(hands)
    have_controls = [bool(knob.controls) for knob in seen.knobs]
    assert have_controls == sorted(have_controls, reverse=True)
    assert have_controls[0]
    assert not have_controls[-1]
    assert sorted(knob.name for knob in seen.knobs) == sorted(session.parameters)
    assert (seen.name, seen.place.split(",")[0]) == ("Test", "48 kHz")
    assert seen.pitch is not None
    assert seen.pitch.note == "E2"
    assert abs(seen.pitch.cents - 7) < 2
    assert seen.incoming.clips >= 5
    assert -20 < seen.incoming.rms_db < seen.incoming.peak_db <= 0
    assert seen.deadlines.blocks > 0
    assert 0 < seen.deadlines.load < 1
    assert sum(ms for _, ms in seen.latency_ms) == pytest.approx(1000 * session.engine.latency_samples / RATE)
    loudest = np.argmax(seen.spectra[:, 0]) / 12  # octaves above 30 Hz
    assert abs(30 * 2**loudest / 82.4 - 1) < 0.15


def test_what_has_no_presets_says_so():
    with wetdry.live(Gain(), device="clock", said=lambda line: None) as session:
        hands = pressed(session, "p", "5", "x")
        gathered = Gathering(session).snapshot()
    assert len(hands.said) <= 1
    assert bool(hands.said) == (not session.presets)
    assert not gathered.notes
