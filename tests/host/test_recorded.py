"""Recorded gear becomes an ordinary capture folder: what is cut, kept back, found out, refused; and judged."""

import json

import numpy as np
import pytest
import soxr
from command import wetdry
from recorded_gear import RATE, device, guitar, late, write, write_list

from wetdry.host.cli.recorded import training_capture
from wetdry.host.evaluation import evaluate
from wetdry.host.excitation import excitation
from wetdry.host.recorded import RecordedTake, capture_recordings
from wetdry.models import Model, load
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import CaptureError, FileProblem, InvalidType, InvalidValue
from wetdry.models.metrics import esr
from wetdry.models.spec import tcn

SETTINGS = [(0, 1000), (24, 4000), (36, 8000), (12, 2000), (18, 3000), (30, 6000)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six settings of one DI, recorded in one go: 123.4 samples late, inverted, one at another rate, one again."""
    place = tmp_path_factory.mktemp("recorded")
    dry = guitar(12.0)
    write(place / "di.wav", dry, subtype="PCM_24")
    rows = []
    for i, (drive, tone) in enumerate([*SETTINGS, SETTINGS[1]]):
        wet = -late(device(dry, drive, tone), 123.4, len(dry) + 500)
        wet += 1e-4 * np.random.default_rng(i).standard_normal(len(wet)).astype(np.float32)
        rate = 44100 if i == 2 else RATE
        name = f"wet{i}.{'flac' if i == 3 else 'wav'}"
        write(place / name, 0.5 * np.asarray(soxr.resample(wet, RATE, rate)), rate, "PCM_24")
        rows.append(f"di.wav, {name}, {drive}, {tone}")
    return capture_recordings(write_list(place, rows), place / "capture", knobs={"drive": (0.0, 40.0)})


def test_what_was_found(folder):
    found = folder.record.checks["takes"]
    assert [round(take["delay_samples"]) for take in found] == [123] * 7
    assert {take["polarity"] for take in found} == {-1} and len({take["taken_out_samples"] for take in found}) == 1
    assert found[2]["wet_rate"] == 44100
    assert folder.record.latency["measured"] in (122, 123) and folder.record.latency["steady"]
    assert 1e-9 < folder.record.checks["replicate_esr"] < 1e-4


def test_takes_answer_their_dry_signal(folder):
    left = 123.4 - folder.record.checks["takes"][0]["taken_out_samples"]
    assert 0 <= left < 1
    for take in folder.takes:
        drive, tone = take.values["drive"], take.values["tone"]
        wanted = -0.5 * late(device(folder.read_dry(take), drive, tone), left)
        assert esr(wanted[4800:], folder.read_wet(take)[4800:]) < 1e-3  # without what its filters still knew


def test_settings_and_ends_are_kept_back(folder):
    trained, validated = ({t.setting for t in folder.takes_of(split)} for split in ("train", "validation"))
    assert len(trained) == 5 and validated == set(range(6))
    (held,) = validated - trained
    assert SETTINGS[held] not in ((0, 1000), (36, 8000))  # an end of no knob's range
    repeats = [t for t in folder.takes if t.replicate_of is not None]
    assert [t.setting for t in repeats] == [1] * len(repeats) and repeats
    kept = folder.record.target["answers"]
    assert {a["setting"] for a in kept} == set(range(6)) and {a["setting"] for a in kept if a["held_back"]} == {held}
    parts = {d.split: d.frames for d in folder.record.dry}
    assert sum(parts.values()) == 12 * RATE and parts["train"] > 0.7 * 12 * RATE


def test_knobs_go_as_far_as_they_were_turned_or_as_told(folder):
    drive, tone = folder.record.knobs
    assert (drive.minimum, drive.maximum, tone.minimum, tone.maximum) == (0.0, 40.0, 1000.0, 8000.0)


def test_the_same_again_answers_at_once_and_another_is_refused(folder, tmp_path):
    place = folder.path.parent
    before = (folder.path / "capture.json").stat().st_mtime_ns
    capture_recordings(place / "takes.csv", folder.path, knobs={"drive": (0.0, 40.0)})
    assert (folder.path / "capture.json").stat().st_mtime_ns == before
    with pytest.raises(CaptureError, match="another capture"):
        capture_recordings([(place / "di.wav", place / "wet0.wav")], folder.path)


def test_evaluation_plays_what_was_kept(folder, tmp_path):
    spec = tcn(RATE, folder.record.knobs, channels=4, blocks=2, kernel_size=3, growth=8, hidden=(4,))
    random = np.random.default_rng(0)
    weights = {name: 0.3 * random.standard_normal(shape).astype(np.float32) for name, shape in spec.weight_shapes.items()}
    weights |= {name: np.abs(value) + np.float32(0.1) for name, value in weights.items() if name.endswith("variance")}
    found = evaluate(Model(spec, weights), folder, tmp_path)
    assert [s["kind"] for s in found.settings] == ["held back", *["captured"] * 5] and len(found.cells) == 6
    first = found.cells[0]
    assert first["distance"] > 0 and 0 < first["nearest"]["esr"] < first["dry"]["esr"]
    again = next(s["index"] for s in found.settings if s["values"]["drive"] == SETTINGS[1][0])
    floors = {cell["setting"]: cell["replicate_esr"] for cell in found.cells}
    assert 0 < floors.pop(again) < 1e-4 and set(floors.values()) == {None}  # one setting was recorded again
    assert found.probes == [] and found.speed is None and "6 unseen cells" in found.verdict
    with pytest.raises(InvalidValue, match="cannot be played in a chain"):
        evaluate(Model(spec, weights), folder, tmp_path, chain=[None])


def test_a_section_played_twice_gives_the_floor_and_stays_out_of_the_parts(tmp_path):
    dry = excitation(20.0, RATE, seed=9)
    noisy = device(dry) + 1e-3 * np.random.default_rng(0).standard_normal(len(dry)).astype(np.float32)
    write(tmp_path / "dry.wav", dry)
    write(tmp_path / "wet.wav", noisy)
    folder = capture_recordings([(tmp_path / "dry.wav", tmp_path / "wet.wav")], tmp_path / "capture", name="My pedal")
    power = float(np.mean(device(dry)[-RATE:] ** 2))
    assert folder.record.checks["replicate_esr"] == pytest.approx(2e-6 / power, rel=0.5)
    assert sum(d.frames for d in folder.record.dry) < 18.5 * RATE
    assert folder.record.identity["name"] == "My pedal" and folder.record.knobs == ()


def test_a_recording_that_was_cut_short_is_used_as_far_as_it_goes(tmp_path):
    dry = guitar()
    write(tmp_path / "dry.wav", dry)
    write(tmp_path / "wet.wav", late(device(dry), -800.3)[: 17 * RATE])
    folder = capture_recordings([(tmp_path / "dry.wav", tmp_path / "wet.wav")], tmp_path / "capture")
    assert any("answers 17.0 of 20.0 s" in warning for warning in folder.record.warnings)
    first = folder.takes[0]
    assert first.dry_start == 801 and esr(device(dry)[801:][: first.frames], folder.read_wet(first)) < 0.02


@pytest.mark.parametrize(
    ("head", "rows", "message"),
    [
        ("dry,wet", ["di.wav,missing.wav"], "no recording at .*missing.wav"),
        ("dry,drive", ["di.wav,3"], "no column 'wet'"),
        ("dry,wet,drive", ["di.wav,wet.wav"], "row 2 has another number of cells"),
        ("dry,wet,drive", ["di.wav,wet.wav,"], "row 2: drive is empty"),
        ("dry,wet,drive,drive", ["di.wav,wet.wav,1,2"], "two columns"),
        ("dry,wet,drive", [], "lists no recordings"),
        ("dry,wet,drive", ["di.wav,wet.wav,5", "di.wav,wet.wav,5"], "drive is 5 in every take"),
        ("dry,wet", ["di.wav,noise.wav"], "noise.wav against .*di.wav: it does not follow"),
        ("dry,wet", ["di.wav,silent.wav"], "silent.wav is silent"),
        ("dry,wet", ["di.wav,short.wav"], "short.wav lasts 3.0 s"),
        ("dry,wet", ["di.wav,wet.wav"], "wet.wav is too short to keep a part"),
        ("dry,wet", ["di.wav,text.wav"], "text.wav cannot be read as audio"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, head, rows, message):
    dry = guitar(8.0)
    write(tmp_path / "di.wav", dry)
    write(tmp_path / "wet.wav", device(dry))
    write(tmp_path / "short.wav", device(dry)[: 3 * RATE])
    write(tmp_path / "silent.wav", np.zeros(RATE))
    write(tmp_path / "noise.wav", 0.1 * np.random.default_rng(0).standard_normal(8 * RATE))
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises((FileProblem, InvalidValue), match=message):
        capture_recordings(write_list(tmp_path, rows, head), tmp_path / "capture")
    assert not (tmp_path / "capture" / "capture.json").exists()


def test_takes_in_python(tmp_path):
    with pytest.raises(InvalidType, match="a take is"):
        capture_recordings(["di.wav"], tmp_path)
    with pytest.raises(InvalidValue, match="give all to each"):
        capture_recordings([("a", "b", {"drive": 1}), ("a", "c")], tmp_path)
    with pytest.raises(FileProblem, match="no recording"):
        capture_recordings([RecordedTake(tmp_path / "a.wav", tmp_path / "b.wav")], tmp_path)


def test_a_folder_that_was_tampered_with_is_refused(folder, tmp_path):
    record = json.loads((folder.path / "capture.json").read_text())
    record["target"]["answers"][0]["file_name"] = "../../secret.wav"
    (tmp_path / "capture.json").write_text(json.dumps(record))
    (tmp_path / "metadata.csv").write_bytes((folder.path / "metadata.csv").read_bytes())
    spec = tcn(RATE, folder.record.knobs, channels=2, blocks=1, kernel_size=3, growth=8, hidden=(4,))
    weights = {name: np.ones(shape, np.float32) for name, shape in spec.weight_shapes.items()}
    with pytest.raises(CaptureError, match=r"answers\[0\].file_name"):
        evaluate(Model(spec, weights), CaptureFolder.open(tmp_path), tmp_path / "out")


def test_what_to_train_on_is_said_once(tmp_path):
    some = tmp_path / "some.wav"
    for given, message in (
        ((None, some, None, None, None), "--dry needs --wet"),
        ((None, None, some, None, None), "--wet needs --dry"),
        ((None, None, None, None, None), "give one of: a capture folder, --dry with --wet, --recordings"),
        ((tmp_path, None, None, some, None), "give one of"),
        ((tmp_path, None, None, None, "drive=0:1"), "--knobs gives the ranges of --recordings"),
    ):
        with pytest.raises(InvalidValue, match=message):
            training_capture(*given, tmp_path, print)
    assert training_capture(tmp_path, None, None, None, None, tmp_path, print) == tmp_path


def test_train_on_the_command_line(tmp_path):
    pytest.importorskip("lightning")
    dry = guitar(12.0)
    write(tmp_path / "di.wav", dry)
    write(tmp_path / "amp.wav", soxr.resample(-late(device(dry, 6.0), 123.4), RATE, 44100), 44100)
    done = wetdry(
        "train", "--dry", "di.wav", "--wet", "amp.wav", "--out", "run", "--model", "nam-nano", "--epochs", "0.1", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "amp.wav: 123" in done.stdout and "inverted, resampled from 44100 Hz" in done.stdout and "warning" in done.stdout
    assert load(tmp_path / "run" / "clone.safetensors").spec.knobs == ()
