"""Foreign models stand wherever a plugin stands: layouts, errors, copies, states, containers, captures."""

import copy
import json
import pickle
import subprocess
import sys

import numpy as np
import program_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from program_playing import RATE, noise, streamed

from wetdry import Chain, Mix, TubeSaturator, load_plugin
from wetdry.host.capture.target import Target, as_processor, identity_of, rows_of
from wetdry.host.recipe import build, describe
from wetdry.models.errors import InvalidValue, LayoutError, PluginError


@pytest.fixture
def echo(tmp_path):
    return load_plugin(files.echo_onnx(tmp_path / "echo.onnx"), parameter_values={"drive": 0.9, "tone": 0.25})


@given(st.lists(st.integers(1, 399), max_size=8), st.sampled_from([44100, 48000]))
@settings(max_examples=20, deadline=None)
def test_any_split_any_rate(cuts, rate):
    model = any_split_any_rate_model()
    audio = noise(400)
    assert np.array_equal(streamed(model, audio, cuts, rate), model(audio, rate))


def any_split_any_rate_model(made=[]):  # noqa: B006  (one for all examples)
    import tempfile
    from pathlib import Path

    if not made:
        folder = tempfile.mkdtemp()
        made.append(load_plugin(files.echo_onnx(Path(folder) / "echo.onnx"), sample_rate=48000))
    return made[0]


def test_layouts_and_errors_are_those_of_an_effect(echo):
    audio = noise(300, channels=2)
    both = echo(audio, RATE)
    assert np.array_equal(echo(audio.T.copy(), RATE).T, both)
    assert np.array_equal(echo(audio[0].astype(np.float64), RATE), both[0])
    kept = audio.copy()
    echo(audio, RATE)
    assert np.array_equal(audio, kept)
    with pytest.raises(LayoutError):
        echo.reset()
        echo(np.zeros((3, 3), np.float32), RATE)
    with pytest.raises(InvalidValue, match="sample_rate"):
        echo(audio, 0)
    assert echo(np.zeros(0, np.float32), RATE).shape == (0,)
    assert {"drive", "process"} <= set(dir(echo)) and echo.is_effect and not echo.is_instrument


def test_it_pickles_copies_and_prints(echo, tmp_path):
    audio = noise(200)
    wanted = echo(audio, RATE)
    for twin in (pickle.loads(pickle.dumps(echo)), copy.copy(echo), eval(repr(echo))):
        assert (twin.drive, twin.tone) == (0.9, 0.25)
        assert np.array_equal(twin(audio, RATE), wanted)
        twin.drive = 0.1
    assert echo.drive == 0.9
    torch_model = load_plugin(files.scripted(files.PlainConv(), tmp_path / "p.ts"), trusted=True, buffer_size=64)
    assert repr(eval(repr(torch_model))) == repr(torch_model) and "trusted=True" in repr(torch_model)


@pytest.mark.parametrize("rate", [48000, 44100])
def test_a_state_replays(rate, tmp_path):
    model = load_plugin(files.echo_onnx(tmp_path / "echo.onnx"), sample_rate=48000)
    assert model.state == {}
    audio = noise(500, channels=2)
    model(audio[:, :211], rate, reset=False)
    state = {name: array.copy() for name, array in model.state.items()}
    wanted = model(audio[:, 211:], rate, reset=False)
    twin = copy.copy(model)
    twin.state = state
    assert np.array_equal(twin(audio[:, 211:], rate, reset=False), wanted)
    assert not np.array_equal(copy.copy(model)(audio[:, 211:], rate, reset=False)[:, :50], wanted[:, :50])
    plain = load_plugin(files.scripted(files.PlainConv(), tmp_path / "plain.ts"), trusted=True)
    plain(audio, rate, reset=False)
    with pytest.raises(PluginError, match="keeps its state to itself"):
        _ = plain.state


def test_chains_mixes_and_recipes_take_it(echo):
    audio, tube = noise(500, channels=2), TubeSaturator(drive_db=6)
    alone = echo(audio, RATE)
    chain = Chain([echo, tube])
    assert chain.latency_samples == 2 + tube.latency_samples
    early = slice(0, 500 - chain.latency_samples)  # at the end the echo rings on into the saturator
    assert np.array_equal(chain(audio, RATE)[:, early], TubeSaturator(drive_db=6)(alone, RATE)[:, early])
    assert chain.parameters["tone"].value == 0.25
    mix = Mix([copy.copy(echo), None])
    assert np.allclose(mix(audio, RATE), alone + audio, atol=1e-6)
    recipe = json.loads(json.dumps(describe(Chain([copy.copy(echo)]))))
    assert np.array_equal(build(recipe)(audio, RATE), alone)
    mix.reset()
    stream = [mix(audio[:, a:b], RATE, reset=False) for a, b in [(0, 7), (7, 9), (9, 500)]]  # a block of 2 by 2 among them
    assert np.allclose(np.concatenate(stream, 1), (alone + audio)[:, :498], atol=1e-6)


def test_a_capture_takes_it_for_a_target(echo):
    target = Target(as_processor(echo.path), RATE)
    target.turn({"drive": 0.9, "tone": 0.25})
    audio = noise(400)
    assert np.array_equal(target.play(audio), echo(audio, RATE))
    assert rows_of(echo, {"drive": (0.1, 0.5)})[0].maximum == 0.5
    identity = identity_of(echo)
    assert (identity["name"], identity["format"], len(identity["sha256"])) == ("echo", "ONNX", 64)


@pytest.mark.parametrize(("module", "extra"), [("torch", "train"), ("onnxruntime", "onnx")])
def test_engines_load_when_a_file_needs_them(module, extra, tmp_path):
    path = tmp_path / ("m.ts" if module == "torch" else "m.onnx")
    path.write_bytes(b"")
    code = (
        "import sys, wetdry; from wetdry import load_plugin, Chain\n"
        f"assert not {{'torch', 'onnxruntime', 'onnx'}} & set(sys.modules)\nsys.modules[{module!r}] = None\n"
        f"try: load_plugin({str(path)!r}, trusted=True)\nexcept wetdry.models.errors.MissingExtra as e: print(e)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"pip install 'wetdry[{extra}]'" in done.stdout
