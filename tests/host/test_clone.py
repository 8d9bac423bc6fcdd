"""The whole loop in small: capture, train, certify, page; killed and gone on with; the file plays in the chain."""

import numpy as np
import pytest

import wetdry
from wetdry import Chain, NeuralEffect, TubeSaturator
from wetdry.effects import Gain
from wetdry.models.errors import CaptureError

SMALL = {
    "capturing": {"settings": 6, "validation_settings": 2, "seconds_per_take": 3, "excitation_seconds": 16, "workers": 1},
    "training": {"epochs": 20},  # steps, not time: the same on a busy machine
    "evaluating": {"settings": 2, "seconds": 3, "workers": 0},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return wetdry.clone(Gain(), {"gain_db": (-12, 6)}, tmp_path_factory.mktemp("run"), **SMALL)


@pytest.mark.slow
def test_everything_is_left_behind(made):
    out = made.model_path.parent
    for name in (
        "capture/capture.json",
        "capture/metadata.csv",
        "evaluation.json",
        "evaluation.csv",
        "report.html",
        "training/best.ckpt",
    ):
        assert (out / name).stat().st_size > 100
    assert "Gain and its twin" in (out / "report.html").read_text()


@pytest.mark.slow
def test_the_file_knows_its_knobs_and_its_certificate(made):
    model = wetdry.models.load(made.model_path)
    assert [(k.name, k.unit, k.minimum, k.maximum) for k in model.spec.knobs] == [("gain_db", "dB", -12, 6)]
    assert model.certificate["verdict"] == made.evaluation.verdict
    assert model.training["seed"] == 0
    assert made.evaluation.twin["file_name"] == "clone.safetensors"


@pytest.mark.slow
def test_the_twin_plays_in_the_place_of_its_target(made):
    dry = wetdry.host.excitation.excitation(8, 48000, seed=77)[:96000]
    board = Chain([Gain(gain_db=3), TubeSaturator()])
    real = board(dry, 48000)
    board[0] = NeuralEffect(wetdry.models.load(made.model_path), gain_db=3)
    error = board(dry, 48000) - real
    assert (error**2).sum() < 0.1 * (real**2).sum()


@pytest.mark.slow
def test_the_same_call_answers_at_once_and_another_refuses(made):
    before = made.model_path.read_bytes()
    again = wetdry.clone(Gain(), {"gain_db": (-12, 6)}, made.model_path.parent, **SMALL)
    assert made.model_path.read_bytes() == before
    assert again.evaluation.cells == made.evaluation.cells
    with pytest.raises(CaptureError, match="seed"):
        wetdry.clone(Gain(), {"gain_db": (-12, 6)}, made.model_path.parent, seed=1, **SMALL)


@pytest.mark.slow
def test_in_a_chain_the_twin_is_judged_there(made):
    """With a saturator behind it, target and twin are compared alone, and after the saturator, which levels what goes in."""
    chain = Chain([Gain(), TubeSaturator(drive_db=40)])
    judged = wetdry.evaluate(made.model_path, made.capture, made.model_path.parent / "chain", chain=chain, place=0,
                             settings=1, seconds=2, workers=0)  # fmt: skip
    alone, there = ([cell["level_dbfs"] for cell in cells] for cells in (judged.cells, [c["there"] for c in judged.cells]))
    assert max(there) - min(there) < 0.7 * (max(alone) - min(alone))
    assert np.isfinite([[cell["twin"]["esr"], cell["there"]["twin"]["esr"]] for cell in judged.cells]).all()
