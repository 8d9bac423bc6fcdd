"""What a chain costs above its parts: the same sound on both sides, and figures that add up."""

import json

import numpy as np
import pytest
from command import refused, wetdry

from wetdry import Chain
from wetdry.host.benchmark.chains import NATIVES, RATE, ChainCost, in_line, measure_chains, natives, ten_effects
from wetdry.host.benchmark.text import chains_text

pedalboard = pytest.importorskip("pedalboard")
AUDIO = (0.3 * np.random.default_rng(0).standard_normal(4800)).astype(np.float32)


@pytest.mark.parametrize("name", NATIVES)
def test_all_sides_play_the_same(name):
    expected = pedalboard.Pedalboard(natives(name))(AUDIO, RATE)
    assert np.array_equal(Chain(natives(name))(AUDIO, RATE), expected)
    assert np.array_equal(in_line(natives(name))(AUDIO, RATE), expected)


def test_ten_cheap_effects():
    alone = AUDIO
    for effect in ten_effects():
        alone = effect(alone, RATE)
    assert len(ten_effects()) == 10
    assert np.allclose(Chain(ten_effects())(AUDIO, RATE), alone, atol=1e-6)
    assert np.array_equal(in_line(ten_effects())(AUDIO, RATE), Chain(ten_effects())(AUDIO, RATE))


def test_measures_every_case():
    found = measure_chains((64,), rounds=1, seconds=0.01)
    assert [(cost.name.split()[-2], cost.buffer_size) for cost in found.costs] == [
        ("our", 64), ("native", 64), ("native", 0), ("native", 64), ("native", 0)]  # fmt: skip
    for cost in found.costs:
        assert min(cost.parts_us, cost.chain_us, cost.graph_us) > 0
    assert chains_text(found)


def test_bars():
    assert ChainCost("ours", 64, "kernels", 2.0, 12.5, 2.0).over
    assert not ChainCost("ours", 64, "kernels", 2.0, 11.5, 11.0).over
    assert not ChainCost("ours", 512, "kernels", 2.0, 12.5, 2.0).over
    assert ChainCost("natives", 512, "pedalboard", 10.0, 10.5, 11.5).over
    assert not ChainCost("natives", 512, "pedalboard", 10.0, 10.5, 10.5).over


def test_the_command_prints_and_writes(tmp_path):
    done = wetdry("bench", "--chain", "--block", "64", "--rounds", 1, "--seconds", 0.01, "--json", "chains.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in ("ten of our effects", "four cheap native plugins", "kernels", "whole", "seed 0"):
        assert words in done.stdout
    assert len(json.loads((tmp_path / "chains.json").read_text())["costs"]) == 5


def test_the_command_takes_no_files(tmp_path):
    for extra in (["amp.nam"], ["--plot", "x.png"]):
        refused(wetdry("bench", "--chain", *extra, cwd=tmp_path), "--chain", "--plot")
