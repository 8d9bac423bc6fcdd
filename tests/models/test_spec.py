"""Spec, parameters and model files: what fits, what is refused and how, and that nothing is half-written."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry.models import Model, ModelSpec, Parameter, load
from wetdry.models.errors import FileProblem, InvalidType, InvalidValue, ModelFileError, WetdryError
from wetdry.models.spec import Conditioning, WaveNet, WaveNetArray, wavenet

KNOBS = (
    Parameter("drive", "dB", 0, 30, 12),
    Parameter("tone", "Hz", 100, 8000, 1000, scale="log"),
    Parameter("mode", choices=("a", "b"), default="a"),
)


def model(seed=0):
    spec = wavenet(48000, KNOBS, channels=3, dilations=(1, 2), gating="gated")
    generator = np.random.default_rng(seed)
    weights = {name: generator.standard_normal(shape).astype(np.float32) for name, shape in spec.weight_shapes.items()}
    return Model(spec, weights, {"seed": 3}, {"esr": 0.01}, metadata={"gear": "amp"})


@given(
    raw=st.floats(0, 1), low=st.floats(1e-3, 10), span=st.floats(0.1, 1e4), scale=st.sampled_from(["linear", "log", "points"])
)
def test_positions_and_values_map_both_ways(raw, low, span, scale):
    points = (low, low + 0.3 * span, low + span) if scale == "points" else ()
    knob = Parameter("k", "", low, low + span, low, scale=scale, points=points)
    value = knob.from_raw(raw)
    assert knob.minimum <= value <= knob.maximum
    assert knob.to_raw(value) == pytest.approx(raw, abs=1e-6)
    assert Parameter.from_dict(json.loads(json.dumps(knob.to_dict()))) == knob


def test_switches_map_both_ways():
    knob = Parameter("mode", choices=("clean", "crunch", "lead"), default="crunch")
    for choice in knob.choices:
        assert knob.from_raw(knob.to_raw(choice)) == choice
    with pytest.raises(InvalidValue, match="'clean', 'crunch', 'lead'"):
        knob.to_number("loud")


@pytest.mark.parametrize("values", [
    {"minimum": 1, "maximum": 1}, {"minimum": float("nan")}, {"maximum": float("inf")}, {"default": 2}, {"scale": "cubic"},
    {"scale": "log"}, {"scale": "points", "points": (0, 1, 1)}, {"smoothing_ms": -1}, {"default": "x"}, {"default": True},
])  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(values):
    with pytest.raises((InvalidValue, InvalidType), match="k"):
        Parameter("k", **values)


def test_receptive_field_and_cost_are_counted():
    spec = wavenet(48000, KNOBS, channels=16)
    assert spec.receptive_field == 1 + 2 * 1023
    assert spec.multiply_adds == 16 + 10 * (16 * 16 * 3 + 16 + 256) + 16
    two = WaveNet(
        arrays=(WaveNetArray(channels=4, dilations=(1, 2), head_channels=2), WaveNetArray(channels=2, dilations=(8,)))
    )
    assert two.receptive_field == 1 + 2 * (1 + 2 + 8)


def test_a_spec_is_plain_json_data():
    spec = wavenet(44100, KNOBS, gating="gated")
    assert ModelSpec(**json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(("change", "field"), [
    ({"sample_rate": 0}, "sample_rate"),
    ({"sample_rate": "48k"}, "sample_rate"),
    ({"layers": []}, "layers"),
    ({"layers": [{"kind": "WaveNet", "arrays": []}]}, "arrays"),
    ({"layers": [{"kind": "Transformer"}]}, "kind"),
    ({"knobs": []}, "conditioning"),
    ({"knobs": "drive"}, "knobs"),
    ({"knobs": [KNOBS[0].to_dict()] * 2}, "same name"),
    ({"conditioning": {"hidden": []}}, "hidden"),
    ({"conditioning": {"hidden": [0]}}, "hidden"),
    ({"surprise": 1}, "surprise"),
])  # fmt: skip
def test_a_spec_that_does_not_fit_names_the_field(change, field):
    data = wavenet(48000, KNOBS).to_dict() | change
    with pytest.raises(InvalidValue, match=field) as raised:
        ModelSpec(**data)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("change", "field"), [
    ({"channels": 0}, "channels"), ({"channels": 10**9}, "channels"), ({"channels": True}, "channels"),
    ({"dilations": []}, "dilations"),
    ({"dilations": [1, -2]}, "dilations"), ({"dilations": [1.5]}, "dilations"), ({"kernel_size": 0}, "kernel_size"),
    ({"activation": "warp"}, "activation"), ({"gating": "no"}, "gating"), ({"head_channels": 0}, "head_channels"),
    ({"film": "yes"}, "film"), ({"dilations": [10**6] * 4}, "receptive field"),
])  # fmt: skip
def test_an_array_that_does_not_fit_names_the_field(change, field):
    data = wavenet(48000, KNOBS).to_dict()
    data["layers"][0]["arrays"][0] |= change
    with pytest.raises(InvalidValue, match=field):
        ModelSpec(**data)


def test_weights_must_fit_the_spec():
    whole = model()
    for name, array in (("layers.0.arrays.0.head.weight", np.zeros((1, 1, 1), np.float32)), ("extra", np.zeros(1, np.float32)),
                        ("layers.0.arrays.0.head.bias", np.array([np.nan], np.float32)),
                        ("layers.0.arrays.0.head.bias", np.zeros(1))):  # fmt: skip
        with pytest.raises(InvalidValue, match=name):
            Model(whole.spec, {**whole.weights, name: array})
    with pytest.raises(InvalidValue, match="missing"):
        Model(whole.spec, dict(list(whole.weights.items())[1:]))


def test_a_file_brings_everything_back(tmp_path):
    before = model()
    before.save(tmp_path / "deep/er/clone.safetensors")
    after = load(tmp_path / "deep/er/clone.safetensors")
    assert (after.spec, after.training, after.certificate) == (before.spec, before.training, before.certificate)
    assert after.metadata == {"gear": "amp"}
    assert all(np.array_equal(after.weights[name], array) for name, array in before.weights.items())
    assert after.path == tmp_path / "deep/er/clone.safetensors"


def test_other_tools_read_the_file(tmp_path):
    from safetensors.numpy import load_file

    model().save(tmp_path / "clone.safetensors")
    assert set(load_file(tmp_path / "clone.safetensors")) == set(model().spec.weight_shapes)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "clone.safetensors"
    model(1).save(path)
    before = path.read_bytes()
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="file"):
        model(2).save(tmp_path / "file/clone.safetensors")
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clone.safetensors", "file"]


def test_files_that_are_no_models(tmp_path):
    from safetensors.numpy import save_file

    with pytest.raises(FileProblem, match=r"none\.nam"):
        load(tmp_path / "none.nam")
    with pytest.raises(FileProblem, match="folder"):
        load(tmp_path)
    for content in (b"", b"hello", b"\x00" * 100, b"RIFF" + b"\x00" * 60):
        (tmp_path / "junk").write_bytes(content)
        with pytest.raises(ModelFileError, match="junk"):
            load(tmp_path / "junk")
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ModelFileError, match="wetdry"):
        load(tmp_path / "foreign.safetensors")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_files_raise_or_load_but_never_crash(tmp_path_factory, data):
    """Bytes flipped, cut off or put in anywhere: a WetdryError of one line, or a model that is whole."""
    folder = tmp_path_factory.mktemp("damaged")
    model().save(folder / "clone.safetensors")
    content = bytearray((folder / "clone.safetensors").read_bytes())
    header = 8 + struct.unpack("<Q", content[:8])[0]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, header - 1) | st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if kind == "flip":
            content[min(place, len(content) - 1)] ^= data.draw(st.integers(1, 255))
        elif kind == "cut":
            del content[max(place, 1) :]
        else:
            content[place:place] = data.draw(st.binary(min_size=1, max_size=9))
    (folder / "damaged").write_bytes(content)
    try:
        found = load(folder / "damaged")
    except WetdryError as error:
        assert "\n" not in str(error)
    else:
        assert all(np.isfinite(array).all() for array in found.weights.values())


def test_conditioning_shapes():
    assert Conditioning(hidden=(4, 9)).weight_shapes(2) == {
        "conditioning.0.weight": (4, 2), "conditioning.0.bias": (4,), "conditioning.1.weight": (9, 4),
        "conditioning.1.bias": (9,),
    }  # fmt: skip
