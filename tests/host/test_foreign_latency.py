"""The latency of foreign blocks and rates: against counting sample by sample, and what the SDKs give."""

from math import gcd

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry.effects.effect import Effect
from wetdry.effects.kernels.program import Part
from wetdry.effects.kernels.resampler import resampled, resampling_latency
from wetdry.effects.kernels.wire import WIRE
from wetdry.host.foreign import Facts, host_latency
from wetdry.host.foreign.stream import Stream, block_and_latency


def counted(host_block, model_block, up, down, lag, pushes):
    """Return the largest shortage over a stream of host blocks, counted."""
    worst = 0
    for pushed in range(0, pushes * host_block, host_block):
        inner = -(-pushed * up // down)
        answered = max(0, inner // model_block * model_block - lag)
        worst = max(worst, pushed - -(-answered * down // up))
    return worst


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([(1, 1), (2, 1), (1, 3), (7, 5), (3, 8)]), st.integers(0, 30))
@settings(max_examples=150, deadline=None)
def test_it_is_what_counting_finds(host_block, model_block, rates, lag):
    up, down = rates
    least = -(-(lag + 2 * model_block) * down // (up * host_block))
    pushes = least + 2 * up * down * model_block
    assert host_latency(host_block, model_block, up, down, lag) == counted(host_block, model_block, up, down, lag, pushes)


@given(st.integers(1, 3000), st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_between_equal_rates_it_is_the_largest_remainder(host_block, model_block):
    remainders = [k * host_block % model_block for k in range(model_block // gcd(host_block, model_block))]
    assert host_latency(host_block, model_block) == max(remainders)


@pytest.mark.parametrize(("host", "model", "samples"), [(512, 2048, 1536), (2048, 512, 0), (480, 2048, 2016), (1, 2048, 2047)])
def test_figures_to_know(host, model, samples):
    assert host_latency(host, model) == samples


class Passing:
    """A program that passes its input on, of any facts."""

    kind = "wire"

    def __init__(self, **facts):
        self.facts = Facts(**facts)

    def voice(self):
        return self

    state = {}  # noqa: RUF012

    def reset(self):
        pass

    def play(self, audio, knobs):
        return audio


class ResampledWire(Effect):
    """Our compiled resampler, there and back."""

    inner_rate = 0.0

    def _parts(self, sample_rate, channels):
        return [resampled(Part(WIRE), sample_rate, self.inner_rate, channels)]

    def _latency(self, sample_rate):
        return resampling_latency(sample_rate, self.inner_rate)


def noise(samples, seed=0):
    return (0.3 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


@pytest.mark.parametrize(("host", "inner"), [(44100.0, 48000.0), (48000.0, 44100.0), (96000.0, 48000.0), (48000.0, 16000.0)])
@pytest.mark.parametrize("size", [(), (100,)])
def test_another_rate_sounds_as_in_our_own_resampler(host, inner, size):
    """The same samples as the compiled kernel, due at the reported latency, in blocks of every size."""
    program, audio = Passing(sample_rates=(inner,), block_sizes=size), noise(5000)
    block, latency = block_and_latency(program.facts, host, 1)
    stream = Stream(program, program.voice(), host, inner, block)
    parts, random = [], np.random.default_rng(1)
    while stream.pushed < len(audio):
        piece = audio[stream.pushed :][: int(random.integers(1, 300))]
        stream.push(piece[None], np.zeros(0, np.float32))
        due = max(0, stream.pushed - latency) - stream.taken
        assert stream.available >= due
        parts.append(stream.take(due))
    effect = type("Wire", (ResampledWire,), {"inner_rate": inner})()
    wanted = effect(audio, host)[: len(audio) - latency]
    assert np.abs(np.concatenate(parts, 1)[0] - wanted).max() < 2e-6
    assert latency >= effect.latency_samples and (size or latency == effect.latency_samples)
