"""Evaluation: figures against direct ones, resuming, refusals, and a chain around the place."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from saturator_capture import KNOBS, RATE, pluck, random_twin, write_capture

from wetdry.effects import NeuralEffect, TubeSaturator
from wetdry.host.chain import Chain
from wetdry.host.evaluation import METRICS, Evaluation, evaluate
from wetdry.host.evaluation.bench import Bench
from wetdry.host.evaluation.settings import Setting, draw_settings, nearest_capture
from wetdry.host.evaluation.summary import grade, summarise, verdict
from wetdry.host.mix import Mix
from wetdry.host.place import Late, Place
from wetdry.models import metrics
from wetdry.models.errors import CaptureError, FileProblem, InvalidType, InvalidValue, WetdryError
from wetdry.models.parameter import Parameter


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    return write_capture(tmp_path_factory.mktemp("capture"), seconds=1.2, warnings=("dry audio: 0.02 minutes, under 3",))


@pytest.fixture(scope="module")
def twin(capture):
    return random_twin(capture)


@pytest.fixture(scope="module")
def run(capture, twin, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    twin.save(out / "clone.safetensors")
    calls = []
    found = evaluate(
        out / "clone.safetensors", capture.path, out, settings=3, corners=False, workers=0, progress=lambda *a: calls.append(a)
    )
    return found, out, calls


def test_every_cell_is_there_and_saved(run):
    found, out, calls = run
    assert len(found.cells) == 3 * 2
    assert [(c["setting"], c["recording"]) for c in found.cells] == [(s, r) for s in range(3) for r in range(2)]
    assert [c["cell"] for c in found.cells] == list(range(6))
    assert {m.key for m in METRICS} <= set(found.cells[0]["twin"])
    assert calls[0][:3] == ("evaluate", 0, 6) and calls[-1][:3] == ("evaluate", 6, 6)
    again = Evaluation.load(out)
    assert again == found
    assert json.loads((out / "evaluation.json").read_text())["verdict"] == found.verdict
    rows = list(csv.DictReader((out / "evaluation.csv").open()))
    assert len(rows) == 6
    assert float(rows[2]["twin.esr"]) == found.cells[2]["twin"]["esr"]
    assert float(rows[2]["raw.drive_db"]) == found.settings[1]["raw"]["drive_db"]
    assert int(rows[2]["nearest_setting"]) == found.settings[1]["nearest"]


def test_a_cell_says_what_a_direct_comparison_says(run, capture, twin):
    found, _, _ = run
    cell = found.cells[3]
    values = found.settings[cell["setting"]]["values"]
    dry = capture.read_dry(capture.dry_of("test")[cell["recording"]])
    target = TubeSaturator(**values)(dry, RATE)
    heard = NeuralEffect(twin, **values)(dry, RATE)
    nearest = TubeSaturator(**found.settings[cell["setting"]]["nearest_values"])(dry, RATE)
    # what went before is silence in the cell, nothing here: the net's own offset settles
    assert cell["twin"]["esr"] == pytest.approx(metrics.esr(target, heard), rel=0.05)
    assert cell["dry"]["esr"] == pytest.approx(metrics.esr(target, dry), rel=1e-4)
    assert cell["nearest"]["esr"] == pytest.approx(metrics.esr(target, nearest), rel=1e-4)
    assert [c["replicate_esr"] for c in found.cells] == [0, None] * 3  # one recording a setting is rendered twice


def test_the_certificate_is_short_plain_and_goes_into_a_file(run, twin, tmp_path):
    from dataclasses import replace

    from wetdry.models import load

    found, _, _ = run
    certificate = found.certificate()
    assert certificate["cells"] == 6 and certificate["seed"] == 0
    assert certificate["esr"]["median"] == found.summary["twin"]["esr"]["median"]
    assert len(json.dumps(certificate)) < 4000
    replace(twin, certificate=certificate).save(tmp_path / "clone.safetensors")
    assert load(tmp_path / "clone.safetensors").certificate == certificate


def test_the_clips_are_target_twin_and_their_difference(run):
    import soundfile

    found, out, _ = run
    assert [c["why"] for c in found.clips] == ["worst", "median", "best"]
    for clip in found.clips:
        tracks = {name: soundfile.read(out / file, dtype="float32")[0] for name, file in clip["files"].items()}
        assert {t.size for t in tracks.values()} == {clip["frames"]}
        assert np.array_equal(tracks["residual"], tracks["target"] - tracks["twin"])
        assert metrics.esr(tracks["target"], tracks["twin"]) == pytest.approx(clip["esr"])


def test_probes_and_speed(run):
    found, _, _ = run
    assert found.speed["target"] > 0 and found.speed["twin"] > 0
    for probe in found.probes:
        out = probe["target"]["output_dbfs"]
        assert len(out) == len(probe["levels_dbfs"]) == 21
        assert out == sorted(out)  # a saturator's curve rises
        assert len(probe["aliasing"]) == 9


def test_an_equal_twin_scores_nought_and_beats_the_nearest(capture):
    dry = [pluck(1.0, seed=3)]
    bench = Bench(TubeSaturator(), TubeSaturator(), dry, RATE, 4800)
    settings = draw_settings(capture.record.knobs, capture.takes, 3, 0)
    cells = [{"cell": s.index, **bench.cells(s)[0]} for s in settings]
    summary = summarise(cells, [bench.probe(settings[0])])
    assert summary["twin"]["esr"]["worst"] == 0
    assert summary["twin"]["mushra"]["median"] == 100
    assert summary["beats_nearest"]["won"] == summary["beats_nearest"]["cells"] > 0
    assert summary["aliasing_db"]["worst"] == 0
    assert grade(summary) == "Excellent"
    assert verdict(summary, {"twin": 12.3}).endswith("12 x real time.")


def test_latency_left_over_is_taken_out():
    from wetdry.host.capture.target import Target

    target = Target(TubeSaturator(), RATE)
    dry = pluck(0.5)
    plain, shifted = target.play(dry, 480), target.play(dry, 480, 32)
    assert np.array_equal(plain[32:], shifted[:-32])


def test_settings_are_seeded_unseen_and_measured_to_the_nearest(capture):
    knobs = capture.record.knobs
    settings = draw_settings(knobs, capture.takes, 16, 0)
    assert settings == draw_settings(knobs, capture.takes, 16, 0)
    assert [s.raw for s in settings[:16]] != [s.raw for s in draw_settings(knobs, capture.takes, 16, 1)[:16]]
    assert [s.kind for s in settings] == ["drawn"] * 16 + ["corner"] * 4
    for name in KNOBS:  # one in each sixteenth of every knob
        assert sorted(int(s.raw[name] * 16) for s in settings[:16]) == list(range(16))
    corner = next(s for s in settings if s.kind == "corner" and set(s.raw.values()) == {0.0})
    assert corner.distance == 0 and corner.nearest == 3
    for s in settings:
        gaps = [max(abs(t.raw[n] - s.raw[n]) for n in KNOBS) for t in capture.takes]
        assert s.distance == pytest.approx(min(gaps))
    assert nearest_capture({"a": 0.5}, {4: {"a": 0.4}, 2: {"a": 0.9}}) == (4, pytest.approx(0.1))


def test_many_knobs_visit_sixteen_corners_and_none_one_setting(capture):
    knobs = [Parameter(f"k{i}") for i in range(6)]
    settings = draw_settings(knobs, [], 2, 0)
    assert len({tuple(s.raw.values()) for s in settings}) == 2 + 16
    assert len(draw_settings([], [], 16, 0)) == 1


def test_a_finished_evaluation_is_not_run_again(run, capture, monkeypatch):
    found, out, _ = run
    monkeypatch.setattr(Bench, "cells", None)
    monkeypatch.setattr(Bench, "probe", None)
    assert evaluate(out / "clone.safetensors", capture, out, settings=3, corners=False, workers=0).cells == found.cells


def test_a_torn_journal_goes_on_where_it_was(run, capture, monkeypatch, tmp_path):
    found, out, _ = run
    lines = (out / "cells.jsonl").read_bytes().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if b'"cells 0"' in line)
    (tmp_path / "cells.jsonl").write_bytes(b"".join(lines[: first + 1]) + lines[first + 1][:40])
    visited, cells = [], Bench.cells
    monkeypatch.setattr(Bench, "cells", lambda self, setting: visited.append(setting.index) or cells(self, setting))
    again = evaluate(out / "clone.safetensors", capture, tmp_path, settings=3, corners=False, workers=0)
    assert visited == [1, 2]
    assert again.cells == found.cells


def test_another_twin_starts_over(run, capture, tmp_path):
    found, out, _ = run
    (tmp_path / "cells.jsonl").write_bytes((out / "cells.jsonl").read_bytes())
    other = evaluate(random_twin(capture, seed=1), capture, tmp_path, settings=3, corners=False, workers=0)
    assert other.cells[0]["twin"]["esr"] != found.cells[0]["twin"]["esr"]


def test_at_a_place_the_twin_is_judged_alone_and_at_the_output(capture, twin, tmp_path):
    quieter, louder = TubeSaturator(drive_db=0, output_db=-12), TubeSaturator(drive_db=30)
    chain = Chain([quieter, TubeSaturator(), louder])
    found = evaluate(twin, capture, tmp_path, settings=1, corners=False, chain=chain, place=1, workers=0)
    dry = capture.read_dry(capture.dry_of("test")[0])
    values = found.settings[0]["values"]
    arrives = quieter(dry, RATE)
    target = TubeSaturator(**values)(arrives, RATE)
    cell = found.cells[0]
    assert cell["dry"]["esr"] == pytest.approx(metrics.esr(target, arrives), rel=1e-4)
    there, bypassed = louder(target, RATE), louder(arrives, RATE)
    assert cell["there"]["dry"]["esr"] == pytest.approx(metrics.esr(there, bypassed), rel=1e-3)
    heard = louder(NeuralEffect(twin, **values)(arrives, RATE), RATE)
    assert cell["there"]["twin"]["esr"] == pytest.approx(metrics.esr(there, heard), rel=0.05)
    assert cell["there"]["twin"]["esr"] != pytest.approx(cell["twin"]["esr"], rel=0.05)
    assert found.certificate()["there"]["esr"]["median"] == found.summary["there"]["twin"]["esr"]["median"]
    assert found.place == {"name": 1, "of": "chain", "captured_there": False}
    assert "in its place, at the output" in found.verdict
    row = next(csv.DictReader((tmp_path / "evaluation.csv").open()))
    assert float(row["there.twin.esr"]) == cell["there"]["twin"]["esr"]


def test_a_lent_chain_is_given_back_as_it_was(capture, twin, tmp_path):
    class Wire:  # has no recipe, so that the user's own chain is played
        def reset(self):
            pass

        def process(self, input_array, sample_rate, buffer_size=8192, reset=True):
            return input_array.copy()

    chain = Chain([Wire(), TubeSaturator(), None])
    before = list(chain)
    found = evaluate(twin, capture, tmp_path, settings=1, corners=False, chain=chain, place=1, seconds=0.5)
    assert list(chain) == before
    assert found.cells[0]["there"]["twin"]["esr"] == pytest.approx(found.cells[0]["twin"]["esr"], rel=1e-3)


def test_beside_a_parallel_path_the_twin_is_as_late_as_the_target():
    """A target that is late and does not say so combs with the dry path; a twin that is right combs alike."""
    late = Late(5)
    mix = Mix([None, late])
    bench = Bench(late, Chain(), [pluck(0.5)], RATE, 480, 5, Place(mix, 1))
    setting = Setting(0, "drawn", {}, {}, 0, {}, 0.0)
    cell = bench.cells(setting)[0]
    assert cell["twin"]["esr"] == 0
    assert cell["there"]["twin"]["esr"] == 0
    bench.close()
    assert mix[1] is late


def test_refusals_say_what_is_wrong(capture, twin, tmp_path):
    from dataclasses import replace

    def refused(kind, match, *arguments, **options):
        with pytest.raises(kind, match=match):
            evaluate(*arguments, **{"workers": 0, **options})
        assert not (tmp_path / "out").exists()

    out = tmp_path / "out"
    refused(FileProblem, "cannot read", tmp_path / "no.safetensors", capture, out)
    refused(InvalidType, "twin is a Model", 3, capture, out)
    refused(CaptureError, "capture.json", twin, tmp_path / "nothing", out)
    refused(InvalidValue, "settings = -1", twin, capture, out, settings=-1)
    refused(InvalidType, "settings is a whole number", twin, capture, out, settings=2.5)
    refused(InvalidValue, "seconds = 0", twin, capture, out, seconds=0)
    refused(InvalidValue, "leave nothing", twin, capture, out, settings=0, corners=False)
    refused(InvalidValue, "place = 2", twin, capture, out, chain=Chain([TubeSaturator()]), place=2)
    other = replace(capture, record=replace(capture.record, sample_rate=44100))
    refused(WetdryError, "48000 Hz, the capture's 44100 Hz", twin, other, out)
    other = replace(capture, record=replace(capture.record, knobs=capture.record.knobs[:1]))
    refused(WetdryError, "has the knobs", twin, other, out)


@pytest.mark.slow
def test_a_bridged_plugin_against_itself(zamtube, tmp_path):
    """ZamTube's twin is ZamTube: the bench must find no difference, whatever was rendered before."""
    from wetdry.host.plugins import load_plugin

    plugins = [load_plugin(zamtube) for _ in range(2)]
    knob = plugins[0].parameters["tube_drive"].parameter
    bench = Bench(plugins[0], plugins[1], [pluck(1.0)], RATE, RATE)
    takes = write_capture(Path(tmp_path), seconds=1.0).takes[:0]
    for setting in draw_settings([knob], takes, 2, 0):
        row = bench.cells(setting)[0]
        assert row["twin"]["esr"] < 1e-10
        assert row["replicate_esr"] < 1e-10
        assert row["dry"]["esr"] > 0.01
