"""MIDI ports: found through whichever system runs, and what is said where there is none."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import refused, wetdry
from jack_server import Controller, jackd_or_skip, server_of_this_process

from wetdry import midi
from wetdry.host.midi import ports as ports_module
from wetdry.host.midi.systems import SEQUENCER
from wetdry.models.errors import InvalidValue, PortError


@pytest.fixture(scope="module")
def server():
    return server_of_this_process()


@pytest.fixture
def no_server(monkeypatch):
    jackd_or_skip()
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"nobody-{os.getpid()}")


def one_line(error):
    assert "\n" not in str(error.value) and len(str(error.value)) < 300
    return str(error.value)


def test_no_midi_system_says_what_was_tried(no_server, capfd):
    with pytest.raises(PortError, match=r"JACK: the server named 'nobody-.*' does not run") as error:
        midi.open_input("nanoKONTROL2", system="jack")
    one_line(error)
    assert capfd.readouterr() == ("", "")  # JACK's own library complains in six lines


@pytest.mark.skipif(SEQUENCER.exists(), reason="this machine has an ALSA sequencer")
def test_without_any_system_all_are_named(no_server, tmp_path):
    with pytest.raises(
        PortError, match=r"no MIDI system runs on this machine: ALSA has no sequencer .*; JACK: the server"
    ) as error:
        midi.list_ports()
    one_line(error)
    refused(wetdry("midi", "learn", "Gain", cwd=tmp_path), "no MIDI system runs on this machine", "ALSA", "JACK")


def test_an_unknown_system():
    jackd_or_skip()
    with pytest.raises(InvalidValue, match=r"system = 'oss' is not one of '\w+'"):
        midi.open_input(system="oss")


def test_nothing_plugged_in(server):
    with pytest.raises(PortError, match="no MIDI input is plugged in"):
        midi.open_input(system="jack")
    with pytest.raises(PortError, match="no MIDI input named 'nano'; JACK has none") as error:
        midi.open_input("nano", system="jack")
    one_line(error)


def test_ports_are_found_by_a_part_of_their_name(server):
    with Controller("nanoKONTROL2"), Controller("LPD8"):
        found = [one.name for one in midi.list_ports() if (one.direction, one.system) == ("input", "JACK")]
        assert found == ["nanoKONTROL2:out", "LPD8:out"]
        with midi.open_input("nanokontrol", system="jack") as port:
            assert port.name == "nanoKONTROL2:out" and port.is_there
            assert repr(port) == "<MIDI input 'nanoKONTROL2:out' (JACK)>"
        assert not port.is_there
        port.close()
        with pytest.raises(PortError, match="several MIDI inputs; say which: 'nanoKONTROL2:out', 'LPD8:out'") as error:
            midi.open_input(system="jack")
        one_line(error)
        with pytest.raises(PortError, match="several MIDI inputs named like 'OUT'; say which"):
            midi.open_input("OUT", system="jack")
        with pytest.raises(PortError, match="no MIDI input named 'nanocontroll2'; did you mean nanoKONTROL2:out"):
            midi.open_input("nanocontroll2", system="jack")


def test_the_only_port_needs_no_name(server):
    with Controller("LPD8"), midi.open_input(system="jack") as port:
        assert port.name == "LPD8:out"


def test_stamps_are_of_the_arrival(server):
    with Controller("LPD8") as controller, midi.open_input("lpd8") as port:
        controller.reach(port)
        controller.play([(i * 0.01, bytes((0xB0, 1, i))) for i in range(20)])
        sent = controller.sent()
        give_up = time.monotonic() + 30
        got = []
        while len(got) < 20 and time.monotonic() < give_up:
            got += port.arrived()
        now = time.monotonic()
    assert [arrival.data for arrival in got] == [bytes((0xB0, 1, i)) for i in range(20)]
    seconds = [arrival.seconds for arrival in got]
    assert seconds == sorted(seconds) and seconds[-1] <= now
    assert all(one <= arrival for one, arrival in zip(sent, seconds, strict=True))


def test_an_output_sends_to_an_input_and_a_virtual_port_is_one(server):
    with midi.open_input("my knobs", virtual=True, system="jack") as port:
        with midi.open_output("my knobs", system="jack") as output:
            time.sleep(0.2)  # JACK connects at its next cycle
            output.send(b"\xb0\x07\x40")
            output.send([0xC0, 3])
            give_up, got = time.monotonic() + 30, []
            while len(got) < 2 and time.monotonic() < give_up:
                got += port.arrived()
        assert [arrival.data for arrival in got] == [b"\xb0\x07\x40", b"\xc0\x03"]
        assert port.is_there


def test_what_nobody_asks_for_is_let_go(server, monkeypatch):
    monkeypatch.setattr(ports_module, "MOST_WAITING", 100)
    with Controller("LPD8") as controller, midi.open_input("lpd8") as port:
        controller.reach(port)
        controller.play([(i * 1e-3, bytes((0xB0, 1, i % 128))) for i in range(250)])
        controller.sent()
        give_up = time.monotonic() + 30
        while port.lost < 150 and time.monotonic() < give_up:
            time.sleep(0.01)
        got = port.arrived()
    assert len(got) == 100 and port.lost == 150
    assert got[-1].data[2] == 249 % 128


def test_the_command_lists_ports(server, tmp_path):
    with Controller("nanoKONTROL2"):
        done = wetdry("midi", cwd=tmp_path)
    assert done.returncode == 0 and "nanoKONTROL2:out" in done.stdout and "JACK" in done.stdout


SERVER_ENDS = """
import os
from pathlib import Path
from jack_server import Controller, jack_server
from wetdry import midi

for _ in range(2):
    with jack_server(f"wetdry-ends-{os.getpid()}"), Controller("LPD8"):
        port = midi.open_input("lpd8")
    assert port.arrived() == []
    port.close()
print("goes on")
for left in Path("/dev/shm").glob(f"jack_sem.*_wetdry-ends-{os.getpid()}_*"):  # by a port that outlives its server
    left.unlink()
"""


def test_a_server_that_ends_takes_nobody_along():
    jackd_or_skip()
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(here.parent)}
    done = subprocess.run([sys.executable, "-c", SERVER_ENDS], cwd=here, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "goes on\n"), done.stderr


CLOSED_IN_A_FLOOD = """
import gc, sys, time
from wetdry import midi

print("ready", flush=True)
sys.stdin.readline()
heard = 0
for how in ("closed", "forgotten") * 4:
    port = midi.open_input("LPD8", system="jack")
    time.sleep(0.05)
    heard += len(port.arrived())
    if how == "closed":
        port.close()
    del port
    gc.collect()
last = midi.open_input("LPD8", system="jack")  # and one is left open at the end
time.sleep(0.05)
print("went on" if heard else "heard nothing")
"""


def test_ports_end_while_messages_pour_in(server):
    with Controller("LPD8") as controller:
        command = [sys.executable, "-c", CLOSED_IN_A_FLOOD]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            controller.play([(i * 5e-4, bytes((0xB0, 1, i % 128))) for i in range(4000)])
            said, _ = process.communicate("go\n", timeout=100)
        assert (process.returncode, said) == (0, "went on\n")
