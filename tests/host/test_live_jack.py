"""`wetdry live` as a user starts it, on a JACK server without hardware, turned by a controller in another process."""

import json
import os
import subprocess
import threading
import time

import numpy as np
import pytest
import soundfile
from command import WETDRY
from installed_programs import installed_program
from jack_server import PATIENCE_SECONDS, Controller, end, server_of_this_process

import wetdry
from wetdry import Automated, Chain, MidiMap, Rig, TubeSaturator
from wetdry.host.automation import curve_from
from wetdry.host.live.clock import Clock

RATE, BEGINS = 48000, 480
CHANGES_A_SECOND = 50


def board():
    return Chain([TubeSaturator(drive_db=12, oversampling=4)])


@pytest.fixture
def metronome():
    server_of_this_process()
    command = [installed_program("jack_metro"), "-b", "600", "-D", "60", "-a", "0.4"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield "metro"
    end(process)


def saying(process, words):
    """Wait until the process says words; return what it said until then."""
    said, give_up = [], time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up and (line := process.stdout.readline()):
        said.append(line)
        if words in line:
            return said
    raise AssertionError("".join(said))


def begun(command):
    """Start it; whatever it waits for, it ends."""
    process = subprocess.Popen([*WETDRY, "live", *command], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=os.environ | {"COLUMNS": "400"})  # fmt: skip
    killer = threading.Timer(3 * PATIENCE_SECONDS, process.kill)
    killer.daemon = True
    killer.start()
    return process, killer


@pytest.mark.slow
def test_what_is_played_and_turned_live_is_the_offline_render_to_the_sample(metronome, tmp_path):
    seconds = 60 if os.environ.get("WETDRY_CI") else 8
    rig = Rig(board(), midi=MidiMap({"cc 74": "drive_db"}), presets={"Soft": {"drive_db": 6}, "Bent": {"bias": 0.25}})
    rig.save(tmp_path / "rig.yaml")
    with Controller(f"faders-{os.getpid()}") as controller:
        command = [tmp_path / "rig.yaml", "--host", "JACK", "--input", metronome, "--midi", "faders", "--block", "128",
                   "--record", tmp_path / "take.wav", "--seconds", seconds, "--no-screen"]  # fmt: skip
        process, killer = begun(map(str, command))
        saying(process, "blocks of 128")
        turned = [(i / CHANGES_A_SECOND, bytes((0xB0, 74, 3 * i % 128))) for i in range((seconds - 3) * CHANGES_A_SECOND)]
        controller.play(sorted([*turned, (1.0, b"\xc0\x01")]))
        rest = process.communicate()[0]
        killer.cancel()
        controller.sent()
    assert process.returncode == 0, rest
    (wet, rate), (dry, _) = (soundfile.read(tmp_path / name, dtype="float32") for name in ("take.wav", "take_dry.wav"))
    said = json.loads((tmp_path / "take_moves.json").read_text())
    curves = {knob: curve_from(data) for knob, data in said["knobs"].items()}
    assert rate == RATE and abs(len(wet) / RATE - seconds) < 2 + 0.1 * seconds and np.abs(dry).max() > 0.05
    assert len(curves["drive_db"]) > 0.8 * len(turned) and len(curves["bias"]) == 1
    late, expected = said["latency_samples"], Automated(board(), curves)(dry, RATE)
    assert late == board().latency_samples
    np.testing.assert_array_equal(wet[late + BEGINS :], expected[BEGINS : len(wet) - late])


def test_a_controller_that_is_unplugged_is_said_and_goes_on_when_it_is_back():
    server_of_this_process()
    name = f"knobs-{os.getpid()}"
    controller = Controller(name)
    session = wetdry.live(TubeSaturator(), device=Clock(seconds=600), midi=name, midi_map=MidiMap({"cc 74": "drive_db"}),
                          said=lambda line: None)  # fmt: skip
    with session:
        drive = session.parameters["drive_db"]

        def turned_to(value, position):
            controller.play([(0, bytes((0xB0, 74, position)))])
            return drive.value == value

        until(lambda: turned_to(drive.max_value, 127))
        controller.unplug()
        until(lambda: any("is gone" in line for line in session.notices))
        blocks = session.statistics.blocks
        controller = Controller(name)
        until(lambda: any("is back" in line for line in session.notices))
        until(lambda: turned_to(drive.min_value, 0))
        assert session.statistics.blocks > blocks + 100 and len(session.notices) == len(set(session.notices))
    controller.unplug()


def until(true):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.05)
