"""Gestures in a capture folder: written, read back, ignored by training, refused where broken."""

import json
from dataclasses import replace

import numpy as np
import pytest
from test_dataset import make_folder

from wetdry.models.dataset import CaptureFolder
from wetdry.models.dataset_gestures import GESTURES_NAME, Gesture, write_gestures
from wetdry.models.errors import CaptureError
from wetdry.models.files import write_wav

CURVES = {"drive": {"points": [[0.0, 6.0], [0.002, 12.0]]}, "mode": {"points": [[0.0, "soft"]], "shape": "hold"}}


def folder_with_gesture(path):
    make_folder(path)
    course = np.linspace(6, 12, 200, dtype=np.float32)
    sha256 = write_wav(path / "wet/gesture_0000.wav", course * 0.01, 48000)
    for i, audio in enumerate((course, np.zeros(200, np.float32))):
        write_wav(path / f"wet/gesture_0000_knob{i}.wav", audio, 48000)
    given = {name: f"wet/gesture_0000_knob{i}.wav" for i, name in enumerate(CURVES)}
    gesture = Gesture("wet/gesture_0000.wav", "dry/000_riff.wav", 100, 200, {"drive": 6.0, "mode": "soft", "dc": 0.25},
                      {"drive": "ramp", "mode": "step"}, CURVES, given, peak_dbfs=-20.0, sha256=sha256)  # fmt: skip
    write_gestures(path, [gesture])
    return gesture, course


def test_what_is_written_is_read_back(tmp_path):
    make_folder(tmp_path / "old")
    gesture, course = folder_with_gesture(tmp_path / "new")
    old, new = CaptureFolder.open(tmp_path / "old"), CaptureFolder.open(tmp_path / "new")
    assert old.gestures == () and new.gestures == (gesture,)
    assert new.data_hash == old.data_hash and new.takes == old.takes
    assert np.array_equal(new.read_wet(gesture), course * np.float32(0.01))
    assert np.array_equal(new.read_dry(gesture), new.read_dry(new.takes[0]))
    assert np.array_equal(new.read_knob(gesture, "drive"), course)
    assert np.array_equal(new.read_knob(gesture, "dc"), np.full(200, 0.25, np.float32))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file_name": "../out.wav"}, r"gestures\[0\]\.file_name: .*leaves the folder"),
        ({"given": {"drive": "/etc/passwd", "mode": "x.wav"}}, r"gestures\[0\]\.given: .*leaves the folder"),
        ({"dry_file_name": "dry/none.wav"}, r"dry_file_name: .*not among the dry recordings"),
        ({"frames": 10_000}, r"frames: 10000 from 100 do not fit"),
        ({"frames": True}, r"frames: True is not of type int"),
        ({"values": {"drive": 6.0}}, r"values: one is needed of each of drive, mode, dc"),
        ({"values": {"drive": 60.0, "mode": "soft", "dc": 0.0}}, r"values\.drive: .*out of range"),
        ({"curves": {"drive": {}, "treble": {}}}, r"kinds: names drive, mode"),
        ({"curves": {"drive": 1, "mode": {}}}, r"curves: each is a mapping"),
    ],
)
def test_a_broken_row_is_named(tmp_path, change, words):
    gesture, _ = folder_with_gesture(tmp_path)
    write_gestures(tmp_path, [replace(gesture, **change)])
    with pytest.raises(CaptureError, match=words) as caught:
        CaptureFolder.open(tmp_path)
    assert str(tmp_path / GESTURES_NAME) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[", "[]", "{}", json.dumps({"format_version": 1, "gestures": [{"frames": 3}]}), "\xff"])
def test_a_broken_file_is_one_line(tmp_path, text):
    folder_with_gesture(tmp_path)
    (tmp_path / GESTURES_NAME).write_bytes(text.encode("latin1"))
    with pytest.raises(CaptureError, match=GESTURES_NAME) as caught:
        CaptureFolder.open(tmp_path)
    assert "\n" not in str(caught.value)
