"""What a study measures, against what is known beforehand."""

import numpy as np
import pytest

from wetdry.host.study.costs import Racer, call_cost, race
from wetdry.host.study.figures import BlockCost, Spread
from wetdry.host.study.material import settings_of, stretches, sweep_of
from wetdry.host.study.quality import Passage, Questions, Sweep, quality
from wetdry.host.study.starts import start_of
from wetdry.host.study.streaming import unreported_delay
from wetdry.models import Parameter
from wetdry.models.metrics import esr

RATE = 48000.0
KNOB = Parameter("square", "", 0.0, 0.4, 0.1)


class Curve:
    """x + square · x², and an echo of the sample before."""

    latency_samples = 0

    def __init__(self, square, echo=0.0):
        self.square, self.echo = square, echo
        self.reset()

    def reset(self):
        self.last = np.float32(0)

    def __call__(self, block):
        before = np.concatenate([[self.last], block[:-1]])
        self.last = block[-1]
        return (block + self.square * block**2 + self.echo * before).astype(np.float32)


def asked(echo=0.0):
    draw = np.random.default_rng(1)
    passages = []
    for square in (0.1, 0.3):
        dry = (0.2 * draw.standard_normal(24000)).astype(np.float32)
        passages.append(Passage("noise", dry, Curve(square)(dry), {"square": square}))
    sweep = Sweep((0.0, 0.2, 0.4), tuple({"square": s} for s in (0.0, 0.2, 0.4)), (-12.0,) * 3)
    return Questions(passages, sweep, {"square": 0.1}, RATE)


def test_harmonics_and_errors_are_those_of_the_curve():
    questions = asked()
    itself, answers = quality(lambda values, size: Curve(values["square"]), questions)
    assert itself.esr.most == 0.0 and itself.esr.count == 2 and itself.thd_error_percent == 0.0
    assert all(np.array_equal(a, p.wet) for a, p in zip(answers, questions.passages, strict=True))
    level = 10 ** (-12 / 20)
    for tone, square in zip(itself.thd, (0.0, 0.2, 0.4), strict=True):  # sin² = (1 - cos 2x) / 2
        assert tone.at == square and tone.thd_percent == pytest.approx(100 * square * level / 2, rel=1e-3, abs=2e-4)
        assert tone.harmonics_dbfs[0] == pytest.approx(-12.0, abs=0.01)
    assert itself.aliasing_db < -100 and len(itself.aliasing) == 9
    truth = tuple(tone.thd_percent for tone in itself.thd)
    echoing, answers = quality(lambda values, size: Curve(0.0, echo=0.1), Questions(
        questions.passages, questions.sweep, questions.values, RATE, truth))  # fmt: skip
    assert echoing.esr.mean == pytest.approx(np.mean([esr(p.wet, a) for p, a in zip(questions.passages, answers, strict=True)]))
    assert echoing.esr.mean > 0.01 and echoing.thd_error_percent == pytest.approx(np.mean(truth), rel=1e-3)


def test_a_late_reference_is_brought_forward():
    questions = asked()
    late = 5

    class Late(Curve):
        def reset(self):
            super().reset()
            self.past = np.zeros(late, np.float32)

        def __call__(self, block):
            whole = np.concatenate([self.past, super().__call__(block)])
            self.past = whole[len(block) :]
            return whole[: len(block)]

    found, _ = quality(lambda values, size: Late(values["square"]), questions, late)
    assert found.esr.most == 0.0


def test_the_call_is_told_apart_from_the_compute():
    def cost(size, time_us):
        same = Spread(time_us, 0.0, time_us, time_us, 5)
        return BlockCost(size, 1000, *[same] * 9)

    found = call_cost([cost(size, 30.0 + size * 0.25) for size in (16, 64, 512, 4096)])
    assert found.call_us == pytest.approx(30.0, rel=1e-6) and found.compute_ns == pytest.approx(250.0, rel=1e-6)
    assert found.half_block == pytest.approx(120.0, rel=1e-6) and found.worst_error < 1e-6
    free = call_cost([cost(size, size * 0.25) for size in (16, 4096)])
    assert free.call_us < 1e-9 and free.half_block < 1e-6
    busy = call_cost([cost(size, 30.0 + size * 0.25 + 9000.0 * (size == 4096)) for size in (16, 64, 512, 1024, 4096)])
    assert busy.call_us == pytest.approx(30.0, rel=1e-3) and busy.worst_error > 0.5
    bent = call_cost([cost(16, 10.0), cost(64, 10.0), cost(256, 100.0)])
    assert bent.worst_error > 0.2


def test_all_take_turns_and_every_run_counts():
    turns = []

    class Noting(Curve):
        def __init__(self, name):
            self.name = name
            super().__init__(0.1)

        def reset(self):
            super().reset()
            turns.append(self.name)

    audio = np.zeros(9600, np.float32)
    racers = {"a": Racer(Noting("a")), "b": Racer(Noting("b"), lambda audio: 7.0)}
    turns.clear()
    found = race(racers, audio, 64, runs=3, sample_rate=RATE, turn_seconds=0.02)
    assert turns == ["a", "b"] * 4  # a warm-up, then each run
    for name, cost in found.items():
        assert cost.buffer_size == 64 and cost.p99_us.count == 3 and cost.blocks > 3
        assert cost.average_us.mean == pytest.approx(cost.ns_per_sample.mean * 64 / 1000)
        assert cost.p50_us.mean <= cost.p99_us.mean <= cost.p999_us.mean <= cost.max_us.mean, name
        assert cost.jitter_us.mean == pytest.approx(cost.p99_us.mean - cost.p50_us.mean)
    assert found["a"].loop_ns_per_sample is None and found["b"].loop_ns_per_sample.mean == 7.0


def test_passages_are_of_recordings_no_training_hears():
    settings = settings_of((KNOB,), {"square": 0.25, "other": 1}, seed=0)
    assert settings[0] == {"square": 0.25} and len({s["square"] for s in settings}) == 5
    capturing = {"excitation_seconds": 8.0}
    parts = stretches(None, RATE, 0, 1.0, len(settings), capturing)
    assert [p.split for p in parts] == ["test", "test"] and all(len(p.audio) == RATE for p in parts)
    few = stretches(None, RATE, 0, 1.0, 1, capturing)
    assert len(few) == 6  # one setting: each recording gives three stretches


def test_tones_turn_a_knob_or_climb_in_level():
    name, unit, sweep = sweep_of((KNOB,), {"square": 0.1, "other": 1})
    assert (name, unit, len(sweep.at)) == ("square", "", 7) and sweep.at[0] == 0.0 and sweep.at[-1] == 0.4
    assert sweep.settings[-1] == {"square": 0.4, "other": 1} and set(sweep.levels_dbfs) == {-12.0}
    switch = Parameter("mode", choices=("a", "b"), default="a")
    name, unit, sweep = sweep_of((switch,), {"mode": "a"})
    assert (name, unit) == ("", "dBFS") and sweep.at == sweep.levels_dbfs and sweep.at[-1] == 0.0


def test_an_effect_of_ours_is_late_by_nothing_it_does_not_report():
    from wetdry import TubeSaturator

    assert unreported_delay(TubeSaturator(), RATE) == 0


def test_a_system_that_tells_no_memory_leaves_it_out():
    said = {
        "library_seconds": 0.5,
        "load_seconds": 0.1,
        "first_block_seconds": 0.2,
        "library_bytes": None,
        "resident_bytes": None,
    }
    start = start_of([said, {**said, "load_seconds": 0.3}])
    assert start.load_seconds.mean == pytest.approx(0.2) and start.library_bytes is None and start.resident_bytes is None
