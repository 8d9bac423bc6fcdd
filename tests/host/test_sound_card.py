"""The sound card: a JACK server without hardware is played through for real, starved, stopped, ended and begun again."""

import ctypes
import json
import os
import re
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command import refused, wetdry
from installed_programs import installed_program
from jack_server import PATIENCE_SECONDS, end, server_of_this_process

from wetdry import Chain, Gain, TubeSaturator
from wetdry.host.live.core import desk as d
from wetdry.host.live.core.ring import MISSED
from wetdry.host.live.engine import Engine
from wetdry.models.errors import DeviceError, InvalidValue, MissingExtra

pytest.importorskip("sounddevice")
RATE, PERIOD = 48000, 256
HELD_SECONDS = 0.5
ROOMY = 8192  # samples of delay: a starved test machine misses nothing
RECORDED_SECONDS = 2
COMPILE_SECONDS = 240  # a process that plays first on a machine compiles
SOURCE = """
import sys
import numpy as np
import sounddevice
random = np.random.default_rng(7)
def play(out, frames, *_):
    out[:] = 0.2 * random.standard_normal(out.shape)
with sounddevice.OutputStream(48000, channels=1, dtype="float32", callback=play):
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def card_class():
    server_of_this_process()
    from wetdry.host.live.cards.device import SoundCard

    return SoundCard


def board():
    return Chain([TubeSaturator(drive_db=18, oversampling=4), Gain(gain_db=-6)])


@contextmanager
def playing(card, processor, **options):
    """Play through the card; gives the engine."""
    engine = Engine(processor, card.sample_rate, 64, 1, card.inputs, card.outputs, **{"device_block": card.block, **options})
    engine.start()
    card.start(engine)
    try:
        yield engine
    finally:
        card.stop()
        engine.stop()


def ports():
    return subprocess.run([installed_program("jack_lsp")], capture_output=True, text=True).stdout.split()


def port_like(pattern):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        if found := [port for port in ports() if re.fullmatch(pattern, port)]:
            return found[-1]
        time.sleep(0.05)
    raise AssertionError(f"no port {pattern}: {ports()}")


def test_what_is_heard_is_the_offline_render_of_what_came_in_sample_by_sample(card_class, tmp_path):
    """Noise from another program goes in; both sides are recorded by a third."""
    connect, recorder = installed_program("jack_connect"), installed_program("jack_rec")
    card = card_class()
    assert (card.block, card.inputs, card.outputs) == (PERIOD, 2, 2) and "JACK" in card.name
    assert min(card.latency_ms) == pytest.approx(1e3 * PERIOD / RATE)
    with playing(card, board(), device_block=ROOMY) as engine, \
            subprocess.Popen([sys.executable, "-c", SOURCE], stdin=subprocess.PIPE) as source:  # fmt: skip
        try:
            dry, into, wet = port_like(r"PortAudio:out_\d"), port_like("wetdry-live:in_0"), port_like("wetdry-live:out_0")
            subprocess.run([connect, dry, into], check=True, capture_output=True)
            command = [recorder, "-f", "heard.wav", "-d", str(RECORDED_SECONDS), "-b", "24", dry, wet]
            subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        finally:
            source.communicate(timeout=PATIENCE_SECONDS)  # what it reads ends, and so does it
    assert not engine.output.header[MISSED]
    recorded, rate = soundfile.read(tmp_path / "heard.wav", dtype="float32")
    late, begun = engine.latency_samples, RATE // 4  # what came in before is in the filters
    expected = board()(np.ascontiguousarray(recorded[:, 0]), rate)
    assert np.abs(recorded[:, 0]).max() > 0.3
    np.testing.assert_allclose(recorded[late + begun :, 1], expected[begun : len(recorded) - late], atol=1e-6)


def test_the_callback_and_the_sound_go_on_while_python_stands_still(card_class):
    """C code that holds the interpreter's lock: no Python runs for half a second."""
    with playing(card_class(), board()) as engine:
        time.sleep(0.2)
        before = engine.desk[[d.CALLBACKS, d.BLOCKS]].copy()
        ctypes.PyDLL(None).usleep(int(1e6 * HELD_SECONDS))
        calls, blocks = engine.desk[[d.CALLBACKS, d.BLOCKS]] - before
    due = HELD_SECONDS * RATE / PERIOD
    assert calls > due / 2 and blocks > 4 * due / 2


def test_nothing_needs_to_come_in(card_class):
    card = card_class(False)
    assert card.inputs == 0
    with playing(card, board(), input_map=[-1]) as engine:
        time.sleep(0.1)
    assert engine.desk[d.CALLBACKS] > 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sample_rate": 44100}, ("44100 Hz", "it can 48000")),
        ({"input": "scarlett"}, ("no input named 'scarlett'", "known: system")),
        ({"output": 9}, ("output 9", "0: system")),
        ({"host": "ASIO"}, ("no sound system named 'ASIO'", "JACK")),
        ({"inputs": 3}, ("inputs: 3", "1 to 2")),
    ],
)
def test_what_cannot_be_is_one_line(card_class, wrong, words):
    with pytest.raises(DeviceError) as said:
        card_class(**wrong)
    assert "\n" not in str(said.value)
    for word in words:
        assert word in str(said.value)


def test_an_engine_of_another_rate_is_refused(card_class):
    card = card_class()
    with pytest.raises(InvalidValue, match="make it with the card's"):
        card.start(Engine(board(), 44100, 64, 1, card.inputs, card.outputs))


def test_a_busy_card_is_said_to_be_busy(card_class):
    """PortAudio's own errors, as ALSA and WASAPI cause them where another program holds the card."""
    import sounddevice

    way, codes = card_class()._way, sounddevice._lib
    errors = [sounddevice.PortAudioError("Device unavailable", codes.paDeviceUnavailable),
              sounddevice.PortAudioError("Unanticipated host error", codes.paUnanticipatedHostError,
                                         (0, -16, "Device or resource busy"))]  # fmt: skip
    for error in errors:
        assert re.fullmatch(r"system .* is busy: another program has it; [^\n]*", str(way.problem(error)))
    other = sounddevice.PortAudioError(
        "Unanticipated host error", codes.paUnanticipatedHostError, (0, -5, "Input/output error")
    )
    assert str(way.problem(other)).endswith("does not open: Input/output error")


def found(number, name, host, inputs, outputs, default=""):
    from wetdry.host.live.cards.sound_cards import FoundCard

    return FoundCard(number, name, host, inputs, outputs, RATE, default)


def test_the_card_that_is_meant():
    """As a Windows machine lists them: the same card through several systems."""
    from wetdry.host.live.cards.sound_cards import chosen

    cards = [
        found(0, "Microphone (Scarlett 2i2 USB)", "MME", 2, 0, "input"),
        found(1, "Speakers (Realtek)", "MME", 0, 2, "output"),
        found(2, "Microphone (Scarlett 2i2 USB)", "Windows WASAPI", 2, 0, "input"),
        found(3, "Speakers (Realtek)", "Windows WASAPI", 0, 2, "output"),
        found(4, "Speakers (Scarlett 2i2 USB)", "Windows WASAPI", 0, 2),
        found(5, "Focusrite USB ASIO", "ASIO", 2, 2),
    ]

    def numbers(*wanted, **options):
        heard, played = chosen(*wanted, every=cards, **options)
        return heard and heard.number, played.number

    assert numbers(None, None) == (2, 3)  # of the systems that have defaults, the one of the least delay
    assert numbers("scarlett", "scarlett") == (2, 4)
    assert numbers("focusrite", None) == (5, 5)  # one card, one clock
    assert numbers(None, "focusrite asio") == (5, 5)
    assert numbers("2", 4) == (2, 4)
    assert numbers(None, None, "mme") == (0, 1)
    assert numbers(None, "realtek", hears=False) == (None, 3)
    with pytest.raises(DeviceError, match=r"several outputs are named like 'speakers'; .* 3: .*, 4: "):
        numbers(None, "speakers")
    with pytest.raises(DeviceError, match="input 0 and output 3 are reached through different systems"):
        numbers(0, 3)
    with pytest.raises(DeviceError, match="no sound card here has an input"):
        chosen(None, None, every=cards[3:5])


def without_sound():
    return {**os.environ, "JACK_DEFAULT_SERVER": f"none-{uuid.uuid4().hex}"}


def said_by(code, **options):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=COMPILE_SECONDS, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ASK = "from wetdry.host.live.cards.device import SoundCard\ntry:\n SoundCard()\nexcept {}Error as error: print(error)"


def test_no_card_and_no_portaudio_are_one_line():
    line = said_by(f"from wetdry.models.errors import DeviceError\n{ASK.format('Device')}", env=without_sound())
    if line:  # this machine has a card otherwise
        assert line.startswith("no sound card is there (ALSA") and "--device clock" in line
    lacking = "import ctypes.util, sys\nctypes.util.find_library = lambda name: None\n"
    line = said_by(f"{lacking}from wetdry.models.errors import DeviceError\n{ASK.format('Device')}")
    assert "PortAudio" in line and "apt install libportaudio2" in line and "\n" not in line
    gone = "import sys\nsys.modules['sounddevice'] = None\n"
    assert "pip install 'wetdry[live]'" in said_by(f"{gone}{ASK.format('Import')}")
    assert issubclass(MissingExtra, ImportError)


ALSA = """
import json
from wetdry import Gain
from wetdry.host.live.core import desk as d
from wetdry.host.live.cards.device import SoundCard
from wetdry.host.live.engine import Engine
from wetdry.host.live.cards.sound_cards import found_cards
card = SoundCard("silent", real_time=False)  # nothing paces it: in real time it would take a core for itself
engine = Engine(Gain(), card.sample_rate, 64, 1, card.inputs, card.outputs, device_block=card.block)
engine.start()
card.start(engine)
while engine.desk[d.CALLBACKS] < 100 or not engine.desk[d.BLOCKS]:
    pass
SoundCard("silent")
before = engine.desk[d.CALLBACKS]
while engine.desk[d.CALLBACKS] < before + 100:
    pass
card.stop()
engine.stop()
print(json.dumps([card.name, card.block, card.latency_ms, [one.name for one in found_cards()]]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ALSA is Linux's")
def test_an_alsa_card_says_itself_how_much_it_asks_for(tmp_path):
    """ALSA's own card without hardware, which takes and gives as fast as it is called; two are opened one beside the other."""
    settings = tmp_path / "asound.conf"
    settings.write_text("pcm.silent { type null }\npcm.!default { type null }\n")
    name, block, latency_ms, names = json.loads(said_by(ALSA, env={**without_sound(), "ALSA_CONFIG_PATH": str(settings)}))
    assert name == "silent (ALSA)" and set(names) == {"silent", "default"}
    assert 16 <= block <= 4096 and all(0 < one < 100 for one in latency_ms)


@pytest.mark.skipif(sys.platform != "linux", reason="tried on Linux alone")
def test_a_thread_that_the_sound_system_began_is_scheduled_in_real_time_where_permitted():
    from wetdry.host.live.cards.callback_thread import PRIORITY, native_threads, schedule

    system, thread, before = ctypes.CDLL(None), ctypes.c_ulong(), native_threads()
    assert not system.pthread_create(ctypes.byref(thread), None, system.usleep, ctypes.c_void_p(int(0.5e6)))
    begun = threading.Thread(target=time.sleep, args=(0.3,))
    begun.start()
    (ours,) = native_threads() - before
    schedule([ours])
    try:
        os.sched_setscheduler(begun.native_id, os.SCHED_FIFO, os.sched_param(PRIORITY))
        permitted = True
    except PermissionError:
        permitted = False
    assert (os.sched_getscheduler(ours) == os.SCHED_FIFO) == permitted
    if permitted:
        assert os.sched_getparam(ours).sched_priority == PRIORITY
    begun.join()
    system.pthread_join(thread, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--rate", "44100"), ("does not play at 44100 Hz", "it can 48000")),
        (("--input", "scarlett"), ("no input named 'scarlett'",)),
    ],
)
def test_the_command_says_in_one_line_what_the_card_cannot(card_class, tmp_path, arguments, words):
    refused(wetdry("live", "TubeSaturator", "--no-screen", *arguments, cwd=tmp_path), *words)


def test_the_command_lists_cards_and_midi_ports(card_class, tmp_path):
    data = json.loads(wetdry("devices", "--json", cwd=tmp_path).stdout)
    (card,) = [one for one in data["audio"] if "JACK" in one["host"] and one["name"] == "system"]
    assert (card["inputs"], card["outputs"], card["sample_rate"], card["default"]) == (2, 2, RATE, "both")
    assert data["audio_problem"] is None and data["midi"] is not None
    done = subprocess.run([sys.executable, "-c", "from wetdry.host.cli import main; main()", "devices"], cwd=tmp_path,
                          env={**without_sound(), "COLUMNS": "200"}, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "MIDI" in done.stdout and ("audio" in done.stdout or "no sound card is there" in done.stdout)


def test_a_card_that_goes_is_looked_for_and_plays_again(tmp_path):
    """A server that is stuck, killed, begun anew under the same name, and stuck as the session ends; a process of its own."""
    installed_program("jackd")
    child = Path(__file__).with_name("sound_card_lost.py")
    process = subprocess.Popen([sys.executable, str(child)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    try:
        out, errors = process.communicate(timeout=COMPILE_SECONDS)
    finally:
        end(process)
    assert process.returncode == 0, (out, errors)
    told = json.loads(out.splitlines()[-1])
    lost, back = ("gone or silent; the session plays on", "is back")
    assert [(lost in line, back in line) for line in told["said"]] == [(True, False), (False, True)] * 2 + [(True, False)]
    assert told["lost"] == told["said"][0]
