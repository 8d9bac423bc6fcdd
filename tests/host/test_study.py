"""A whole study on short material: by the function, gone on with, and by the command with a real plugin."""

import csv
import json

import numpy as np
import pytest
import soundfile
from command import refused, wetdry
from installed_plugins import installed
from random_model import random_model

from wetdry import TubeSaturator
from wetdry.host.one_writer import only_writer
from wetdry.host.study import Study
from wetdry.host.study.study import study
from wetdry.host.study.trainings import Training, train_all
from wetdry.models import Parameter
from wetdry.models.errors import FileProblem, InvalidValue, TrainingError, UnknownName
from wetdry.models.metrics import esr
from wetdry.models.spec import wavenet

CAPTURING = {"unseen": 1, "excitation_seconds": 8.0}
QUICK = {"runs": 1, "block_sizes": (64, 512), "seconds": 0.5, "turn_seconds": 0.02, "capturing": CAPTURING}
KNOB = Parameter("drive_db", "dB", 0.0, 48.0, 12.0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study whose net nobody trained: what is looked at is not how well it learned."""
    out = tmp_path_factory.mktemp("study")
    reference, file = TubeSaturator(oversampling=1, drive_db=20.0), out / "net.safetensors"
    random_model(wavenet(48000.0, (KNOB,), channels=4, dilations=(1, 2, 4)), scale=0.4).save(file)
    rivals = ["numpy", str(file)]
    return out, study(reference, rivals, out=out, engines=["ours", "onnxruntime"], **QUICK), reference, rivals


def test_every_figure_is_there_and_on_disk(made):
    out, found, *_ = made
    assert Study.load(out) == found
    assert [e.name for e in found.entries] == [
        "TubeSaturator, kernels",
        "numpy",
        "net.safetensors, ours",
        "net.safetensors, onnxruntime",
    ]
    assert found.swept == "drive_db" and found.values["drive_db"] == 20.0 and len(found.settings) == 5
    for entry in found.entries:
        assert [c.buffer_size for c in entry.costs] == [64, 512] and entry.carrying.carries
        assert entry.quality.esr.count == 10 and len(entry.quality.thd) == 7 and entry.start.load_seconds.count == 1
        assert entry.call.compute_ns > 0 and (entry.weights is not None) == (entry.rival == "net.safetensors")
    reference, maths, net, elsewhere = found.entries
    assert reference.quality.esr.most == 0.0 and maths.quality.esr.most < 1e-9 < net.quality.esr.least
    assert net.quality.esr.mean == pytest.approx(elsewhere.quality.esr.mean, rel=1e-3)
    assert reference.costs[0].loop_ns_per_sample and not elsewhere.costs[0].loop_ns_per_sample
    assert net.file_bytes == (out / "nets/net.safetensors/model.safetensors").stat().st_size
    assert elsewhere.file_bytes == (out / "nets/net.safetensors/model.onnx").stat().st_size


def test_its_audio_is_what_each_plays(made):
    out, found, effect, _ = made
    dry, rate = soundfile.read(out / found.excerpt, dtype="float32")
    heard = {e.name: soundfile.read(out / e.audio, dtype="float32")[0] for e in found.entries}
    assert rate == 48000 and all(len(audio) == len(dry) for audio in heard.values())
    assert esr(effect.process(dry, rate), heard["TubeSaturator, kernels"]) < 1e-12
    assert esr(heard["TubeSaturator, kernels"], heard["net.safetensors, ours"]) > 1e-6


def test_it_goes_on_where_it_was_and_only_what_is_new_is_measured(made):
    out, found, reference, rivals = made
    journal = out / "measured.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])  # killed while it wrote the last figures
    before = lines[:-1]
    again = study(reference, rivals, out=out, engines=["ours", "onnxruntime"], **QUICK)
    after = journal.read_bytes().splitlines(keepends=True)
    assert after[: len(before)] == before and len(after) == len(lines)
    assert [e.quality for e in again.entries] == [e.quality for e in found.entries]
    assert [e.costs[0] for e in again.entries] == [e.costs[0] for e in found.entries]
    study(reference, ["numpy"], out=out, **QUICK)
    names = [json.loads(line)["name"].split()[0] for line in journal.read_bytes().splitlines()[len(after) :]]
    assert names == ["cost", "cost"]  # fewer take turns: all race again, none is heard again


def test_a_second_study_in_the_same_folder_is_foundin_one_line(made):
    out, _, reference, rivals = made
    journal = (out / "measured.jsonl").read_bytes()
    with (
        only_writer(out / ".lock", FileProblem("")),
        pytest.raises(FileProblem, match=r"another comparison is writing into .*--out"),
    ):
        study(reference, rivals, out=out, **{**QUICK, "runs": 2})
    assert (out / "measured.jsonl").read_bytes() == journal


def test_what_cannot_be_is_foundbefore_anything_long(tmp_path):
    out = tmp_path / "none"
    with pytest.raises(UnknownName, match="standrd"):
        study(TubeSaturator(), ["standrd"], out=out)
    with pytest.raises(InvalidValue, match="two at least"):
        study(TubeSaturator(), ["numpy"], out=out, block_sizes=(64,))
    with pytest.raises(InvalidValue, match="runs = 0"):
        study(TubeSaturator(), ["numpy"], out=out, runs=0)
    with pytest.raises(InvalidValue, match="seeds = 0"):
        study(TubeSaturator(), ["numpy"], out=out, seeds=0)
    with pytest.raises(InvalidValue, match=r"seconds = 0\.1"):
        study(TubeSaturator(), ["numpy"], out=out, seconds=0.1)
    assert not out.exists()


def test_the_command_sets_a_plugin_beside_its_rivals(tmp_path):
    plugin = installed("ZamTube")
    times = np.arange(3 * 48000) / 48000
    for i in range(4):
        tone = 0.4 * np.sin(2 * np.pi * 110 * (i + 1) * times) * np.exp(-3 * (times % 0.5))
        soundfile.write(tmp_path / f"take_{i}.wav", tone.astype(np.float32), 48000, subtype="FLOAT")
    done = wetdry("compare", plugin, "--rivals", "numpy,pedalboard.Distortion,dense", "--engines", "ours", "--minutes", 0.03,
                  "--seeds", 2, "--runs", 1, "--block", "64,512", "--settings", 2, "--seconds", 0.5, "--set", "tube_drive=8",
                  "--dry", tmp_path, "--out", "study", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for words in ("how close to ZamTube", "blocks of 64", "x real time over samples", "dense, ours", "numpy left out"):
        assert words in done.stdout, done.stdout
    found = Study.load(tmp_path / "study")
    assert [e.name for e in found.entries] == ["ZamTube, plugin", "Distortion, pedalboard", "dense, ours"]
    assert found.values["tube_drive"] == 8.0
    assert found.swept == "" and found.entries[0].quality.thd[-1].thd_percent > found.entries[0].quality.thd[0].thd_percent
    assert "--set tube_drive=8" in found.command and found.entries[0].quality.esr.mean < 1e-6
    with (tmp_path / "study" / "costs.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3 * 2
    (net,) = found.trained
    assert (net.rival, [run.seed for run in net.runs]) == ("dense", [0, 1]) and "nets over 2 seeds" in done.stdout
    first, second = (run.esr for run in net.runs)
    assert first == found.entries[2].quality.esr.mean != second
    assert net.esr.mean == pytest.approx((first + second) / 2, rel=1e-3) and net.esr.count == 2
    with (tmp_path / "study" / "seeds.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0", "1", "mean"] and float(rows[2]["esr_deviation"]) > 0
    assert (tmp_path / "study" / "nets" / "dense-seed-1" / "model.safetensors").is_file()


def test_a_training_that_fails_ends_the_study_in_one_line(tmp_path):
    lost = Training("dense", str(tmp_path / "none"), str(tmp_path / "out"), str(tmp_path / "m.safetensors"), {"seed": 3})
    with pytest.raises(TrainingError, match=r"dense seed 3: .*none") as found:
        train_all([lost], None)
    assert "\n" not in str(found.value)


def test_the_command_names_a_rival_that_is_none(tmp_path):
    refused(wetdry("compare", "TubeSaturator", "--rivals", "nump", "--out", "x", cwd=tmp_path), "nump", "numpy")
    assert not (tmp_path / "x").exists()
