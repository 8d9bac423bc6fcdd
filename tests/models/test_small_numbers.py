"""Weights as float16 and int8: how close they stay, what they cost on disk, what a broken file says."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from random_specs import LAYERS, named_model, random_model
from safetensors.numpy import load_file, save_file

from wetdry.models import load
from wetdry.models.errors import InvalidValue, ModelFileError
from wetdry.models.formats import safetensors, small_numbers


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("numbers", ["float16", "int8"])
def test_every_weight_stays_close_and_a_second_time_changes_nothing(kind, numbers, tmp_path):
    model = random_model(1, kind)
    safetensors.write(model, tmp_path / "small.safetensors", numbers)
    small = load(tmp_path / "small.safetensors")
    assert small.spec == model.spec
    for name, array in model.weights.items():
        rows = array.reshape(len(array), -1)
        within = np.abs(rows).max(axis=1) / (253 if numbers == "int8" else 2000)
        assert np.all(np.abs(small.weights[name].reshape(rows.shape) - rows) <= within[:, None]), name
        if name.rpartition(".")[2] in small_numbers.EXACT:
            assert np.array_equal(small.weights[name], array)
    assert any(not np.array_equal(small.weights[n], model.weights[n]) for n in model.weights) or not model.weights
    again = small_numbers.rounded(small, numbers)
    assert all(np.array_equal(again.weights[name], small.weights[name]) for name in small.weights)


def test_the_file_is_smaller(tmp_path):
    model = named_model("nam standard")
    sizes = {}
    for numbers in ("float32", "float16", "int8"):
        safetensors.write(model, tmp_path / "model.safetensors", numbers)
        sizes[numbers] = sum(array.nbytes for array in load_file(tmp_path / "model.safetensors").values())
    assert sizes["float16"] == sizes["float32"] / 2
    assert sizes["int8"] < 0.35 * sizes["float32"]


@pytest.mark.parametrize("value", [1e6, 1e-6])
def test_what_float16_cannot_hold_stays_as_it_is(value):
    array = np.array([0.0, value, -value], np.float32)
    stored = small_numbers.packed({"a.bias": array}, "float16")
    assert stored["a.bias"].dtype == np.float32
    assert np.array_equal(small_numbers.unpacked(stored)["a.bias"], array)
    assert small_numbers.packed({"a.bias": array / value}, "float16")["a.bias"].dtype == np.float16


def test_rows_of_zeros_are_whole_numbers_too():
    array = np.zeros((2, 10), np.float32)
    array[1] = np.linspace(-3, 3, 10)
    back = small_numbers.unpacked(small_numbers.packed({"w": array}, "int8"))["w"]
    assert np.array_equal(back[0], array[0])
    assert np.abs(back - array).max() <= 3 / 254


def test_other_numbers_are_refused(tmp_path):
    with pytest.raises(InvalidValue, match="numbers = 'int4' is not one of float32, float16, int8"):
        safetensors.write(named_model("nam nano"), tmp_path / "model.safetensors", "int4")
    assert not list(tmp_path.iterdir())


def broken(path, change):
    """Write the int8 file at `path` again with changed arrays and record."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        record = json.loads(file.metadata()["wetdry"])
    arrays = load_file(path)
    change(arrays, record)
    save_file(arrays, path, {"wetdry": json.dumps(record)})


@pytest.mark.parametrize(("change", "words"), [
    (lambda arrays, record: arrays.pop("layers.0.weight.scale"), "weights.layers.0.weight: int8 numbers need"),
    (lambda arrays, record: arrays.update({"layers.0.weight.scale": np.ones(3, np.float32)}), "int8 numbers need"),
    (lambda arrays, record: arrays.update({"layers.0.weight.scale": np.full(1, np.nan, np.float32)}), "not finite"),
    (lambda arrays, record: record.update(format_version=1), "weight.scale: not a weight of this spec"),
    (lambda arrays, record: record.update(format_version=3), "3 is not 1 or 2; a newer wetdry may read it"),
])  # fmt: skip
def test_a_broken_file_says_which_field(change, words, tmp_path):
    path = tmp_path / "model.safetensors"
    safetensors.write(named_model("linear"), path, "int8")
    broken(path, change)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert words in str(caught.value)
