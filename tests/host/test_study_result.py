import csv
import json

import pytest
from study_data import BLOCKS, DRIVES, NAMES, drawn_study

from wetdry.host.study import Study
from wetdry.host.study.figures import Spread
from wetdry.models.errors import FileProblem, InvalidValue


def test_what_is_saved_comes_back_equal(tmp_path):
    study = drawn_study()
    study.save(tmp_path)
    assert Study.load(tmp_path) == study
    assert Study.from_dict(json.loads(json.dumps(study.to_dict()))) == study


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
    data["entries"][1]["costs"][0]["ns_per_sample"]["mean"] = "fast"
    with pytest.raises(InvalidValue, match=r"entries\.1\.costs\.0\.ns_per_sample\.mean"):
        Study.from_dict(data)
    with pytest.raises(InvalidValue, match="format_version"):
        Study.from_dict({**study.to_dict(), "format_version": 99})
    with pytest.raises(InvalidValue, match="blocks of 64 were not measured"):
        study.entries[0].cost(64)
    with pytest.raises(InvalidValue, match="lstm, ours"):
        study.entry("lstm, theirs")
