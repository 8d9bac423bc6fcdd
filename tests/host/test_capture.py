import filecmp
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from wetdry import Chain, TubeSaturator
from wetdry.host.capture import capture, plugin_process, progress, rendering
from wetdry.host.capture.checks import lead_samples
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import CaptureError, FileProblem, InvalidType, InvalidValue, UnknownName
from wetdry.models.files import write_wav

RATE = 48_000
SMALL = {"settings": 5, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 8.0, "unseen": 1}


@pytest.fixture(scope="module")
def saturator_folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("capture") / "saturator"
    return capture(TubeSaturator(), ["drive_db", "bias"], out, **SMALL)


def same_files(first: Path, second: Path) -> None:
    """Assert that two captures are the same to the byte, progress notes (speed, lock) apart."""
    files = {str(f.relative_to(first)) for f in first.rglob("*") if f.is_file()}
    assert files == {str(f.relative_to(second)) for f in second.rglob("*") if f.is_file()}
    compared = [f for f in files if not f.endswith(("speed.json", "lock"))]
    assert filecmp.cmpfiles(first, second, compared, shallow=False)[1:] == ([], [])


def test_the_takes_are_what_the_effect_plays(saturator_folder):
    folder = saturator_folder
    assert [k.name for k in folder.record.knobs] == ["drive_db", "bias"]
    assert len(folder.takes_of("train")) == 5 and len(folder.takes_of("validation")) == 1
    assert [t.replicate_of for t in folder.takes if t.replicate_of is not None] == [0, 5]
    assert folder.record.checks["replicate_esr"] == 0 and folder.record.checks["clean"]
    for take in folder.takes:
        effect = TubeSaturator(**take.values)
        lead = np.zeros(lead_samples(folder.record.checks["tail_seconds"], RATE), np.float32)
        expected = effect(np.concatenate([lead, folder.read_dry(take)]), RATE)[len(lead) :]
        assert np.array_equal(folder.read_wet(take), expected)
        assert take.raw == {k.name: k.to_raw(take.values[k.name]) for k in folder.record.knobs}
        assert abs(take.peak_dbfs - 20 * np.log10(np.abs(expected).max())) < 0.01


def test_the_first_settings_are_the_corners_and_the_splits_share_nothing(saturator_folder):
    folder = saturator_folder
    train = [tuple(t.raw.values()) for t in folder.takes_of("train")]
    assert {(0.0, 0.0), (0.0, 1.0)} & set(train)
    validation = [tuple(t.raw.values()) for t in folder.takes_of("validation")]
    assert not set(train) & set(validation)
    by_split = {s: [d.file_name for d in folder.dry_of(s)] for s in ("train", "validation", "test")}
    assert all(by_split.values())
    assert {t.dry_file_name for t in folder.takes_of("train")} <= set(by_split["train"])
    assert {t.dry_file_name for t in folder.takes_of("validation")} <= set(by_split["validation"])


def test_running_again_changes_nothing_and_renders_nothing(saturator_folder, monkeypatch):
    monkeypatch.setattr(rendering, "_crew", lambda *a: pytest.fail("rendered again"))
    before = (saturator_folder.path / "metadata.csv").read_bytes()
    again = capture(TubeSaturator(), ["drive_db", "bias"], saturator_folder.path, **SMALL)
    assert again == saturator_folder and (again.path / "metadata.csv").read_bytes() == before


def test_a_damaged_or_missing_take_is_rendered_again_to_the_same_bytes(saturator_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(saturator_folder.path, copy)
    wet = copy / "wet/take_0002.wav"
    wet.write_bytes(wet.read_bytes()[:-4000])
    (copy / "wet/take_0004.wav").unlink()
    (copy / "wet/.take_0003.wav.x.part").write_bytes(b"half")
    next((copy / "dry").iterdir()).unlink()
    (copy / "capture.json").unlink()
    capture(TubeSaturator(), ["drive_db", "bias"], copy, **SMALL)
    same_files(saturator_folder.path, copy)


def test_another_capture_in_the_same_folder_is_refused_and_says_what_differs(saturator_folder):
    with pytest.raises(CaptureError, match=r"seconds_per_take \(1 there, 2 now\)"):
        capture(TubeSaturator(), ["drive_db", "bias"], saturator_folder.path, **{**SMALL, "seconds_per_take": 2.0})
    with pytest.raises(CaptureError, match="knobs"):
        capture(TubeSaturator(), ["drive_db"], saturator_folder.path, **SMALL)


def test_zamtube_is_captured_aligned_and_repeats_to_the_bit(zamtube, tmp_path):
    ranges = {"tube_drive": (2.0, 8.0)}
    folder = capture(zamtube, ranges, tmp_path / "zam", **{**SMALL, "settings": 2})
    assert folder.record.latency == {"reported": 0, "measured": 0, "fractional": 0.0, "polarity": -1, "steady": True}
    assert folder.record.checks["replicate_esr"] == 0 and folder.record.checks["clean"]
    assert folder.record.knobs[0].minimum == 2.0 and folder.record.knobs[0].maximum == 8.0
    assert len(folder.record.identity["sha256"]) == 64 and folder.record.identity["manufacturer"] == "Damien Zammit"
    assert any("net hears" in w for w in folder.record.warnings)
    assert any("8 s of dry audio" in w for w in folder.record.warnings)
    loud = [t for t in folder.takes_of("train") if t.values["tube_drive"] == 2.0]
    assert loud and loud[0].raw["tube_drive"] == 0.0


def test_a_native_plugin_and_a_chain_go_through_the_same_code(tmp_path):
    pedalboard = pytest.importorskip("pedalboard")
    native = pedalboard.Distortion()
    few = {**SMALL, "settings": 1}
    folder = capture(native, {"drive_db": (0.0, 30.0)}, tmp_path / "native", **few)
    take = folder.takes[0]
    expected = pedalboard.Distortion(drive_db=take.values["drive_db"])(folder.read_dry(take), RATE)
    assert np.abs(folder.read_wet(take) - expected).max() < 1e-6
    with pytest.raises(InvalidValue, match="range of drive_db is not known"):
        capture(native, ["drive_db"], tmp_path / "no", **few)
    chain = Chain([TubeSaturator(drive_db=3), pedalboard.HighpassFilter(100)])
    folder = capture(chain, ["bias"], tmp_path / "chain", **few)
    assert folder.record.target["kind"] == "chain"
    take = folder.takes[0]
    again = Chain([TubeSaturator(drive_db=3, **take.values), pedalboard.HighpassFilter(100)])
    assert np.abs(folder.read_wet(take) - again(folder.read_dry(take), RATE)).max() < 1e-3  # one starts after silence


def test_dry_recordings_are_split_whole_and_resampled(tmp_path):
    dry = tmp_path / "dry"
    dry.mkdir()
    for i, rate in enumerate([48000, 44100, 48000, 22050, 48000]):
        tone = np.sin(np.arange(2 * rate) * 2 * np.pi * 220 * (i + 1) / rate)
        soundfile.write(dry / f"{i}.wav", np.stack([tone, tone], 1) * 0.3, rate)
    folder = capture(TubeSaturator(), ["drive_db"], tmp_path / "out", dry=dry, **{**SMALL, "unseen": 2})
    splits = [d.split for d in folder.record.dry]
    assert sorted(splits) == ["test", "test", "train", "train", "validation"]
    assert all(abs(d.frames - 2 * RATE) <= 1 for d in folder.record.dry)
    with pytest.raises(InvalidValue, match=r"nobody\.wav"):
        capture(TubeSaturator(), ["drive_db"], tmp_path / "out2", dry=dry, **{**SMALL, "unseen": ["nobody.wav"]})


def test_bad_input_is_one_line_and_leaves_no_folder(tmp_path):
    (tmp_path / "text.wav").write_text("not audio")
    write_wav(tmp_path / "empty.wav", np.zeros(0, np.float32), RATE)
    write_wav(tmp_path / "nan.wav", np.full(RATE * 2, np.nan, np.float32), RATE)
    cases = [("text.wav", FileProblem, "cannot be read as audio"), ("empty.wav", InvalidValue, "0 samples"),
             ("nan.wav", InvalidValue, "not finite"), ("none.wav", FileProblem, "no dry recording")]  # fmt: skip
    for name, kind, words in cases:
        with pytest.raises(kind, match=words) as caught:
            capture(TubeSaturator(), ["drive_db"], tmp_path / "out", dry=tmp_path / name, **SMALL)
        assert "\n" not in str(caught.value)
    with pytest.raises(UnknownName, match="did you mean drive_db"):
        capture(TubeSaturator(), ["drvie_db"], tmp_path / "out", **SMALL)
    with pytest.raises(InvalidType):
        capture(3, ["drive_db"], tmp_path / "out", **SMALL)
    with pytest.raises(InvalidValue):
        capture(TubeSaturator(), {"drive_db": (5, 500)}, tmp_path / "out", **SMALL)
    assert not (tmp_path / "out").exists()
    with pytest.raises(FileProblem):
        capture(TubeSaturator(), ["drive_db"], tmp_path / "text.wav" / "out", **SMALL)


def treat(monkeypatch, number, how, times):
    """Do `how` to the process that plays take `number`, as soon as it was asked for it, the first so many times."""
    real, treated = plugin_process.PluginProcess._send, []

    def send(self, message):
        real(self, message)
        if message.get("number") == number and len(treated) < times:
            treated.append(self)
            how(self.child)

    monkeypatch.setattr(plugin_process.PluginProcess, "_send", send)
    return treated


def segfault(child):
    child.send_signal(signal.SIGSEGV)


def test_a_worker_that_dies_is_replaced_and_one_that_keeps_dying_ends_the_capture(tmp_path, monkeypatch, saturator_folder):
    treated = treat(monkeypatch, 0, segfault, times=1)
    capture(TubeSaturator(), ["drive_db", "bias"], tmp_path / "once", **SMALL)
    assert treated
    same_files(saturator_folder.path, tmp_path / "once")
    monkeypatch.undo()
    treat(monkeypatch, "checks", segfault, times=99)
    with pytest.raises(
        CaptureError, match=r"(crashed or hung twice over the checks|die at start-up) \(killed by SIGSEGV"
    ) as caught:
        capture(TubeSaturator(), ["drive_db", "bias"], tmp_path / "ever", **SMALL)
    assert "\n" not in str(caught.value)


def test_a_worker_that_others_kill_again_and_again_costs_the_takes_it_was_at(tmp_path, monkeypatch, saturator_folder):
    """Short of memory, a system kills what it finds: no fault of the take, which is played again, and again."""
    treated = treat(monkeypatch, 2, lambda child: child.kill(), times=4)
    capture(TubeSaturator(), ["drive_db", "bias"], tmp_path / "out", **SMALL)
    assert len(treated) == 4
    same_files(saturator_folder.path, tmp_path / "out")


def test_a_worker_that_hangs_is_killed_and_replaced(tmp_path, monkeypatch, saturator_folder):
    stopped = treat(monkeypatch, 3, lambda child: child.send_signal(signal.SIGSTOP), times=1)
    capture(TubeSaturator(), ["drive_db", "bias"], tmp_path / "out", **SMALL, take_timeout=4.0)
    assert stopped
    same_files(saturator_folder.path, tmp_path / "out")


def test_two_captures_do_not_write_into_one_folder(tmp_path):
    with progress.locked(tmp_path), pytest.raises(CaptureError, match="another capture is writing"):
        capture(TubeSaturator(), ["drive_db"], tmp_path, **SMALL)


def test_a_full_disk_ends_the_capture_with_one_line_and_no_half_file(tmp_path):
    code = (
        "import resource, signal, sys; from wetdry import TubeSaturator; from wetdry.host.capture import capture\n"
        "from wetdry.models.errors import FileProblem\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
        f"try: capture(TubeSaturator(), ['drive_db'], {str(tmp_path / 'out')!r}, **{SMALL!r})\n"
        "except FileProblem as error: print('told', error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("told cannot write") and done.stdout.count("\n") == 1, done.stderr
    assert not [f for f in (tmp_path / "out").rglob("*") if f.suffix in (".wav", ".part", ".tmp")]


@pytest.mark.slow
def test_killed_at_any_moment_it_completes_to_the_same_bytes(zamtube, tmp_path):
    arguments = {**SMALL, "settings": 8, "seconds_per_take": 2.0, "workers": 2}
    whole = tmp_path / "whole"
    capture(zamtube, ["tube_drive", "treble"], whole, **arguments)
    killed = tmp_path / "killed"
    call = f"capture({str(zamtube)!r}, ['tube_drive', 'treble'], {str(killed)!r}, **{arguments!r})"
    code = f"from wetdry.host.capture import capture; {call}"
    rng = np.random.default_rng(0)
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit, seen = time.monotonic() + 30, len(list(killed.glob("wet/*.wav")))
        while len(list(killed.glob("wet/*.wav"))) < seen + 2 and child.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0, 0.2)))
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not (killed / "capture.json").exists() or child.returncode == 0
    time.sleep(0.5)  # the orphaned workers see their input end, and go
    folder = capture(zamtube, ["tube_drive", "treble"], killed, **arguments)
    same_files(whole, killed)
    assert CaptureFolder.open(killed).data_hash == folder.data_hash


def test_the_folder_reads_as_an_audio_folder(saturator_folder):
    import csv

    with (saturator_folder.path / "metadata.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert all((saturator_folder.path / r["file_name"]).is_file() for r in rows)
    info = soundfile.info(saturator_folder.path / rows[0]["file_name"])
    assert (info.subtype, info.samplerate, info.channels) == ("FLOAT", RATE, 1)
    speed = json.loads((saturator_folder.path / ".progress/speed.json").read_text())
    assert 0 < speed["efficiency"] <= 1
