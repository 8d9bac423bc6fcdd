"""The generator of nasty models: it leaves no layer kind and no option out, and what it makes can be compared."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from random_memory import BLOCKS, HIDDEN, PAIRS
from random_specs import CURVES, LAYERS, SHAPES, WIDTHS, answer, deviation, named_model, positions, random_model, random_spec
from random_specs import signal as noise
from random_wavenets import GATING, SLOTS

from wetdry.models import load
from wetdry.models.nets import LAYERS as MODULES
from wetdry.models.spec import WaveNet


@pytest.mark.parametrize("kind", [*LAYERS, None])
def test_every_model_can_be_heard_compared_and_saved(kind, tmp_path):
    for seed in range(4):
        model = random_model(seed, kind)
        assert 0.05 < deviation(model, seed + 1) < 2
        model.save(tmp_path / "model.safetensors")
        again = load(tmp_path / "model.safetensors")
        assert again.spec == model.spec
        audio, raw = noise(model.spec, 64, seed), positions(model.spec, seed)
        assert np.array_equal(answer(again, audio, raw), answer(model, audio, raw))
        assert np.array_equal(answer(random_model(seed, kind), audio, raw), answer(model, audio, raw))


@pytest.mark.parametrize("name", SHAPES)
def test_named_shapes_can_be_heard(name):
    assert 0.05 < deviation(named_model(name), 1) < 2


def layers_within(layers):
    for layer in layers:
        yield layer
        inner = [getattr(layer, name, ()) for name in ("body", "shortcut", "condition")]
        yield from layers_within([part for series in inner for part in series])


def described(array, inputs):
    """Name every option that an array uses."""
    n = range(len(array.dilations))
    yield from (f"gating {array.gate(j)}" for j in n)
    yield from (f"curve {array.curve(j).name}" for j in n)
    yield from (f"second {array.second_curve(j).name}" for j in n if array.gate(j) != "none")
    yield from (f"slot {film.slot} {'shifts' if film.shift else 'scales'}" for film in array.signal_films)
    yield from ("grouped film" for film in array.signal_films if film.groups > 1)
    per_layer = ("kernel_size", "activation", "gating", "secondary")
    yield from (f"{name} a layer" for name in per_layer if isinstance(getattr(array, name), tuple))
    counts = ("groups", "mixin_groups", "residual_groups", "head_projection_groups", "head_kernel_size", "head_dilation",
              "head_channels")  # fmt: skip
    yield from (f"{name} above 1" for name in counts if getattr(array, name) > 1)
    yield "narrow" if array.width < array.channels else "wide" if array.width > array.channels else "even"
    yield from (f"{name} {bool(getattr(array, name))}" for name in ("residual", "head_projection", "head_bias", "film"))
    yield "depthwise" if array.groups == array.channels > 1 else "shared"
    yield f"channels {array.channels}"


def test_no_option_of_a_wavenet_is_left_out():
    found = set()
    for seed in range(150):
        spec = random_spec(seed, "WaveNet")
        found.add(f"inputs {spec.input_channels}")
        for layer in layers_within(spec.layers):
            if isinstance(layer, WaveNet):
                found |= {f"arrays {len(layer.arrays)}", *(f"condition {c.kind}" for c in layer.condition)}
                found |= {name for array in layer.arrays for name in described(array, spec.input_channels)}
    both = [f"{name} {value}" for name in ("residual", "head_projection", "head_bias", "film") for value in (True, False)]
    wanted = {
        *(f"gating {g}" for g in GATING), *(f"curve {c}" for c in CURVES), "second sigmoid", "second softmax", "second prelu",
        *(f"slot {slot} {does}" for slot in SLOTS for does in ("shifts", "scales")), "grouped film", "narrow", "wide", "even",
        *(f"{name} a layer" for name in ("kernel_size", "activation", "gating", "secondary")), "depthwise", "shared",
        *(f"{name} above 1" for name in ("groups", "mixin_groups", "residual_groups", "head_projection_groups",
                                         "head_kernel_size", "head_dilation", "head_channels")),
        *both, *(f"inputs {i}" for i in (1, 2, 3)), *(f"arrays {i}" for i in (1, 2, 3)), *(f"channels {w}" for w in WIDTHS),
        "condition WaveNet", "condition LSTM", "condition KnobInputs", "condition FiLM",
    }  # fmt: skip
    assert wanted <= found, sorted(wanted - found)


def test_no_kind_and_no_option_of_other_layers_is_left_out():
    assert set(LAYERS) == set(MODULES)
    found = set()
    for seed in range(60):
        for kind in LAYERS:
            spec = random_spec(seed, kind)
            for layer in layers_within(spec.layers):
                found |= {(layer.kind, name, value) for name, value in layer if isinstance(value, int | str | tuple)}
                found.add((layer.kind, "shortcut", bool(getattr(layer, "shortcut", ()))))
                found.add((layer.kind, "grouped", getattr(layer, "groups", 1) > 1))
    wanted = {
        *(("Activation", "name", curve) for curve in CURVES), *(("Conv1d", "kernel_size", k) for k in (1, 2, 3, 4, 5, 6, 33)),
        ("Conv1d", "grouped", True), ("Conv1d", "bias", False), ("Conv2d", "padding", "same"), ("Conv2d", "padding", "valid"),
        ("Conv2d", "stride", 3), ("Conv2d", "dilation", 3), ("BatchNorm", "affine", False), ("BatchNorm", "affine", True),
        ("Residual", "shortcut", True), ("Residual", "shortcut", False),
        ("Multiply", "shortcut", True), ("Multiply", "shortcut", False), ("MaxPool", "kernel_size", 33),
        *((kind, "hidden", h) for kind in ("LSTM", "GRU") for h in HIDDEN),
        *((kind, "initial_state", yes) for kind in ("LSTM", "GRU") for yes in (True, False)),
        *((kind, "activation", curve) for kind in ("LSTM", "GRU") for curve in ("exact", "fast")),
        *((kind, "channels", width) for kind in ("Dense", "Conv1d") for width in WIDTHS),
        *(("StateSpace", "pairs", pairs) for pairs in PAIRS), *(("TemporalFiLM", "hidden", h) for h in HIDDEN),
        *(("TemporalFiLM", "block_samples", block) for block in BLOCKS),
    }  # fmt: skip
    assert wanted <= found, sorted(map(str, wanted - found))
