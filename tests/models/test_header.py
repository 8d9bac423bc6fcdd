"""The C++ header: compiled without a warning, it plays what NeuralEffect plays, whatever the blocks, and allocates nothing."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
from header_playing import WARNINGS, Played, turned_stream
from installed_programs import installed_program
from named_specs import SHAPES
from random_specs import LAYERS, drawn_weights, named_model, random_model

from wetdry import NeuralEffect
from wetdry.models import Model, Parameter, load
from wetdry.models.errors import CannotHold
from wetdry.models.spec import Activation, Conv1d, Dense, KnobInputs, ModelSpec, wavenet
from wetdry.presets import clone_path

CLOSE = 1e-5  # of the answer's peak
UNEVEN = (1, 63, 64, 65, 7, 200, 16, 17, 1, 1, 130)
CLONES = ("zamtube", "zamcomp", "tube_saturator")
AWKWARD = (
    Parameter("Mix % \\ \"wet\"\n*/", minimum=-1.0, maximum=1.0), Parameter("input", "Hz", 20.0, 20000.0, 440.0, "log"),
    Parameter("class", "ms", 1.0, 100.0, 10.0, "points", points=(1.0, 10.0, 100.0)),
    Parameter("ü", default="B?\\", choices=("A", "B?\\", "C")),
)  # fmt: skip


def difference(played, model, sizes=UNEVEN, samples=1300, moves=0.3, seed=0):
    """Return the largest difference to NeuralEffect over the answer's peak."""
    script, audio, expected = turned_stream(model, samples, sizes, moves, seed)
    assert np.abs(expected).max() > 0.01
    return np.abs(played.play(audio, script) - expected).max() / np.abs(expected).max()


def plain(*layers, knobs=(), **fields):
    spec = ModelSpec(sample_rate=48000.0, layers=layers, knobs=knobs, **fields)
    return Model(spec, drawn_weights(spec, 1))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A WaveNet with knobs, compiled."""
    return Played(named_model("gated knobs"), tmp_path_factory.mktemp("header"))


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind(kind, tmp_path):
    model = random_model(0, kind)
    assert difference(Played(model, tmp_path), model) < CLOSE


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", LAYERS)
def test_many_models_of_every_kind(kind, tmp_path):
    for seed in range(1, 12):
        model = random_model(seed, kind)
        assert difference(Played(model, tmp_path), model) < CLOSE


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_in_use(name, tmp_path):
    model = named_model(name)
    assert difference(Played(model, tmp_path), model, samples=4000) < CLOSE


@pytest.mark.parametrize("name", CLONES)
def test_the_factory_clones_with_their_knobs_moving(name, tmp_path):
    model = load(clone_path(name))
    played = Played(model, tmp_path, f"{name}.h")
    assert difference(played, model, samples=4000) < CLOSE
    assert difference(played, model, (64,), samples=4000, moves=0.5, seed=1) < CLOSE


@pytest.mark.parametrize("sizes", [(1,), (64,), (480,), (17,), (4096,)], ids=str)
def test_blocks_of_one_size(small, sizes):
    assert difference(small, small.model, sizes, samples=2500, moves=0.02 if sizes == (1,) else 0.5) < CLOSE


def test_any_split_plays_as_one_call_does(small):
    audio, knobs = 0.3 * np.random.default_rng(3).standard_normal((1, 3000)), ["knob 0 0.7", "reset", "knob 1 0.9"]
    whole = small.play(audio, [*knobs, "block 3000"])
    for seed in range(6):
        cuts = np.sort(np.random.default_rng(seed).integers(0, 3001, 40))
        sizes = np.diff(cuts, prepend=0, append=3000)
        split = small.play(audio, [*knobs, *(f"block {size}" for size in sizes)])
        assert np.abs(split - whole).max() < 1e-6 * np.abs(whole).max()


def test_compilers_without_vector_types_and_machines_with_wide_ones(tmp_path):
    model = named_model("gated knobs")
    assert difference(Played(model, tmp_path, options=("-O2", "-DWETDRY_PLAIN_LANES")), model) < CLOSE
    assert difference(Played(model, tmp_path, options=("-O3", "-march=native")), model) < CLOSE


def test_the_count_of_allocations_counts(small):
    with pytest.raises(AssertionError, match="memory was allocated"):
        small.play(np.zeros((1, 64)), ["block 64", "allocate"])


def test_a_reset_forgets_everything(small):
    audio = 0.3 * np.random.default_rng(4).standard_normal((1, 1000))
    answer = small.play(np.concatenate([audio, audio], 1), ["reset", "block 777", "block 223", "reset", "block 1000"])
    assert np.array_equal(answer[:, :1000], answer[:, 1000:])


def test_input_that_is_no_number_counts_as_silence(small):
    audio = 0.3 * np.random.default_rng(5).standard_normal((1, 500)).astype(np.float32)
    clean, audio[0, [3, 100, 101]] = audio.copy(), (np.nan, np.inf, -np.inf)
    clean[0, [3, 100, 101]] = 0
    assert np.array_equal(small.play(audio, ["reset", "block 500"]), small.play(clean, ["reset", "block 500"]))


def test_a_net_that_overflows_is_silent_to_the_end_of_its_tile(tmp_path):
    model = plain(Conv1d(channels=1, kernel_size=2), prewarm_samples=0)
    weights = {"layers.0.weight": np.full((1, 1, 2), 3e38, np.float32), "layers.0.bias": np.ones(1, np.float32)}
    model, audio = Model(model.spec, weights), np.zeros((1, 256), np.float32)
    audio[0, 70:80] = 1.0
    answer = Played(model, tmp_path).play(audio, ["block 256"])[0]
    assert (answer[:64] == 1).all() and (answer[128:] == 1).all()
    assert (answer[71:128] == 0).all()
    assert np.isfinite(answer).all()


def test_knobs_of_every_scale_and_of_awkward_names(tmp_path):
    model = plain(KnobInputs(knobs=4), Dense(channels=6), Activation(name="tanh"), Dense(channels=1), knobs=AWKWARD)
    model = Model(model.spec, model.weights, metadata={"name": "Clean\\\n#error */ ??/", "gear_make": "Ü"})
    assert difference(Played(model, tmp_path, "class.hpp"), model) < CLOSE


def test_a_knob_beyond_its_range_is_limited(small):
    audio = 0.3 * np.random.default_rng(6).standard_normal((1, 500))
    beyond = small.play(audio, ["knob 0 7", "knob 1 -3", "knob 9 1", "knob 0 nan", "reset", "block 500"])
    assert np.array_equal(beyond, small.play(audio, ["knob 0 1", "knob 1 0", "reset", "block 500"]))


def test_its_first_setting_is_the_knobs_default(tmp_path):
    knobs = (Parameter("drive", default=0.8), Parameter("tone", default=0.1))
    spec = wavenet(48000, knobs, channels=4, dilations=(1, 2, 4))
    model = Model(spec, drawn_weights(spec, 2))
    audio = (0.3 * np.random.default_rng(7).standard_normal((1, 300))).astype(np.float32)
    expected = NeuralEffect(model, drive=0.8, tone=0.1)(audio[0], 48000)
    assert np.abs(Played(model, tmp_path).play(audio, ["block 300"])[0] - expected).max() < CLOSE * np.abs(expected).max()


def test_two_headers_stand_in_one_program(tmp_path):
    for name in ("clone.h", "lead.h"):  # clone is a function of the C library too
        named_model("nam nano").save(tmp_path / name)
    program = '#include "clone.h"\n#include "lead.h"\n#include <iterator>\n#include <sched.h>\n'
    program += "int main() { static wetdry::clone::Clone a; static wetdry::lead::Lead b; }\n"
    (tmp_path / "both.cpp").write_text(program)
    line = [installed_program("g++"), "-std=c++17", *WARNINGS, "-fsyntax-only", str(tmp_path / "both.cpp")]
    assert subprocess.run(line, capture_output=True, text=True).stderr == ""


def test_it_says_how_much_memory_it_takes(small):
    small.play(np.zeros((1, 1)), ["size"])
    said = re.search(r"Memory +(\d+) KiB in each object", small.header.read_text())
    assert said
    assert 0.95 < 1024 * int(said[1]) / int(small.printed) < 1.05


@pytest.mark.parametrize(
    "file, expected",
    [
        ("Amp clean-2.h", "amp_clean_2::AmpClean2"), ("5150.h", "model_5150::Model5150"), ("ü.hpp", "model::Model"),
        ("class.h", "model_class::ModelClass"), ("knob.h", "model_knob::ModelKnob"), ("_std_.h", "model_std::ModelStd"),
    ],
)  # fmt: skip
def test_names_come_from_the_file(file, expected, tmp_path):
    named_model("nam nano").save(tmp_path / file)
    assert f"{expected} net;" in (tmp_path / file).read_text()


def test_the_same_model_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        named_model("gru 10").save(tmp_path / name / "amp.h")
    assert (tmp_path / "a/amp.h").read_bytes() == (tmp_path / "b/amp.h").read_bytes()


def test_what_no_compiler_would_bear_is_refused(tmp_path):
    for layers, field in (((Dense(channels=1024),) * 6, "weights"), ((Dense(channels=100), Conv1d(
            channels=1, kernel_size=2, dilation=1_900_000)), "layers")):  # fmt: skip
        with pytest.raises(CannotHold, match=f"cannot write header: {field}: "):
            plain(*layers).save(tmp_path / "large.h")
        assert not list(tmp_path.iterdir())
