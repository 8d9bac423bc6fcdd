"""Engines side by side: all play the same samples, take turns, and fail in one line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from random_model import random_model

from wetdry import NeuralEffect
from wetdry.host.benchmark.against import OutsideEngine
from wetdry.host.benchmark.budgets import BUDGETS, measure_calls, measure_tcn
from wetdry.host.benchmark.compiled_host import CompiledHost
from wetdry.host.benchmark.engines import engine
from wetdry.host.benchmark.fresh import fresh_start
from wetdry.host.benchmark.race import Ratio, race_engines, race_outside
from wetdry.host.benchmark.seeded import seeded_model
from wetdry.host.benchmark.timing import LEAST_BLOCKS, cut
from wetdry.models.errors import InvalidValue, PluginError, UnknownName
from wetdry.models.spec import WaveNet, wavenet

sys.path.append(str(Path(__file__).parents[1] / "models"))
from named_specs import SHAPES

RATE = 48000


def noise(samples, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def small_model():
    return random_model(wavenet(RATE, channels=4, dilations=(1, 2, 4)))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["torch", "torchscript", "onnxruntime"])
def test_engines_play_the_same_samples(name, shape):
    """Every layer kind, streamed with explicit states, against our player: no engine is timed on another net."""
    spec = SHAPES[shape]
    if not isinstance(spec.layers[0], WaveNet) and spec.receptive_field == 1:
        spec = spec.model_copy(update={"prewarm_samples": 0})
    model, audio = seeded_model(spec, seed=1), noise(64 * LEAST_BLOCKS)
    wanted = NeuralEffect(model)(audio, spec.sample_rate)
    player = engine(name, model, 64)
    for _ in range(2):  # a reset starts the same stream again
        player.reset()
        played = np.concatenate([np.array(player(block)) for block in cut(audio, 64)])
        assert np.abs(played - wanted).max() <= 1e-5 * max(np.abs(wanted).max(), 1e-3)


@pytest.mark.parametrize("size", [1, 17, 64, 500])
def test_the_compiled_host_plays_what_the_effect_plays(size):
    model, audio = small_model(), noise(3000)
    played = CompiledHost(model, size).play(audio)
    assert np.array_equal(played, NeuralEffect(model)(audio, RATE)[: len(played)])
    assert len(played) == 3000 // size * size
    assert CompiledHost(model, size).best_pass(audio, seconds=0.01) > 0


def test_engines_take_turns():
    found = race_engines(small_model(), ["ours", "torch"], noise(4800), 64, rounds=3)
    assert list(found) == ["ours", "torch"]
    assert found["ours"].blocks == 3 * 75
    assert found["ours"].ns_per_sample < found["torch"].ns_per_sample
    with pytest.raises(UnknownName, match="did you mean torch"):
        race_engines(small_model(), ["torche"], noise(4800), 64, 1)
    with pytest.raises(InvalidValue, match="rounds = 0"):
        race_engines(small_model(), ["ours"], noise(4800), 64, 0)


@pytest.mark.parametrize(("name", "module", "extra"), [("torch", "torch", "train"), ("onnxruntime", "onnxruntime", "onnx"),
                                                       ("onnxruntime", "onnx", "onnx")])  # fmt: skip
def test_an_engine_that_is_not_installed_says_how_it_would_be(name, module, extra, tmp_path):
    small_model().save(tmp_path / "small.safetensors")
    code = (
        f"import sys; sys.modules[{module!r}] = None\nimport wetdry\n"
        "from wetdry.host.benchmark.comparison import compare\nfrom wetdry.models.errors import MissingExtra\n"
        "path = 'small.safetensors'\n"
        f"try: compare(path, engines=[{name!r}], rounds=1, seconds=0.1)\nexcept MissingExtra as error: print(error)\n"
        "found = compare(path, engines=['all'], rounds=1, seconds=0.1)\nprint(sorted(found.left_out), 'ours' in found.timings)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert f"pip install 'wetdry[{extra}]'" in lines[0]
    assert name in lines[1]
    assert lines[1].endswith("True")


# outside engines


def outside(body, timeout=20.0):
    return OutsideEngine(f"'{sys.executable}' -c '{body}' {{model}} {{block}} {{seconds}}", timeout)


def test_the_command_is_given_model_and_block(tmp_path):
    body = 'import sys; m, b, s = sys.argv[1:]; print("7 warnings"); print("passes 9, ns/sample", len(m) + float(b) + float(s))'
    path = tmp_path / "with space.nam"
    assert outside(body).best_pass(path, 128, 0.5) == len(str(path)) + 128.5


def test_no_shell_reads_the_command(tmp_path):
    command = f"'{sys.executable}' -c 'import sys; print(len(sys.argv), 3.5)' '$HOME; touch {tmp_path}/made' {{model}}"
    assert OutsideEngine(command).best_pass(Path("a; touch b.nam"), 64, 1.0) == 3.5
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("body", "words"), [
    ("import sys; sys.exit(3)", "exit code 3: and says nothing"),
    ("raise SystemExit(\"no such model\")", "exit code 1: no such model"),
    ("print(\"fast\")", "its last line is 'fast'"),
    ("print(5); print(\"done\")", "its last line is 'done'"),
    ("print(-5)", "must end in ns a sample"),
    ("print(0)", "must end in ns a sample"),
    ("pass", "its last line is ''"),
    ("import time; time.sleep(60)", "no answer within 0.5 s"),
])  # fmt: skip
def test_an_engine_that_fails_is_one_line(body, words):
    with pytest.raises(PluginError, match="--against") as caught:
        outside(body, timeout=0.5 if "sleep" in body else 20.0).best_pass(Path("a.nam"), 64, 1.0)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_commands_that_cannot_start():
    with pytest.raises(PluginError, match="cannot be started"):
        OutsideEngine("/no/such/engine {model}").best_pass(Path("a.nam"), 64, 1.0)
    for command in ("", "'"):
        with pytest.raises(InvalidValue, match="--against"):
            OutsideEngine(command)


def test_the_ratio_is_that_of_the_medians_with_its_spread():
    ratio = Ratio.of("theirs", 64, [100, 110, 120], [200, 100, 240])
    assert (ratio.ours_ns, ratio.theirs_ns, ratio.ratio) == (110, 200, 0.55)
    assert (ratio.least, ratio.most, ratio.rounds) == (0.5, 1.1, 3)


def test_ours_and_theirs_take_turns(tmp_path):
    log = tmp_path / "log"
    body = f'open("{log}", "a").write("theirs\\n"); print(1e6)'
    ratio = race_outside(small_model(), Path("a.nam"), outside(body), noise(4800), 64, rounds=3)
    assert log.read_text() == "theirs\n" * 3
    assert ratio.theirs_ns == 1e6
    assert 0 < ratio.ratio < 0.01


# budgets, the peak, a fresh process


def test_the_budgets_name_the_nets_and_their_sizes():
    weights = {name: seeded_model(build()).weight_count for name, (build, _) in BUDGETS.items()}
    assert weights == {"LSTM 8": 361, "LSTM 16": 1233, "LSTM 32": 4513, "GRU 10": 401, "WaveNet nano": 841,
                       "WaveNet standard": 13801}  # fmt: skip
    assert {name: limit for name, (_, limit) in BUDGETS.items()} == {
        "LSTM 8": 50, "LSTM 16": 100, "LSTM 32": 200, "GRU 10": 40, "WaveNet nano": 150, "WaveNet standard": 500}  # fmt: skip


def test_calls_and_the_tcn_are_measured():
    calls = measure_calls(rounds=1)
    assert 0 < calls.theirs_us < 1000
    assert calls.ratio == pytest.approx(calls.ours_us / calls.theirs_us)
    tcn = measure_tcn(rounds=1, seconds=0.2)
    assert tcn.multiply_adds == 40512  # its convolutions, 1x1 shortcuts included
    assert 0 < tcn.peak_fraction < 1  # no net does more than the loop that does nothing else
    assert tcn.peak > 1e9


def test_seeded_models_repeat():
    spec = wavenet(RATE, channels=2, dilations=(1,))
    first, same, other = (seeded_model(spec, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first.weights[n], same.weights[n]) for n in first.weights)
    assert not all(np.array_equal(first.weights[n], other.weights[n]) for n in first.weights)


def test_a_fresh_process_plays_the_file(tmp_path):
    small_model().save(tmp_path / "small.safetensors")
    start = fresh_start(tmp_path / "small.safetensors")
    assert 0 < start.load_seconds < 10
    assert 0 < start.first_block_seconds < 20
    if sys.platform == "linux":
        assert -1e6 < start.resident_bytes < 500e6
    (tmp_path / "broken.nam").write_text("{}")
    with pytest.raises(PluginError, match=r"broken\.nam cannot be played"):
        fresh_start(tmp_path / "broken.nam")
