"""Several nets on one capture: one row a clone, with what its page says."""

import io

import pytest
from command import wetdry
from rich.console import Console

from wetdry import TubeSaturator
from wetdry.host.cli.compare import table_of
from wetdry.host.clone import MODEL_NAME
from wetdry.host.compare import compare
from wetdry.host.evaluation.result import Evaluation
from wetdry.host.evaluation.summary import figure
from wetdry.models import load
from wetdry.models.errors import InvalidValue, UnknownName

CAPTURING = {"settings": 4, "validation_settings": 1, "seconds_per_take": 1.0, "workers": 1, "excitation_seconds": 8.0}
EVALUATING = {"settings": 1, "corners": False, "workers": 0, "seconds": 1.0}
NETS = ("dense", "guitarml")


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    target = TubeSaturator(oversampling=1), ["drive_db"]
    return out, lambda: compare([target], out, NETS, minutes=0.03, capturing=CAPTURING, evaluating=EVALUATING)


def test_every_net_learns_from_the_same_capture_and_is_told_as_its_page_tells_it(compared):
    out, again = compared
    rows = again()
    assert [(row.target, row.net) for row in rows] == [("TubeSaturator", net) for net in NETS]
    home = out / "1_TubeSaturator"
    assert sorted(f.name for f in home.iterdir()) == sorted(["capture", *NETS])
    for row in rows:
        model = load(home / row.net / MODEL_NAME)
        esr = Evaluation.load(home / row.net).summary["twin"]["esr"]
        assert (row.esr_median, row.esr_p90, row.esr_worst) == (esr["median"], esr["p90"], esr["worst"])
        assert row.weights == model.weight_count and row.file_bytes == (home / row.net / MODEL_NAME).stat().st_size
        assert row.ns_per_sample and row.ns_per_sample > 0 and model.training["net"] == row.net
        assert row.minutes == pytest.approx(0.03, abs=0.5) and row.steps > 0
    assert rows[0].weights != rows[1].weights
    assert [(r.esr_median, r.steps) for r in again()] == [(r.esr_median, r.steps) for r in rows]  # finished: nothing is trained


def test_what_cannot_be_compared_is_named(compared, tmp_path):
    with pytest.raises(InvalidValue, match="0 targets"):
        compare([], tmp_path)
    with pytest.raises(UnknownName, match="denser"):
        compare([(TubeSaturator(), ["drive_db"])], tmp_path, ("denser",), capturing=CAPTURING)


def test_the_table_has_a_row_a_clone(compared):
    rows = compared[1]()
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(table_of(rows, "a title"))
    lines = console.export_text().splitlines()
    for row in rows:
        (line,) = [line for line in lines if row.net in line]
        assert figure(row.esr_median) in line and str(row.weights) in line and f"{row.file_bytes / 1024:.0f}" in line


def test_the_command_asks_for_knobs_of_each_target(tmp_path):
    done = wetdry("compare", "--target", "Gain", "--knobs", "gain_db", "--knobs", "x", "--out", "other", cwd=tmp_path)
    assert done.returncode == 2 and "--knobs 2 times" in done.stderr and not (tmp_path / "other").exists()
