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
