"""ONNX files: onnxruntime plays what NeuralEffect plays, from the first sample, in blocks of any size."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
sys.path.insert(0, str(Path(__file__).parent))
import onnx
from onnx_player import OnnxPlayer
from random_specs import LAYERS, SHAPES, named_model, positions, random_model, signal

from wetdry import NeuralEffect
from wetdry.models import Model, Parameter
from wetdry.models.errors import CannotHold
from wetdry.models.formats import onnx_writing
from wetdry.models.spec import LSTM, BaseLayer, Conditioning, Dense, FiLM, KnobInputs, ModelSpec

BLOCKS = (1, 64, 1, 2, 331, 17, 3, 100)


def written(model, tmp_path):
    onnx_writing.write(model, tmp_path / "model.onnx")
    return OnnxPlayer(tmp_path / "model.onnx")


def settings(spec, seed):
    """Return knob values in their units."""
    return {k.name: k.from_raw(float(raw)) for k, raw in zip(spec.knobs, positions(spec, seed), strict=True)}


def numbers(spec, values):
    return [knob.to_number(values[knob.name]) for knob in spec.knobs]


def difference(model, player, audio, values, blocks=BLOCKS):
    """Return the largest difference to NeuralEffect, as a fraction of the peak."""
    wanted = np.atleast_2d(NeuralEffect(model, **values).process(audio, model.spec.sample_rate))
    played = player.play_in_blocks(audio[None], blocks)[0]
    return np.abs(played - wanted).max() / np.abs(wanted).max()


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind_plays_as_the_effect_does(kind, tmp_path):
    models = (random_model(seed, kind) for seed in range(9))
    for seed, model in enumerate(islice((m for m in models if m.spec.silence_before < 50_000), 2)):
        spec, player = model.spec, written(model, tmp_path)
        audio, values = signal(spec, 900, seed), settings(spec, seed)
        player.start(numbers(spec, values))
        assert difference(model, player, audio, values) <= 1e-5
        player.start_at_defaults()
        assert difference(model, player, audio, {}) <= 1e-5


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_fast_curves_are_a_loop(kind, tmp_path):
    models = (random_model(seed, kind) for seed in range(60))
    model = next(m for m in models if any(getattr(x, "activation", "") == "fast" for x in m.spec.layers))
    player = written(model, tmp_path)
    assert "Scan" in {node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node}
    values = settings(model.spec, 1)
    player.start(numbers(model.spec, values))
    assert difference(model, player, signal(model.spec, 500), values) <= 1e-5


@pytest.mark.parametrize(
    "name", [n for n in SHAPES if n not in ("nam standard", "nam lite", "nam feather", "a2 full", "tcn-300")]
)
def test_shapes_in_use(name, tmp_path):
    model = named_model(name)
    player, values = written(model, tmp_path), settings(model.spec, 3)
    player.start(numbers(model.spec, values))
    assert difference(model, player, signal(model.spec, 900), values) <= 1e-5


def test_streams_are_independent(tmp_path):
    model = random_model(0, "LSTM")
    player, spec = written(model, tmp_path), model.spec
    audio = np.stack([signal(spec, 300, seed) for seed in range(3)])
    player.start(numbers(spec, settings(spec, 0)), streams=3)
    together = player.play_in_blocks(audio, (64,))
    for one, wanted in zip(audio, together, strict=True):
        player.start(numbers(spec, settings(spec, 0)))
        assert np.abs(player.play_in_blocks(one[None], (100,))[0] - wanted).max() <= 1e-5 * np.abs(wanted).max()


KNOBS = (
    Parameter("gain", "dB", -20.0, 40.0, default=3.0),
    Parameter("cutoff", "Hz", 20.0, 20000.0, 440.0, "log"),
    Parameter("time", "ms", 1.0, 50.0, 10.0, "points", points=(1.0, 2.0, 10.0, 50.0)),
    Parameter("mode", choices=("clean", "crunch", "lead"), default="crunch"),
    Parameter("on", choices=(True,), default=True),
)


def knob_model():
    layers = (KnobInputs(knobs=5), Dense(channels=3), FiLM(), Dense(channels=1))
    spec = ModelSpec(sample_rate=48000.0, knobs=KNOBS, layers=layers, conditioning=Conditioning(hidden=(4,)))
    random = np.random.default_rng(1)
    return Model(spec, {n: random.standard_normal(s).astype(np.float32) for n, s in spec.weight_shapes.items()})


TURNED = ({}, {"gain": 40.0, "cutoff": 20.0, "time": 1.0, "mode": "lead"}, {"gain": -20.0, "cutoff": 20000.0},
          {"time": 50.0, "mode": "clean"}, {"time": 7.3, "cutoff": 1234.5})  # fmt: skip


@pytest.mark.parametrize("values", TURNED)
def test_knobs_are_turned_in_their_units(values, tmp_path):
    model = knob_model()
    player, full = written(model, tmp_path), {k.name: k.default for k in KNOBS} | values
    player.start(numbers(model.spec, full))
    assert difference(model, player, signal(model.spec, 200), full) <= 1e-5
    player.start_at_defaults()
    assert difference(model, player, signal(model.spec, 200), {}) <= 1e-5
    assert [Parameter.from_dict(k) for k in json.loads(player.says["knobs"])] == list(KNOBS)


def test_a_knob_beyond_its_range_stands_at_the_end(tmp_path):
    model = knob_model()
    player, audio = written(model, tmp_path), signal(model.spec, 50)[None]
    player.start([1e6, -5.0, 0.0, 99.0, 3.0])
    beyond = player.play(audio)
    player.start([40.0, 20.0, 1.0, 2.0, 0.0])
    assert np.array_equal(beyond, player.play(audio))


def test_the_file_says_what_it_holds(tmp_path):
    spec = ModelSpec(sample_rate=44100.0, layers=(LSTM(hidden=3), Dense(channels=2)), prewarm_samples=100)
    model = Model(spec, {n: np.full(s, 0.1, np.float32) for n, s in spec.weight_shapes.items()}, metadata={"name": "Röhre"})
    player = written(model, tmp_path)
    assert player.says["wetdry"] == "1"
    assert float(player.says["sample_rate"]) == 44100.0
    assert {name: int(player.says[name]) for name in ("input_channels", "output_channels", "latency_samples",
            "receptive_field", "prewarm_samples")} == {"input_channels": 1, "output_channels": 2, "latency_samples": 0,
                                                       "receptive_field": 1, "prewarm_samples": 128}  # fmt: skip
    assert json.loads(player.says["metadata"]) == {"name": "Röhre"}
    shapes = {i.name: i.shape for i in player.session.get_inputs()}
    assert shapes == {"audio": ["streams", 1, "samples"], "state_layers_0_hidden": [1, "streams", 3],
                      "state_layers_0_cell": [1, "streams", 3]}  # fmt: skip
    assert [o.name for o in player.session.get_outputs()] == [
        "output",
        "next_state_layers_0_hidden",
        "next_state_layers_0_cell",
    ]


def test_the_same_model_is_the_same_bytes_and_stays_if_writing_fails(tmp_path):
    model = named_model("nam nano")
    for name in "ab":
        onnx_writing.write(model, tmp_path / f"{name}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    onnx.checker.check_model(onnx.load(tmp_path / "a.onnx"), full_check=True)


class Unheard(BaseLayer):
    """A kind the writer does not know."""

    kind: Literal["Unheard"] = "Unheard"


def test_a_kind_onnx_does_not_have_is_refused_before_anything_is_written(tmp_path):
    known = random_model(0, "Gain")
    spec = known.spec.model_copy(update={"layers": (*known.spec.layers, Unheard())})
    with pytest.raises(CannotHold, match=rf"cannot write onnx: layers\.{len(known.spec.layers)}: .*kind Unheard"):
        onnx_writing.write(Model(spec, known.weights), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_without_the_library_the_extra_is_named(module, tmp_path):
    code = (f"import sys; sys.modules[{module!r}] = None\nfrom pathlib import Path\nfrom wetdry.models import Model\n"
            "from wetdry.models.spec import ModelSpec, Gain\nfrom wetdry.models.formats import onnx_writing\n"
            "try: onnx_writing.write(Model(ModelSpec(sample_rate=48000.0, layers=(Gain(level_db=0),)), {}), Path('m.onnx'))\n"
            "except ImportError as error: print(error)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "pip install 'wetdry[onnx]'" in done.stdout, done.stderr
    assert not list(tmp_path.iterdir())
