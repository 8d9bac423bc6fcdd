"""`wetdry midi` as a user meets it, with and without a MIDI server."""

import json
import os
import subprocess
import uuid

import pytest
import yaml
from command import WETDRY, refused, wetdry
from jack_server import Controller, server_of_this_process

from wetdry import MidiMap, TubeSaturator
from wetdry.host.midi.factory_maps import factory_names


@pytest.fixture(autouse=True)
def nobodys_server(monkeypatch):
    """A JACK server of somebody else on this machine is not asked."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"none-{uuid.uuid4().hex}")


def test_lists_the_controllers_where_no_midi_runs_too(tmp_path):
    done = wetdry("midi", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in factory_names():
        assert name in done.stdout
    data = json.loads(wetdry("midi", "--json", cwd=tmp_path).stdout)
    assert {one["key"]: one for one in data["controllers"]}["lpd8"]["buttons"]["pad 8"] == "note 43"
    assert data["ports"] or data["problem"]


def test_shows_a_controller(tmp_path):
    done = wetdry("midi", "show", "nanoKONTROL2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("Korg nanoKONTROL2", "CC mode", "slider 8", "cc 7", "source: "):
        assert word in done.stdout, word
    refused(wetdry("midi", "show", "nanokontrol3", cwd=tmp_path), "did you mean nanokontrol or nanokontrol2")


def test_learning_says_in_one_line_what_is_missing(tmp_path):
    refused(wetdry("midi", "learn", "crunch", "--port", "no such controller", cwd=tmp_path), "MIDI")
    refused(wetdry("midi", "learn", "no.yaml", cwd=tmp_path), "no.yaml")


@pytest.mark.slow
def test_learns_from_a_controller(tmp_path):
    server_of_this_process()
    with Controller("Knobs") as controller:
        arguments = ["midi", "learn", "TubeSaturator", "drive_db", "tone_hz", "mix", "--port", "knobs", "--seconds", "4"]
        command = [*WETDRY, *arguments]
        environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
        with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
            said = []
            moves = {  # hardly more than what is needed: a starved sender's pause must not look like two moves
                "drive_db": [(0.005 * v, (0xB2, 20, v)) for v in range(11)],
                "tone_hz": [(0.005 * v, m) for v in range(11) for m in ((0xB0, 1, v), (0xB0, 33, 5 * v % 128))],
            }
            for line in process.stderr:
                said.append(line)
                knob = line.partition(": move its control")[0]
                if knob in moves:
                    controller.play(moves[knob])
                    controller.sent()
            text = process.stdout.read()
    assert process.returncode == 0, said
    assert any("mix: nothing moved" in line for line in said)
    midi = MidiMap.from_data(yaml.safe_load(text)["midi"])
    assert midi == MidiMap({"cc 20 channel 3": "drive_db", "cc14 1 channel 1": "tone_hz"})
    midi.check(TubeSaturator().parameters)
