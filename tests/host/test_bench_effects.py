"""The benchmark of effects: who is compared with whom, on equal terms; and what silence costs."""

import time

import numpy as np
import pytest

from wetdry.effects import REGISTRY, Gain
from wetdry.host import _pedalboard
from wetdry.host.benchmark.compiled_host import CompiledHost
from wetdry.host.benchmark.effects import RATE, contests, measure_effects
from wetdry.host.benchmark.silence import silence_ratio
from wetdry.host.benchmark.timing import best_pass
from wetdry.models.errors import UnknownName


def test_every_effect_takes_part():
    assert {name.split()[0] for name in contests()} == set(REGISTRY)


@pytest.mark.parametrize("name", [name for name, case in contests().items() if case.native and case.equal])
def test_compared_plugins_do_the_same(name):
    """Both put out something close: the same kind of sound at the same level, or a ratio of costs would mean nothing."""
    case = contests()[name]
    audio = (0.3 * np.random.default_rng(0).standard_normal(24000)).astype(np.float32)
    ours = case.make()(audio, RATE)
    theirs = _pedalboard.native_class(case.native[0])(**case.native[1])(audio, RATE)
    correlation = np.dot(ours, theirs) / np.sqrt(np.dot(ours, ours) * np.dot(theirs, theirs))
    assert correlation > 0.8


def test_measures_what_it_names():
    found = measure_effects(["Gain"], (64,), rounds=1, seconds=0.05, silence_seconds=0)
    (cost,) = found.costs
    assert (cost.name, cost.native, cost.buffer_size, found.silence) == ("Gain", "Gain", 64, {})
    assert cost.ratio == pytest.approx(cost.loop_ns / cost.native_loop_ns)
    with pytest.raises(UnknownName, match="Gain"):
        measure_effects(["Gian"])


def test_the_compiled_host_plays_effects():
    audio = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    assert np.array_equal(CompiledHost(Gain(gain_db=-6), 64).play(audio), Gain(gain_db=-6)(audio[:960], 48000))


def test_the_best_pass_counts_neither_the_first_nor_the_preparation():
    passes = []

    def play():
        time.sleep(0.02 if not passes else 0.001)
        passes.append(1)

    assert 1e6 <= best_pass(play, 1, seconds=0.01, prepare=lambda: time.sleep(0.005)) < 6e6
    assert len(passes) >= 4


def test_silence_that_costs_more_shows():
    class Slow:
        sample_rate = 8000

        def __call__(self, audio, rate, reset):
            time.sleep(0.0005 if audio.any() else 0.002)

    assert silence_ratio(Slow, seconds=0.5, rounds=1) > 1.5
