import json
import subprocess
import sys

import numpy as np
import pytest

from wetdry.models import Parameter
from wetdry.models.dataset import CaptureFolder, CaptureRecord, DryRecording, Take, read_mono
from wetdry.models.dataset_writing import write_record, write_takes
from wetdry.models.errors import CaptureError, FileProblem
from wetdry.models.files import write_wav

KNOBS = (Parameter("drive", "dB", 0.0, 24.0, 6.0), Parameter("mode", choices=("soft", "hard"), default="soft"), Parameter("dc"))


def make_folder(path):
    dry = np.random.default_rng(0).standard_normal(480).astype(np.float32)
    digest = write_wav(path / "dry/000_riff.wav", dry, 48000)
    record = CaptureRecord(target={"kind": "effect"}, identity={"name": "x"}, sample_rate=48000.0, knobs=KNOBS, seed=3,
                           dry=(DryRecording("dry/000_riff.wav", "riff.wav", digest, 480, "train"),))  # fmt: skip
    takes = []
    for i, split in enumerate(("train", "validation", "train")):
        wet = write_wav(path / f"wet/take_{i:04d}.wav", dry[100:300] * 0.5, 48000)
        takes.append(Take(f"wet/take_{i:04d}.wav", "dry/000_riff.wav", 100, 200, i, split,
                          {"drive": 12.5, "mode": "hard", "dc": 0.25},
                          {"drive": 12.5 / 24, "mode": 1.0, "dc": 0.25}, 0 if i == 2 else None,
                          peak_dbfs=float("-inf"), sha256=wet, dry_sha256=digest))  # fmt: skip
    write_record(path, record)
    write_takes(path, KNOBS, takes)
    return record, tuple(takes), dry


def test_what_is_written_is_read_back(tmp_path):
    record, takes, dry = make_folder(tmp_path)
    folder = CaptureFolder.open(tmp_path)
    assert folder.record == record
    assert folder.takes == takes
    assert folder.takes[1].number == 1
    assert [t.number for t in folder.takes_of("train")] == [0]
    assert [t.number for t in folder.takes_of("train", replicates=True)] == [0, 2]
    np.testing.assert_array_equal(folder.read_dry(takes[0]), dry[100:300])
    np.testing.assert_array_equal(folder.read_wet(takes[0]), dry[100:300] * np.float32(0.5))
    np.testing.assert_array_equal(folder.raw_of(takes[0]), np.float32([12.5 / 24, 1, 0.25]))
    assert len(folder.read_dry(folder.dry_of("train")[0])) == 480


def test_the_hash_follows_what_training_sees(tmp_path):
    _, takes, _ = make_folder(tmp_path)
    before = CaptureFolder.open(tmp_path).data_hash
    write_takes(tmp_path, KNOBS, reversed(takes))
    assert CaptureFolder.open(tmp_path).data_hash == before
    write_takes(tmp_path, KNOBS, takes[:2])
    assert CaptureFolder.open(tmp_path).data_hash != before


@pytest.mark.parametrize(("field", "value", "message"), [
    ("sample_rate", "48000", "sample_rate"), ("channels", 2, "mono"), ("seed", None, "seed"),
    ("format_version", 9, "format_version"),
    ("knobs", [{"name": "a", "minimum": 3.0, "maximum": 1.0}], "not below maximum"), ("knobs", [3], "knob"),
    ("dry", [{"file_name": "../x.wav", "source": "", "sha256": "", "frames": 1, "split": "train"}], r"dry\[0\].file_name"),
    ("dry", [{"file_name": "x.wav", "source": "", "sha256": "", "frames": 1, "split": "dev"}], r"dry\[0\].split"),
    ("surprise", 1, "surprise"),
])  # fmt: skip
def test_a_broken_record_names_its_field(tmp_path, field, value, message):
    make_folder(tmp_path)
    path = tmp_path / "capture.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(CaptureError, match=message) as caught:
        CaptureFolder.open(tmp_path)
    assert "capture.json" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(("old", "new", "message"), [
    (",100,200,", ",400,200,", "row 2: column frames"), (",100,200,", ",x,200,", "row 2: column dry_start"),
    ("dry/000", "dry/001", "row 2: column dry_file_name"), ("wet/take_0000", "/etc/take_0000", "row 2: column file_name"),
    (",train,", ",test,", "row 2: column split"), (",hard,", ",loud,", "row 2: column mode"),
    ("raw.drive", "draw", "raw.drive: missing"),
    ("12.5,hard,0.25,0.52", "12.5,hard,0.25,7.52", "row 2: column raw.drive"), ("take_0001", "take_0000", "two rows"),
    (",False,", ",no,", "row 2: column silent"), (",hard,", ",", "row 2: has another number of cells"),
])  # fmt: skip
def test_a_broken_row_names_its_column(tmp_path, old, new, message):
    make_folder(tmp_path)
    path = tmp_path / "metadata.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(CaptureError, match=message):
        CaptureFolder.open(tmp_path)


def test_a_missing_or_wrong_file_is_named(tmp_path):
    with pytest.raises(CaptureError, match=r"capture\.json: No such file"):
        CaptureFolder.open(tmp_path)
    write_wav(tmp_path / "a.wav", np.zeros(10), 44100)
    for frames, rate, message in ((10, 48000, "44100 Hz"), (11, 44100, "has 10 samples")):
        with pytest.raises(FileProblem, match=message):
            read_mono(tmp_path / "a.wav", rate, 0, frames)
    write_wav(tmp_path / "nan.wav", np.array([0, np.nan]), 44100)
    with pytest.raises(FileProblem, match="not finite"):
        read_mono(tmp_path / "nan.wav", 44100)
    (tmp_path / "b.wav").write_text("no audio")
    with pytest.raises(FileProblem, match="cannot be read as audio"):
        read_mono(tmp_path / "b.wav", 48000)
    with pytest.raises(FileProblem, match=r"c\.wav: no such file; evaluate it again"):
        read_mono(tmp_path / "c.wav", 48000, again="evaluate")
    write_wav(tmp_path / "empty.wav", np.zeros(0), 48000)
    with pytest.raises(FileProblem, match="has 0 samples"):
        read_mono(tmp_path / "empty.wav", 48000)
    with pytest.raises(FileProblem, match="cannot write"):
        write_wav(tmp_path / "b.wav" / "c.wav", np.zeros(4), 48000)


def test_knob_named_like_a_column_keeps_both(tmp_path):
    knob = Parameter("frames")
    digest = write_wav(tmp_path / "d.wav", np.zeros(9), 8000)
    write_record(tmp_path, CaptureRecord({}, {}, 8000.0, (knob,), 0, (DryRecording("d.wav", "d.wav", digest, 9, "train"),)))
    take = Take("wet/take_0000.wav", "d.wav", 0, 9, 0, "train", {"frames": 0.5}, {"frames": 0.5})
    write_takes(tmp_path, (knob,), [take])
    assert CaptureFolder.open(tmp_path).takes == (take,)


def test_the_format_needs_no_torch():
    code = "import sys, wetdry.models.dataset, wetdry.models.dataset_reading; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
