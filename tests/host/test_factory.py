"""The factory clones and how they are made: recipes that fit what is shipped, and one made in small."""

import numpy as np
import pytest
import scipy.signal
from command import refused, wetdry

from wetdry.effects import Gain, NeuralEffect
from wetdry.host import factory
from wetdry.host.excitation import excitation
from wetdry.models import Model, load
from wetdry.models.errors import UnknownName
from wetdry.models.spec import Activation, Conv1d, ModelSpec, Multiply
from wetdry.models.training import Recipe
from wetdry.presets import clone_names, clone_path


@pytest.mark.parametrize("name", factory.FACTORY)
def test_what_is_shipped_was_made_by_its_recipe(name):
    recipe, model = factory.recipe_of(name), load(clone_path(name))
    assert [k.name for k in model.spec.knobs] == list(recipe.knobs)
    for knob in model.spec.knobs:
        ends = knob.minimum, knob.maximum
        assert recipe.knobs[knob.name] in (None, ends, (*ends, knob.scale))
    for key, value in recipe.training.items():
        if key in Recipe(minutes=1).identity():
            assert model.training[key] == value, key
    if "spec" in recipe.training:
        spec = recipe.training["spec"](model.spec.sample_rate, model.spec.knobs, 0.1)
        drawn = Model(spec, {name: np.ones(shape, np.float32) for name, shape in spec.weight_shapes.items()})
        assert (recipe.finish(drawn) if recipe.finish else drawn).spec == model.spec
    certificate = model.certificate
    assert certificate["seed"] == 0 and certificate["cells"] >= 32
    assert all("excitation" in r["name"] for r in certificate["recordings"]), "anybody can measure it again"
    assert clone_path(name).stat().st_size < 300_000


def test_a_smoothed_gain_is_the_mean_of_the_last_gains():
    spec = ModelSpec(sample_rate=48000.0, layers=(Multiply(body=(Conv1d(channels=1), Activation(name="sigmoid"))),))
    model = Model(spec, {"layers.0.body.0.weight": np.float32([[[3.0]]]), "layers.0.body.0.bias": np.float32([-1.0])})
    audio = excitation(8.0, 48000, 3)[96000:98000]
    wanted = scipy.signal.lfilter(np.full(24, 1 / 24), 1, np.concatenate([np.full(64, -1.0), 3 * audio.astype(float) - 1]))[64:]
    assert NeuralEffect(factory.smooth_gain(model))(audio, 48000) == pytest.approx(audio / (1 + np.exp(-wanted)), abs=1e-6)


def test_there_is_a_recipe_for_every_clone():
    assert set(clone_names()) == set(factory.FACTORY)


def test_a_wrong_name_is_said_before_anything_is_trained(tmp_path):
    with pytest.raises(UnknownName, match="zamcomp"):
        factory.recipe_of("zamcmp")
    refused(wetdry("factory", "zamtube", "zamcmp", cwd=tmp_path), "zamcmp", "zamcomp")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_one_command_makes_a_clone_and_puts_it_in_its_place(tmp_path, monkeypatch):
    small = factory.FactoryClone(
        Gain, {"gain_db": (-12.0, 6.0)},
        {"settings": 6, "validation_settings": 2, "seconds_per_take": 3, "excitation_seconds": 16, "workers": 1},
        {"epochs": 2}, {"settings": 2, "seconds": 3, "workers": 0},
    )  # fmt: skip
    monkeypatch.setitem(factory.FACTORY, "gain", small)
    monkeypatch.setattr(factory, "CLONES", tmp_path / "clones")
    made = factory.make("gain", tmp_path / "work")
    model = load(tmp_path / "clones/gain.safetensors")
    assert model.certificate["verdict"] == made.evaluation.verdict
    assert all(np.array_equal(model.weights[name], made.model.weights[name]) for name in model.weights)
