"""The benchmark itself: its figures are those of the processor, whatever that is."""

import json
import statistics
import time

import numpy as np
import pytest
from random_model import random_model

import wetdry.host.benchmark as benchmark
from wetdry import Chain, NeuralEffect, TubeSaturator
from wetdry.effects import Gain
from wetdry.host.benchmark import Benchmark, Timing
from wetdry.host.benchmark.timing import LEAST_BLOCKS, cut
from wetdry.models import load
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.spec import wavenet

RATE = 48000


def noise(samples, seed=0):
    return (0.2 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def small_model():
    return random_model(wavenet(RATE, channels=4, dilations=(1, 2, 4)))


# the figures


def test_a_timing_sums_up_the_blocks():
    nanoseconds = np.arange(1, 1001) * 1000  # 1 to 1000 µs
    timing = Timing.of(np.random.default_rng(0).permutation(nanoseconds), 10, 48000.0)
    assert (timing.p50_us, timing.p99_us, timing.p999_us, timing.max_us) == (501.0, 991.0, 1000.0, 1000.0)
    assert timing.jitter_us == 490.0
    assert timing.deviation_us == pytest.approx(statistics.pstdev(range(1, 1001)))
    assert timing.ns_per_sample == pytest.approx(50_050.0)
    assert timing.samples_per_second == pytest.approx(1e9 / 50_050)
    assert timing.real_time_factor == pytest.approx(1e9 / 48000 / 50_050)


@pytest.mark.parametrize("size", [1, 7, 100, 101, 5000])
def test_every_block_is_full_whatever_the_audio(size):
    audio = np.stack([np.arange(100), -np.arange(100)]).astype(np.float32)
    blocks = cut(audio, size)
    assert len(blocks) == max(100 // size, LEAST_BLOCKS)
    assert {block.shape for block in blocks} == {(2, size)}
    assert all(block.flags.c_contiguous for block in blocks)
    played = np.concatenate(blocks, axis=1)
    assert np.array_equal(played[0], np.resize(np.arange(100), played.shape[1]))
    assert np.array_equal(played[1], -played[0])


def busy(microseconds):
    until = time.perf_counter_ns() + round(microseconds * 1000)
    while time.perf_counter_ns() < until:
        pass


def test_a_processor_of_known_cost():
    def processor(block):
        busy(200)
        return block

    (timing,) = Benchmark(processor, 64, RATE).run(noise(64 * 200)).report().timings
    assert timing.blocks == 200
    assert 200 <= timing.p50_us < 300
    assert timing.ns_per_sample * 64 / 1000 >= timing.p50_us * 0.9


def test_one_slow_block_is_the_maximum_and_not_the_median():
    calls = []

    def processor(block):
        calls.append(len(calls))
        if len(calls) == 400:
            busy(5000)
        return block

    before = 1 + 299 + 1  # the first call, the warm-up, the block after the reset
    (timing,) = Benchmark(processor, 10, RATE).run(noise(2990)).report().timings
    assert len(calls) == before + 299
    assert timing.max_us >= 5000
    assert timing.p99_us < 5000
    assert timing.jitter_us < 5000


def test_the_warm_up_is_not_counted():
    begun = []

    def processor(block):
        begun.append(time.perf_counter())
        if begun[-1] - begun[0] < 0.1:
            busy(500)
        return block

    report = Benchmark(processor, 8, RATE).run(noise(8 * 1000)).report()
    assert report.first_call_seconds >= 500e-6
    assert report.timings[0].blocks == 1000
    assert report.timings[0].p99_us < 500


def test_a_run_stops_in_time():
    def processor(block):
        busy(2000)
        return block

    begun = time.perf_counter()
    report = Benchmark(processor, 1, RATE).run(noise(100_000), longest_seconds=0.2).report()
    assert time.perf_counter() - begun < 5
    assert 1 <= report.timings[0].blocks <= 110


# what can be timed


class Stream:
    """An effect by its shape: counts resets, keeps what it was given."""

    def __init__(self):
        self.resets, self.blocks = 0, []

    def process(self, block, sample_rate, reset=True):
        assert (sample_rate, reset) == (44100.0, False)
        self.blocks.append(block)
        return block

    def reset(self):
        self.resets, self.blocks = self.resets + 1, []


def test_a_stream_starts_at_a_reset_and_plays_the_audio_in_order():
    stream, audio = Stream(), noise(64 * 40)
    Benchmark(stream, 64, 44100).run(audio)
    assert stream.resets == 2
    assert np.array_equal(np.concatenate(stream.blocks), np.concatenate([audio[:64], audio]))


def pedalboard_gain():
    import pedalboard

    return pedalboard.Pedalboard([pedalboard.Gain(-6)])


@pytest.mark.parametrize("make", [
    TubeSaturator, lambda: NeuralEffect(small_model()), lambda: Chain([Gain(), TubeSaturator()]), pedalboard_gain,
    lambda: np.tanh, lambda: lambda block: 0.5 * block,
], ids=["effect", "model", "chain", "pedalboard", "numpy", "function"])  # fmt: skip
@pytest.mark.parametrize("shape", [(3000,), (2, 3000)])
def test_any_processor(make, shape):
    audio = np.resize(noise(6000), shape)
    report = Benchmark(make(), (16, 64, 4096), RATE).run(audio).report()
    assert [t.buffer_size for t in report.timings] == [16, 64, 4096]
    assert all(0 < t.p50_us <= t.p99_us <= t.p999_us <= t.max_us for t in report.timings)
    assert report.channels == len(np.atleast_2d(audio))


def test_block_sizes_from_1_to_2048_without_audio_of_ones_own():
    report = Benchmark(Gain(), benchmark.BLOCK_SIZES, RATE).run(seed=3, longest_seconds=0.3).report()
    assert {1, 64, 2048} <= {t.buffer_size for t in report.timings}
    assert report.seed == 3
    assert report.timings[0].ns_per_sample > 10 * report.timings[-1].ns_per_sample  # a call costs what it costs


def test_the_report_of_a_model_file(tmp_path):
    model = small_model()
    model.save(tmp_path / "small.safetensors")
    report = Benchmark(NeuralEffect(load(tmp_path / "small.safetensors"))).run(noise(4800)).report()
    assert report.file_bytes == (tmp_path / "small.safetensors").stat().st_size
    assert 0 < report.load_seconds < 5
    assert report.weight_bytes >= 4 * model.weight_count - 4 * 16
    assert report.state_bytes > 0
    assert json.loads(json.dumps(report.to_dict()))["timings"][0]["buffer_size"] == 64
    text = str(report)
    assert "small.safetensors" in report.processor
    for word in ("p99.9", "numba", "load ", f"file {report.file_bytes / 1000:.1f} kB", "weights ", "state "):
        assert word in text


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: Benchmark(5), InvalidType, "cannot be timed"),
    (lambda: Benchmark(np.tanh, ()), InvalidValue, "buffer_size is empty"),
    (lambda: Benchmark(np.tanh, 0), InvalidType, "buffer_size = 0"),
    (lambda: Benchmark(np.tanh, 2**21), InvalidValue, "above"),
    (lambda: Benchmark(np.tanh, 64, -1.0), InvalidValue, "sample_rate"),
    (lambda: Benchmark(np.tanh).report(), InvalidValue, "call run"),
    (lambda: Benchmark(np.tanh).run(np.zeros(0, np.float32)), InvalidValue, "0 samples"),
    (lambda: Benchmark(np.tanh).run([0.0]), InvalidType, "list"),
    (lambda: Benchmark(np.tanh).run(np.zeros(9, int)), InvalidType, "int64"),
    (lambda: Benchmark(lambda block: None).run(), InvalidType, "returned NoneType"),
    (lambda: Benchmark(lambda block: block[None]).run(), InvalidType, "shape"),
    (lambda: Benchmark(lambda block: block + np.nan).run(), InvalidValue, "not finite"),
])  # fmt: skip
def test_what_cannot_be_timed_says_so(call, error, words):
    with pytest.raises(error, match=words):
        call()
