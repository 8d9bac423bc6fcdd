"""What all cells say together."""

import pytest

from wetdry.host.evaluation.summary import grade, summarise, verdict


def test_quiet_cells_are_listed_and_not_counted():
    loud = {"esr": 0.1, "preemphasised_esr": 0.1, "mr_stft": 1.0, "lufs_difference": None, "mfcc_l1": 1.0, "mushra": 100.0}
    row = {"distance": 0.2, "quiet": False, "replicate_esr": 0.0, "twin": loud, "dry": loud, "nearest": loud}
    quiet = {**row, "quiet": True, "twin": {**loud, "esr": 50.0}}
    summary = summarise([{"cell": 0, **row}, {"cell": 1, **quiet}], [])
    assert (summary["cells"], summary["quiet_cells"]) == (2, 1)
    assert summary["twin"]["esr"]["worst"] == 0.1
    assert summary["twin"]["lufs_difference"]["median"] is None
    assert summary["beats_nearest"]["won"] == 0
    assert summarise([{"cell": 1, **quiet}], [])["twin"]["esr"]["median"] is None
    assert verdict(summarise([{"cell": 1, **quiet}], []), None).startswith("Not judged")


def test_figures_where_the_target_turns_down():
    def cell(number, esr, by_db, kind="drawn"):
        twin = {"esr": esr, "lufs_difference": 10 * esr, "gain_error_db": 0.1}
        plain = {"distance": 0.2, "quiet": False, "replicate_esr": 0.0, "nearest": {"esr": 1.0}, "kind": kind}
        return {**plain, "cell": number, "setting": number // 2, "reduction_db": by_db, "twin": twin, "dry": {"esr": 4.0}}

    cells = [cell(0, 0.01, 6.0), cell(1, 0.03, 12.0), cell(2, 0.9, 5.9), cell(3, 0.9, 20.0, "corner")]
    reduced = summarise(cells, [])["reduced"]
    assert (reduced["cells"], reduced["settings"], reduced["by_db"]) == (2, 1, 6.0)
    assert reduced["esr"]["median"] == pytest.approx(0.02) and reduced["esr"]["worst_cell"] == 1
    assert reduced["share_of_dry"] == pytest.approx(0.03 / 4) and reduced["dry_esr"] == 4.0
    assert summarise(cells[2:], [])["reduced"] is None


@pytest.mark.parametrize(
    ("median", "p90", "word"),
    [
        (0.001, 0.002, "Excellent"),
        (0.001, 0.02, "Very good"),
        (0.01, 0.03, "Very good"),
        (0.02, 0.05, "Good"),
        (0.2, 0.2, "Poor"),
    ],
)
def test_words_are_tied_to_figures(median, p90, word):
    assert grade({"twin": {"esr": {"median": median, "p90": p90}}}) == word
