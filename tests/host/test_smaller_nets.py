"""distil and prune in small: the file plays, keeps its knobs, costs less; and which channels go."""

import numpy as np
import pytest
from command import refused, wetdry
from random_model import random_model

from wetdry.effects import NeuralEffect
from wetdry.host.distil import distil
from wetdry.host.prune import least_missed, prune, wanted_counts
from wetdry.models import Parameter, load
from wetdry.models.errors import InvalidValue
from wetdry.models.pruning import groups_of, silenced
from wetdry.models.spec import Dense, ModelSpec, wavenet

KNOBS = (Parameter("drive", "dB", 0.0, 20.0),)
SPEC = wavenet(48000, KNOBS, channels=8, dilations=(1, 2, 4))
LESSON = {"settings": 3, "validation_settings": 1, "seconds_per_take": 2, "excitation_seconds": 16, "workers": 1}
TRAINING = {"epochs": 0.3, "batch_size": 3, "segment": 2048, "loss": "esr", "accelerator": "cpu"}


@pytest.fixture(scope="module")
def teacher():
    return random_model(SPEC, scale=0.4)


def test_as_many_channels_stay_as_the_share_allows(teacher):
    counts = wanted_counts(teacher, 0.5)
    assert set(counts.values()) == {5}
    assert set(wanted_counts(teacher, 0.99).values()) == {7}
    for keep in (0, 1, 1.5):
        with pytest.raises(InvalidValue, match=f"keep = {keep}"):
            wanted_counts(teacher, keep)


def test_channels_that_nobody_hears_go_first(teacher):
    groups = groups_of(SPEC)
    model = teacher
    for group, channel in zip(groups, (2, 5), strict=True):
        model = silenced(model, group, channel)
    kept = least_missed(model, {group.name: 7 for group in groups}, 0)
    assert [sorted(set(range(8)) - set(kept[g.name])) for g in groups] == [[2], [5]]


@pytest.mark.slow
def test_pruned_costs_the_share_that_was_asked_for_and_plays(teacher, tmp_path):
    made = prune(teacher, tmp_path, keep=0.3, capturing=LESSON, training=TRAINING)
    assert made.model.spec.knobs == SPEC.knobs and made.model.spec.multiply_adds <= 0.3 * SPEC.multiply_adds
    assert made.compared.before.esr_median == 0.0 < made.compared.after.esr_median < 1.0
    assert made.compared.after.file_bytes < made.compared.before.file_bytes
    audio = 0.1 * np.random.default_rng(0).standard_normal(2000).astype(np.float32)
    low, high = (NeuralEffect(load(made.path), drive=drive)(audio, 48000) for drive in (0.0, 20.0))
    assert np.isfinite(low).all() and not np.allclose(low, high)
    again = prune(teacher, tmp_path, keep=0.3, capturing=LESSON, training=TRAINING)
    assert all(np.array_equal(again.model.weights[n], w) for n, w in made.model.weights.items())


@pytest.mark.slow
def test_distilled_is_the_net_that_was_asked_for(teacher, tmp_path):
    student = wavenet(48000, KNOBS, channels=3, dilations=(1, 2))
    made = distil(teacher, tmp_path, capturing=LESSON, training=TRAINING | {"spec": student})
    assert made.model.spec == student and made.compared.against == "the model itself"
    assert made.compared.after.weights < made.compared.before.weights
    assert "bytes" in made.compared.lines()[0] and made.path == tmp_path / "small.safetensors"


def test_what_cannot_be_pruned_is_said_before_anything_is_rendered(tmp_path):
    random_model(ModelSpec(sample_rate=48000.0, layers=(Dense(channels=1),))).save(tmp_path / "matrix.safetensors")
    refused(wetdry("prune", "matrix.safetensors", "--out", "run", cwd=tmp_path), "wetdry distil")
    refused(wetdry("distil", "matrix.safetensors", "--out", "run", "--model", "lstn", cwd=tmp_path), "lstm")
    assert not (tmp_path / "run").exists()
