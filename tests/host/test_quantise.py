"""quantise: smaller files that play as measured."""

import sys
from pathlib import Path

import numpy as np
import pytest
from command import refused, wetdry
from random_model import random_model

from wetdry import NeuralEffect, quantise
from wetdry.host.evaluation.settings import draw_settings
from wetdry.host.smaller import Contender, Passage, compare, material, player
from wetdry.models import Parameter, load, metrics
from wetdry.models.dataset import CaptureFolder
from wetdry.models.errors import InvalidValue
from wetdry.models.formats import safetensors, small_numbers
from wetdry.models.spec import ModelSpec, wavenet
from wetdry.presets import clone_path

sys.path.append(str(Path(__file__).parents[1] / "models"))
from synthetic_capture import write_capture

RATE = 48000
KNOBS = (Parameter("drive", "dB", 0.0, 40.0, 20.0), Parameter("tone"))


def small_clone(channels=8):
    return random_model(wavenet(RATE, KNOBS, channels=channels, dilations=(1, 2, 4, 8)))


@pytest.mark.parametrize(("numbers", "most_added"), [("float16", 1e-5), ("int8", 1e-2)])
def test_the_small_file_plays_as_measured(numbers, most_added, tmp_path):
    model = small_clone()
    made = quantise(model, tmp_path / "small.safetensors", numbers)
    compared, small = made.compared, load(tmp_path / "small.safetensors")
    assert compared.before.file_bytes > compared.after.file_bytes == made.path.stat().st_size
    assert compared.before.esr_worst == 0 < compared.esr_added == compared.after.esr_median < most_added
    assert compared.before.ns_per_sample > 0
    passages = material(model)
    answers = [NeuralEffect(small, **p.values)(p.dry, RATE) for p in passages]
    found = [metrics.esr(p.wet, answer) for p, answer in zip(passages, answers, strict=True)]
    assert compared.after.esr_median == pytest.approx(np.median(found), rel=1e-4)
    assert compared.esr_rise == compared.after.esr_median - compared.before.esr_median


def test_int8_onnx_is_as_close_as_int8_safetensors(tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    model = small_clone()
    by_us = quantise(model, tmp_path / "small.safetensors", "int8").compared
    elsewhere = quantise(model, tmp_path / "small.onnx", "int8").compared
    assert elsewhere.after.file_bytes < elsewhere.before.file_bytes
    assert 0 < elsewhere.after.esr_median < 3 * by_us.after.esr_median
    assert elsewhere.before.esr_worst < 1e-9


def test_against_a_target_both_are_measured():
    """The target is another net: the ESR before is that between the nets."""
    model, other = small_clone(), small_clone(4)
    target = NeuralEffect(other)
    passages = material(model, target=target)
    assert [p.values for p in passages] == [s.values for s in draw_settings(KNOBS, (), 8, 0)]
    assert len(passages) == 8 + 4
    first = passages[0]
    wanted = NeuralEffect(other, **first.values)(np.concatenate([np.zeros(RATE // 2, np.float32), first.dry]), RATE)
    assert np.array_equal(first.wet, wanted[RATE // 2 :])
    compared = compare(Contender.of(model, 1), Contender.of(other, 1), passages, "the target")
    assert compared.after.esr_worst < 1e-8 < compared.before.esr_median
    assert "against the target, 12 passages" in compared.lines()[1]


def test_a_capture_gives_its_validation_takes(tmp_path):
    folder = CaptureFolder.open(write_capture(tmp_path / "capture"))
    model = random_model(wavenet(folder.record.sample_rate, folder.record.knobs, channels=2, dilations=(1, 2)))
    takes, passages = folder.takes_of("validation"), material(model, capture=tmp_path / "capture")
    assert len(passages) == len(takes) == 2
    for take, passage in zip(takes, passages, strict=True):
        assert passage.values == take.values
        assert np.array_equal(passage.wet, folder.read_wet(take))
        assert np.array_equal(passage.dry, folder.read_dry(take))
    with pytest.raises(InvalidValue, match=r"knobs \['drive_db', 'level'\] at 8000 Hz, the model \['drive', 'tone'\]"):
        material(small_clone(), capture=folder)


def test_what_cannot_be_done_is_said(tmp_path):
    model = small_clone()
    with pytest.raises(InvalidValue, match=r"small\.nam: small numbers are written as \.safetensors or \.onnx"):
        quantise(model, tmp_path / "small.nam", "int8")
    with pytest.raises(InvalidValue, match="numbers = 'int4'"):
        quantise(model, tmp_path / "small.onnx", "int4")
    with pytest.raises(InvalidValue, match="give one of them"):
        quantise(model, tmp_path / "small.onnx", target=NeuralEffect(model), capture=tmp_path)
    with pytest.raises(InvalidValue, match="2 inputs"):
        quantise(random_model(ModelSpec(**{**model.spec.to_dict(), "input_channels": 2})), tmp_path / "small.onnx")
    assert not list(tmp_path.iterdir())


def test_the_shipped_standard_model_keeps_its_accuracy(zamtube):
    """The bar: float16 raises the ESR by at most 1e-4, on settings and excitation that no training saw."""
    from wetdry import load_plugin

    model = load(clone_path("zamtube"))
    passages = material(model, target=load_plugin(zamtube))[::2]
    before = Contender(player(model), 1, 1, lambda: 1.0)
    for numbers, most in (("float16", 1e-4), ("int8", 1e-3)):
        after = Contender(player(small_numbers.rounded(model, numbers)), 1, 1, lambda: 1.0)
        found = compare(before, after, passages, "ZamTube")
        assert found.before.esr_median < 5e-3
        assert found.esr_rise <= most


def test_the_command(tmp_path):
    safetensors.write(small_clone(), tmp_path / "clone.safetensors")
    done = wetdry("quantise", "clone.safetensors", "small.safetensors", "--numbers", "int8", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "small.safetensors: int8"
    assert "weights" in lines[1]
    assert "ESR against the model itself, 12 passages" in lines[2]
    assert load(tmp_path / "small.safetensors").spec == small_clone().spec
    refused(wetdry("quantise", "clone.safetensors", "small.nam", cwd=tmp_path), ".safetensors or .onnx")


def test_a_passage_is_what_it_says():
    model = small_clone()
    passages = material(model, seed=3)
    assert isinstance(passages[0], Passage)
    assert {tuple(sorted(p.values)) for p in passages} == {("drive", "tone")}
    assert not np.array_equal(passages[0].dry, material(model, seed=4)[0].dry)
