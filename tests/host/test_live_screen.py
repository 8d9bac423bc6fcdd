"""What the live screen draws of plain data, and which keys a terminal sends."""

import os
from dataclasses import replace

import numpy as np
import pytest

from wetdry.host.live.screen.bars import meter, needle, slider, spectrum
from wetdry.host.live.screen.drawing import drawn
from wetdry.host.live.screen.facts import Deadlines, Knob, Level, Snapshot
from wetdry.host.live.screen.keys import Keys, split_keys
from wetdry.host.live.screen.spectrum import band_levels_db, share_of
from wetdry.host.live.screen.tuner import Pitch

KNOBS = tuple(Knob(f"knob_{i}", f"{i} dB", i / 40, "cc 74 ch 1" if i == 3 else "") for i in range(40))
FULL = Snapshot(
    name="crunch.yaml",
    place="48 kHz, blocks of 64",
    seconds=83,
    incoming=Level(-12.34, -18.3),
    outgoing=Level(0.2, -9, clips=17, bad=2, clips_now=True),
    bypassed=True,
    muted=True,
    knobs=KNOBS,
    chosen=3,
    deadlines=Deadlines(1234567, 12, 0.123, 0.31, 0.56, 1.33),
    latency_ms=(("input", 2.0), ("blocks", 1.33), ("effects", 0.0), ("output", 0.5)),
    spectra=np.column_stack([np.linspace(-90, 0, 110), np.linspace(0, -90, 110)]),
    tuning=True,
    pitch=Pitch(82.6, "E2", 4.05, 0.98),
    recording="take.wav 0:12",
    preset="Lead",
    workers=("ZamTube: 10.7 ms behind",),
    notices=("no real-time scheduling",),
    lost="the card is unplugged",
    notes=True,
)


def text(snapshot, width=110, height=36):
    return [line.plain for line in drawn(snapshot, width, height)]


def test_the_screen_says_all_there_is():
    screen = "\n".join(text(FULL))
    for said in ("crunch.yaml", "48 kHz, blocks of 64", "1:23", "preset Lead", "● take.wav 0:12", "BYPASS", "MUTE", " -18.3 dB",
                 "-12.3", "CLIP 17", "NaN 2", "load 12%", "missed 12 of 1,234,567", "p99.9 0.31, worst 0.56 of 1.33 ms",
                 "latency 3.83 ms = input 2.00 + blocks 1.33 + output 0.50", "worker   ZamTube", "E2", "+4.0 cents",
                 "▸ knob_3", "3 dB", "cc 74 ch 1", "! no real-time scheduling", "! the card is unplugged",
                 "1-0 notes", "q quit", "1k"):  # fmt: skip
        assert said in screen, said
    assert "effects" not in screen  # what adds no delay is not told


def test_what_is_not_so_is_not_shown():
    screen = "\n".join(text(Snapshot(name="a wire")))
    for word in ("CLIP", "NaN", "BYPASS", "MUTE", "●", "play a string", "worker", "  preset Lead", "!", "notes"):
        assert word not in screen, word
    assert "-inf" in screen


@pytest.mark.parametrize("height", [1, 4, 9, 12, 17, 24, 50])
@pytest.mark.parametrize("width", [30, 61, 80, 200])
def test_the_screen_fits_and_keeps_the_chosen_knob(width, height):
    for chosen in (0, 20, 39):
        lines = text(replace(FULL, chosen=chosen), width, height)
        assert len(lines) <= height
        assert all(len(line) <= width for line in lines)
        if height >= 12:
            assert any(line.startswith(f"▸ knob_{chosen}") for line in lines)
        if height > 1:
            assert lines[-1].startswith("↑↓ choose")


def test_a_knob_that_learns_says_so():
    line = next(line for line in text(replace(FULL, learning="knob_3")) if "knob_3" in line and "▸" in line)
    assert "move its control" in line
    assert "cc 74" not in line


def test_marks_are_bright_while_they_are_new():
    def style(now):
        line = drawn(replace(FULL, outgoing=Level(0, 0, clips=3, clips_now=now)), 110, 30)[2]
        at = line.plain.index("CLIP")
        return next(span.style for span in line.spans if span.start <= at < span.end and "red" in str(span.style))

    assert style(True) != style(False)


def test_bars_are_as_long_as_what_they_show():
    assert meter(-np.inf, -np.inf, 20).plain == " " * 20
    assert meter(0, 0, 20).plain.count("█") == 19
    assert meter(0, 0, 20).plain[-1] == "┃"
    assert meter(-30, -30, 20).plain.rstrip() == "█" * 10 + "┃"
    assert slider(0, 9).plain == "●────────"
    assert slider(0.5, 9).plain == "━━━━●────"
    assert slider(1, 9).plain == "━━━━━━━━●"
    assert slider(None, 5).plain == "·····"
    assert needle(0, 21).plain.index("▲") == 10
    assert needle(-50, 21).plain.index("▲") == 0
    assert needle(49.9, 21).plain.index("▲") == 20
    rows = [row.plain for row in spectrum(np.array([-90.0, -45, 0, -np.inf]), 4, 4, "blue")]
    assert rows == ["  █ ", "  █ ", " ██ ", " ██ "]


@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
def test_a_sine_stands_in_its_band_at_its_level(rate):
    seconds = np.arange(8192) / rate
    for hz in (45.0, 100.0, 1000.0, 12345.0):
        heard = np.column_stack([0.5 * np.sin(2 * np.pi * hz * seconds), np.zeros(8192)])
        levels = band_levels_db(heard, rate)
        at = share_of(hz) * len(levels)
        loudest = int(np.argmax(levels[:, 0]))
        assert abs(loudest + 0.5 - at) <= (1 if hz >= 100 else 4)
        assert -8 <= levels[loudest, 0] <= -5.5
        assert levels[:, 1].max() == -200


def test_keys_are_told_apart_even_in_pieces():
    assert split_keys("b\x1b[A\x1b[B\x1bOC\x1b[Dq") == (["b", "up", "down", "right", "left", "q"], "")
    assert split_keys("\x1b[1;2Cm") == (["far right", "m"], "")
    assert split_keys("\x1b") == (["escape"], "")
    assert split_keys("\x1b[") == ([], "\x1b[")
    assert split_keys("\x1b[15~x") == (["x"], "")  # F5 is for nothing


def test_a_terminal_gives_keys_at_once_and_is_left_as_it_was():
    termios = pytest.importorskip("termios")
    master, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    with Keys(terminal) as keys:
        assert not termios.tcgetattr(terminal)[3] & termios.ICANON
        assert keys.pressed(0) == []
        os.write(master, b"t\x1b[")
        assert keys.pressed(1) == ["t"]
        os.write(master, b"A")
        assert keys.pressed(1) == ["up"]
    assert termios.tcgetattr(terminal) == before
    os.close(master)
    os.close(terminal)


def test_what_is_no_terminal_gives_no_keys(tmp_path):
    with (tmp_path / "keys").open("w+") as file, Keys(file.fileno()) as keys:
        assert not keys.listens
        assert keys.pressed(0) == []
