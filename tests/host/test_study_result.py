import csv
import json
from dataclasses import astuple

import pytest
from study_data import BLOCKS, DRIVES, NAMES, drawn_study

from wetdry.host.study import Study
from wetdry.host.study.figures import Spread
from wetdry.models.errors import FileProblem, InvalidValue


def test_what_is_saved_comes_back_equal(tmp_path):
    study = drawn_study()
    study.save(tmp_path)
    saved = Study.load(tmp_path)
    assert Study.from_dict(json.loads(json.dumps(study.to_dict()))) == saved
    saved.save(tmp_path)
    assert Study.load(tmp_path) == saved
    assert [e.name for e in saved.entries] == [e.name for e in study.entries] and saved.settings == study.settings
    for read, had in zip(saved.entries, study.entries, strict=True):
        for cost, before in zip(read.costs, had.costs, strict=True):
            assert astuple(cost.p99_us) == pytest.approx(astuple(before.p99_us), rel=5e-5)
            assert cost.blocks == before.blocks and astuple(cost.p99_us) != astuple(before.p99_us)  # rounded


def test_a_row_an_entry_and_block_size_with_mean_and_spread(tmp_path):
    study = drawn_study()
    study.save(tmp_path)
    with (tmp_path / "costs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["rival"], r["engine"], int(r["buffer_size"])) for r in rows] == [(n[0], n[1], b) for n in NAMES for b in BLOCKS]
    cost = study.entry("lstm, torch").cost(256)
    (row,) = [r for r in rows if r["engine"] == "torch" and r["buffer_size"] == "256"]
    for key in ("real_time_factor", "samples_per_second", "average_us", "p50_us", "p99_us", "p999_us", "max_us", "jitter_us"):
        assert float(row[key]) == pytest.approx(getattr(cost, key).mean)
        assert float(row[f"{key}_deviation"]) == pytest.approx(getattr(cost, key).deviation)
    assert row["loop_ns_per_sample"] == ""


def test_quality_and_tones_have_their_columns(tmp_path):
    study = drawn_study()
    study.save(tmp_path)
    with (tmp_path / "quality.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["carries"] for r in rows] == ["True", "False", "True", "True"]
    assert float(rows[2]["esr"]) == pytest.approx(study.entries[2].quality.esr.mean)
    assert float(rows[2]["load_seconds"]) == pytest.approx(study.entries[2].start.load_seconds.mean)
    assert rows[2]["weights"] == "5000" and rows[1]["weights"] == ""
    with (tmp_path / "tones.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(NAMES) * len(DRIVES)
    assert rows[0]["harmonic_1_dbfs"] == "-12.0" and rows[0]["harmonic_10_dbfs"] == ""


def test_seeds_have_a_row_each_and_one_over_them(tmp_path):
    study = drawn_study()
    study.save(tmp_path)
    with (tmp_path / "seeds.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(r["rival"], r["seed"]) for r in rows] == [("lstm", "0"), ("lstm", "1"), ("lstm", "2"), ("lstm", "mean")]
    errors = [float(r["esr"]) for r in rows]
    assert errors[3] == pytest.approx(sum(errors[:3]) / 3) and float(rows[3]["esr_deviation"]) > 0
    assert rows[0]["esr_deviation"] == rows[3]["steps"] == ""
    assert study.trained[0].esr.least == pytest.approx(min(errors[:3]))


def test_spread_is_of_the_sample():
    spread = Spread.of([1.0, 2.0, None, 6.0])
    assert spread is not None and (spread.mean, spread.least, spread.most, spread.count) == (3.0, 1.0, 6.0, 3)
    assert spread.deviation == pytest.approx(7.0**0.5)
    assert Spread.of([None]) is None


def test_what_is_wrong_is_named(tmp_path):
    study = drawn_study()
    with pytest.raises(FileProblem, match=r"study\.json.*wetdry compare"):
        Study.load(tmp_path)
    data = study.to_dict()
    data["entries"][1]["costs"][0]["ns_per_sample"][0] = "fast"
    with pytest.raises(InvalidValue, match=r"entries\.1\.costs\.0\.ns_per_sample.*mean, deviation"):
        Study.from_dict(data)
    with pytest.raises(InvalidValue, match="format_version"):
        Study.from_dict({**study.to_dict(), "format_version": 99})
    with pytest.raises(InvalidValue, match="blocks of 64 were not measured"):
        study.entries[0].cost(64)
    with pytest.raises(InvalidValue, match="lstm, ours"):
        study.entry("lstm, theirs")
