"""`wetdry bench` as a user meets it."""

import json
import sys

import pytest
from command import refused, wetdry
from random_model import random_model

from wetdry.host.benchmark.budgets import BUDGETS
from wetdry.host.benchmark.engines import ENGINES
from wetdry.models.spec import wavenet


@pytest.fixture
def folder(tmp_path):
    random_model(wavenet(48000, channels=4, dilations=(1, 2, 4))).save(tmp_path / "small.safetensors")
    (tmp_path / "text.nam").write_text("no model")
    return tmp_path


def test_bench_prints_and_writes_what_it_measured(folder):
    against = f"'{sys.executable}' -c 'print(1e6)' {{model}} {{block}}"
    done = wetdry("bench", "small.safetensors", "--block", "64,1000", "--engines", "all", "--against", against, "--rounds", 2,
                  "--seconds", 0.2, "--json", "out/bench.json", "--plot", "out/bench.png", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    for word in ("ns a", "p99.9", "devi-", "ours / ", "fresh process", "seed 0", "numpy", *ENGINES):
        assert word in done.stdout, word
    found = json.loads((folder / "out/bench.json").read_text())["files"][0]
    assert {name: [t["buffer_size"] for t in rows] for name, rows in found["timings"].items()} == {
        n: [64, 1000] for n in ENGINES
    }
    assert [r["buffer_size"] for r in found["ratios"]] == [64, 1000]
    assert found["ratios"][0]["theirs_ns"] == 1e6
    assert (found["rounds"], found["seed"], found["seconds"]) == (2, 0, 0.2)
    assert found["machine"]["processor"]
    assert (folder / "out/bench.png").read_bytes().startswith(b"\x89PNG")


BAD = {
    "nothing to do": ([], ["model file"]),
    "no file": (["none.nam"], ["none.nam"]),
    "no model": (["text.nam"], ["text.nam", "not a model file"]),
    "unknown engine": (["small.safetensors", "--engines", "torhc"], ["did you mean torch"]),
    "bad block": (["small.safetensors", "--block", "64,x"], ["--block 'x'"]),
    "block 0": (["small.safetensors", "--block", "0"], ["--block '0'"]),
    "no block": (["small.safetensors", "--block", ","], ["--block is empty"]),
    "no rounds": (["small.safetensors", "--rounds", "0"], ["rounds = 0"]),
    "no seconds": (["small.safetensors", "--seconds", "0"], ["seconds = 0"]),
    "failing engine": (
        ["small.safetensors", "--block", "64", "--rounds", "1", "--against", "false {model}"],
        ["--against false"],
    ),
    "figure's suffix": (["small.safetensors", "--plot", "bench.doc"], ["bench.doc", ".png"]),
    "slim on one size": (["small.safetensors", "--slim", "0.5"], ["slim"]),
    "bad activation": (["small.safetensors", "--activation", "quick"], ["activation", "exact, fast"]),
}


@pytest.mark.parametrize(("arguments", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_line(folder, arguments, words):
    refused(wetdry("bench", *arguments, cwd=folder), *words)


@pytest.mark.slow
def test_bench_seed_budgets(folder):
    done = wetdry("bench", "--seed-budgets", "--rounds", 1, "--seconds", 0.5, "--json", "budgets.json", cwd=folder)
    assert done.returncode == 0, done.stderr
    for word in (*BUDGETS, "budget", "pedalboard", "TCN-300", "peak"):
        assert word in done.stdout
    found = json.loads((folder / "budgets.json").read_text())["seed_budgets"]
    assert [net["name"] for net in found["nets"]] == list(BUDGETS)
    assert all(net["ns_per_sample"] < net["from_python_ns"] for net in found["nets"])


def test_bench_of_effects(tmp_path):
    arguments = ["--effects", "TubeSaturator", "CabinetIR", "Gain", "--rounds", 1, "--seconds", 0.05, "--silence", 1]
    done = wetdry("bench", *arguments, "--json", "out/effects.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("TubeSaturator 1x", "TubeSaturator 8x", "beside Distortion", "CabinetIR 1 s", "beside Convolution", "ratio",
                 "quiet", "1 rounds", "seed 0", "pedalboard"):  # fmt: skip
        assert word in done.stdout, word
    found = json.loads((tmp_path / "out/effects.json").read_text())
    gains = [cost for cost in found["costs"] if cost["name"] == "Gain"]
    assert [cost["buffer_size"] for cost in gains] == [64, 512]
    assert all(cost["ratio"] > 0 and cost["native_called_ns"] > 0 for cost in gains)
    assert set(found["silence"]) == {cost["name"] for cost in found["costs"]}
    assert found["machine"]["processor"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["TubeSaturater"], ["did you mean TubeSaturator"]), (["--plot", "a.png"], ["wetdry effects NAME --plot"]),
    (["--silence", "-1"], ["--silence -1"]), (["--rounds", "0"], ["rounds = 0"]), (["--block", "x"], ["--block 'x'"]),
])  # fmt: skip
def test_bad_bench_of_effects_is_one_line(tmp_path, arguments, words):
    refused(wetdry("bench", "--effects", *arguments, cwd=tmp_path), *words)
