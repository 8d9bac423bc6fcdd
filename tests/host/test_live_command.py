"""`wetdry live` as a user meets it: without a screen, on a terminal with keys pressed, ended by a kill, soaked."""

import codecs
import json
import os
import re
import select
import signal
import struct
import subprocess
import time

import numpy as np
import pytest
import soundfile
from command import WETDRY, refused, wetdry

from wetdry import TubeSaturator
from wetdry.host.cli.live import duration
from wetdry.models.errors import InvalidValue

fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

ENVIRONMENT = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": "1", "PYTHONUTF8": "1"}


class Terminal:
    """A terminal of 110 columns and 36 lines with a command in it."""

    def __init__(self, *arguments, cwd):
        self._master, there = os.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 110, 0, 0))
        environment = {name: value for name, value in ENVIRONMENT.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen([*WETDRY, *arguments], cwd=cwd, stdin=there, stdout=there, stderr=there,
                                        env=environment, start_new_session=True)  # fmt: skip
        os.close(there)
        self.shown, self._decoder = "", codecs.getincrementaldecoder("utf-8")("replace")

    def press(self, keys):
        self.shown = ""
        os.write(self._master, keys.encode())

    def until(self, *words, seconds=90):
        ends = time.monotonic() + seconds
        while not all(word in self.plain for word in words):
            assert time.monotonic() < ends, (words, self.plain[-3000:])
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    self.shown += self._decoder.decode(os.read(self._master, 1 << 16))
                except OSError:  # the other end has gone
                    assert all(word in self.plain for word in words), (words, self.plain[-3000:])

    @property
    def plain(self):
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


def test_a_screen_with_knobs_that_turn_and_a_recording(tmp_path):
    terminal = Terminal("live", "TubeSaturator", "--set", "drive_db=12", "--device", "clock", cwd=tmp_path)
    try:
        terminal.until("TubeSaturator", "▸ drive_db", "12 dB", "missed", "latency", "q quit")
        terminal.press("\x1b[1;2C")
        terminal.until("16.8 dB")  # a tenth of its 48 dB more
        terminal.press("bmt")
        terminal.until("BYPASS", "MUTE", "tuner  ")
        terminal.press("bmr")
        terminal.until("● wetdry-")
        terminal.press("\x1b[Bl")
        terminal.until("move its control")
        terminal.press("p")
        terminal.until("preset ")
        terminal.press("q")
        terminal.until("played", "missed", "latency")
        assert terminal.process.wait(30) == 0
    finally:
        terminal.close()
    wet, dry = sorted(tmp_path.glob("wetdry-*.wav"), key=lambda path: "_dry" in path.name)
    assert soundfile.info(wet).frames == soundfile.info(dry).frames > 0


def test_without_a_screen_it_records_and_a_kill_ends_it_in_order(tmp_path):
    command = [*WETDRY, "live", "TubeSaturator", "--device", "clock", "--no-screen", "--record", "take.wav"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env={**ENVIRONMENT, "COLUMNS": "200"})  # fmt: skip
    assert process.stdout.readline().startswith("TubeSaturator at 48000 Hz")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "recorded: take.wav" in said
    assert "missed" in said
    wet, _ = soundfile.read(tmp_path / "take.wav", dtype="float32")
    dry, _ = soundfile.read(tmp_path / "take_dry.wav", dtype="float32")
    assert len(wet) == len(dry) > 0
    assert np.abs(wet).max() > 0
    assert np.abs(dry).max() > 0


def test_a_soak_counts_what_it_says(tmp_path):
    done = wetdry("live", "TubeSaturator", "--device", "clock", "--soak", "5s", "--json", "soak.json", cwd=tmp_path)
    found = json.loads((tmp_path / "soak.json").read_text())
    assert done.returncode == (1 if found["problems"] else 0), done.stderr
    assert found["changes"] == 500
    assert 100 < found["moves"] <= 500
    assert found["lost"] == found["bad_samples"] == found["allocations"] == 0
    before, after = found["delay_samples"]
    delays = {before, after}
    assert delays <= {64 + TubeSaturator().latency_samples, None}  # None: a starved machine played too little without a gap
    for word in (
        "TubeSaturator at 48000 Hz, blocks of 64, through no sound card",
        "500 control changes",
        "0 times",
        "drift         " if None in delays else f"drift         0 samples ({before} samples",
        "per million",
        "seed 0",
    ):
        assert word in done.stdout, word


def test_the_deadlines_of_this_machine(tmp_path):
    done = wetdry("bench", "--live", "Gain", "--device", "clock", "--block", "256", "--seconds", 0.4, "--json", "live.json",
                  cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("of a", "million", "p99.9", "busy", "Gain at 48000 Hz", "seed 0", "numba"):
        assert word in done.stdout, word
    cells = json.loads((tmp_path / "live.json").read_text())["cells"]
    assert [(cell["block"], cell["busy"]) for cell in cells] == [(256, False), (256, True)]
    for cell in cells:
        assert 0 < cell["blocks"] <= 1.5 * 0.4 * 48000 / cell["block"] + 1
        assert 0 < cell["p50_ms"] <= cell["p99_ms"] <= cell["p999_ms"] <= cell["worst_ms"]


def test_how_long_a_soak_is_written():
    assert [duration(text) for text in ("10m", "90s", "1.5h", "45")] == [600, 90, 5400, 45]
    for wrong in ("10x", "", "m", "ten"):
        with pytest.raises(InvalidValue, match="10m, 90s or 1h"):
            duration(wrong)


def test_what_cannot_be_played_is_one_line(tmp_path):
    refused(wetdry("live", "TubeSaturatr", "--device", "clock", cwd=tmp_path), "TubeSaturator")
    refused(wetdry("live", cwd=tmp_path), "say what plays", "wetdry rig")
    refused(wetdry("live", "Gain", "--record", "take.flac", "--device", "clock", cwd=tmp_path), "take.flac", ".wav")
