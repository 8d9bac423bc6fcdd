"""A recorded amp end to end: ZamTube into a cabinet, late and cut short, through the command line; what is refused."""

import json
import re

import numpy as np
import pytest
import soundfile
from amp_files import bring, loudspeaker
from command import refused, wetdry
from installed_plugins import installed
from recorded_gear import RATE, device, guitar, write
from scipy.signal import oaconvolve

from wetdry import NeuralEffect, amp, load_plugin
from wetdry.host.amp.judging import Kept
from wetdry.host.amp.making import judged_of
from wetdry.models import load
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import FileProblem, InvalidValue, TrainingError, UnknownName
from wetdry.models.metrics import esr

pytest.importorskip("lightning")
DELAY = 1234.0
QUICK = ("--model", "dense", "--epochs", "0.02")


def tube(dry):
    plugin = load_plugin(installed("ZamTube"))
    plugin.parameters["tube_drive"].value = 8.0
    return plugin(dry, RATE)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return (folder of the files, what the command printed): a run in runs/my_amp."""
    place = tmp_path_factory.mktemp("amp")
    bring(place, delay=DELAY, amp=tube)
    done = wetdry("amp", "clean.wav", "amp.wav", "cab_ir.wav", "--out", "runs/my_amp", "--whole", *QUICK, cwd=place)
    assert done.returncode == 0, done.stderr
    return place, done.stdout


def test_what_is_said(run):
    place, said = run
    assert "amp.wav: 48000 Hz, stereo, mixed to mono, 15.5 s" in said
    assert "amp.wav: begins 25.7" in said and "inverted" in said
    late = float(re.search(r"after clean.wav \(([+-][\d.]+) samples\)", said)[1])
    assert late == pytest.approx(DELAY, abs=0.5)
    assert "ends 1.5" in said and "it holds the amp and the cabinet" in said
    for row in ("the amp, then", "both in one net", "no amp"):
        assert row in said
    result = json.loads((place / "runs/my_amp/amp.json").read_text())
    assert result["holds"]["cabinet"] and [row["name"] for row in result["judged"]] == ["separated", "whole", "clean"]
    assert result["training"]["separated"]["steps"] > 0 and len(result["files"]) == 7


def test_what_was_kept_lies_where_the_amp_answered(run):
    """The kept target is ZamTube through the cabinet, computed here, at its own place; its ESR is what is reported."""
    place, _ = run
    out = place / "runs" / "my_amp"
    clean, rate = soundfile.read(place / "clean.wav", dtype="float32")
    through = 0.75 * oaconvolve(tube(clean), loudspeaker())[: len(clean)]  # 0.75: the mean of both channels
    kept = Kept.of(CaptureFolder.open(out / "capture"))
    taken_out = json.loads((out / "capture" / "capture.json").read_text())["checks"]["takes"][0]["taken_out_samples"]
    left = DELAY - taken_out
    assert 0 < left < 3 and kept.first > 0.85 * 15 * RATE
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(2 * len(through)) * left)
    wanted = np.fft.irfft(np.fft.rfft(through, 2 * len(through)) * turns)[kept.first :][: len(kept.target)]
    assert esr(wanted, kept.target) < 1e-5
    np.testing.assert_array_equal(kept.clean, clean[: len(kept.clean)])
    heard, rate = soundfile.read(out / "modeled_amp_with_cab.wav", dtype="float32")
    assert rate == RATE and len(heard) == len(clean)
    model = load(out / "amp.safetensors")
    played = oaconvolve(NeuralEffect(model)(clean, RATE), loudspeaker())[: len(clean)]
    assert np.abs(played - heard).max() < 1e-5 * np.abs(played).max()
    reported = model.certificate["recorded_amp"]["figures"]["esr"]
    assert reported == pytest.approx(esr(kept.target, played[kept.first :][: len(kept.target)].astype(np.float32)), rel=1e-3)
    assert model.training["cabinet"]["name"] == "cab_ir.wav"
    assert "cabinet" not in load(out / "whole.safetensors").training


def test_the_page_holds_all_pictures_and_players(run):
    place, _ = run
    page = (place / "runs/my_amp/report.html").read_text()
    for name in ("waveforms", "spectra", "cabinet", "transfer", "filters"):
        assert f'<h2 id="{name}">' in page
    assert page.count("<svg") >= 7 and "http://" not in page.replace("http://www.w3.org", "")
    for track in ("dry", "target", "twin", "whole", "residual"):
        assert f'data-name="{track}"' in page
    assert "What was done to the files" in page and "both in one net" in page


def test_the_same_again_goes_on_from_what_is_there(run):
    """As after a kill behind the training: nothing is captured or trained anew, and the answers are the same."""
    place, _ = run
    out = place / "runs" / "my_amp"
    before = load(out / "amp.safetensors").weights
    captured = (out / "capture" / "capture.json").stat().st_mtime_ns
    for name in ("amp.safetensors", "amp.json", "report.html", "modeled_amp_with_cab.wav"):
        (out / name).unlink()
    stages = []
    made = amp(place / "clean.wav", place / "amp.wav", place / "cab_ir.wav", out, whole=True, model="dense", epochs=0.02,
               progress=lambda stage, *_: stages.append(stage))  # fmt: skip
    assert (out / "capture" / "capture.json").stat().st_mtime_ns == captured and not stages
    assert all(np.array_equal(before[name], weights) for name, weights in made.model.weights.items())
    assert (out / "modeled_amp_with_cab.wav").is_file() and (out / "report.html").is_file()
    assert judged_of(made, "separated").figures["esr"] > 0
    with pytest.raises(InvalidValue, match="'other' was not judged"):
        judged_of(made, "other")
    with pytest.raises(TrainingError, match="another learning_rate"):
        amp(place / "clean.wav", place / "amp.wav", place / "cab_ir.wav", out, model="dense", epochs=0.02, learning_rate=0.1)


def test_an_amp_without_its_cabinet_in_the_recording(tmp_path):
    """The amp is learned from the recording itself, and judged through the cabinet."""
    files = bring(tmp_path, through=False)
    told = []
    made = amp(
        *files, tmp_path / "run", model="dense", epochs=0.02, say=told.append, progress=lambda stage, *_: told.append(stage)
    )
    assert tuple(told[told.index("recordings") + 1 : told.index("the amp")])[-len(made.said) - len(made.warnings) :] == (
        *made.said, *(f"warning: {warning}" for warning in made.warnings))  # fmt: skip
    assert not made.holds.cabinet and "cabinet" not in made.model.training
    alone, heard = (CaptureFolder.open(tmp_path / "run" / name) for name in ("capture_amp", "capture"))
    take = alone.takes[0]
    wanted = oaconvolve(alone.read_wet(take), loudspeaker())[: take.frames]
    assert esr(wanted, heard.read_wet(heard.takes[0])[: take.frames]) < 1e-6
    assert alone.record.checks["takes"][0]["taken_out_samples"] == heard.record.checks["takes"][0]["taken_out_samples"]


def test_what_is_wrong_is_named(tmp_path):
    clean, recorded, cabinet = bring(tmp_path, seconds=8.0)
    write(tmp_path / "silent.wav", np.zeros(6 * RATE))
    write(tmp_path / "noise.wav", oaconvolve(0.1 * np.random.default_rng(0).standard_normal(8 * RATE), loudspeaker()))
    write(tmp_path / "long.wav", 0.1 * np.ones(6 * RATE))
    write(tmp_path / "short.wav", guitar(4.0)[: 3 * RATE])
    out = tmp_path / "run"
    for files, options, message in (
        ((tmp_path / "no.wav", recorded, cabinet), {}, "no audio file at .*no.wav"),
        ((clean, tmp_path / "silent.wav", cabinet), {}, "silent.wav is silent"),
        ((clean, tmp_path / "short.wav", cabinet), {}, "short.wav lasts 3.0 s, 5 s are needed"),
        ((clean, tmp_path / "noise.wav", cabinet), {"amp_holds": "both"}, "noise.wav against .*clean.wav: it does not follow"),
        ((clean, recorded, tmp_path / "long.wav"), {}, "long.wav lasts 6.0 s, 5 s are allowed"),
        ((clean, recorded, tmp_path / "silent.wav"), {}, "6.0 s, 5 s are allowed"),
        ((clean, recorded, cabinet), {"amp_holds": "head"}, "amp_holds = 'head' is not one of auto, amp, both"),
        ((clean, recorded, cabinet), {"model": "tnc-300"}, "tcn-300"),
        ((clean, recorded, cabinet), {}, "is too short to keep a part"),
    ):
        with pytest.raises((FileProblem, InvalidValue, UnknownName), match=message):
            amp(*files, out, **options)
    assert not list(out.rglob("*.safetensors"))


def test_the_command_says_it_in_one_line(tmp_path):
    bring(tmp_path, seconds=8.0, amp=device)
    done = wetdry("amp", "clean.wav", "amp.wav", "cab.wav", "--out", "run", cwd=tmp_path)
    refused(done, "no audio file at cab.wav")
