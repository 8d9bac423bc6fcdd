"""The convolution kernel against scipy's, in float64: any length, any cut in time, any start, any machine."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_machines import RESTRICTED, runs_here

from wetdry.effects.kernels.convolution import LADDER, convolution_part, level_sizes
from wetdry.effects.kernels.convolution_code import module
from wetdry.effects.kernels.convolution_layout import partitions
from wetdry.effects.kernels.fft import Fourier
from wetdry.effects.kernels.kernel import TILE
from wetdry.effects.kernels.machine import ARM64
from wetdry.effects.kernels.native import assembly
from wetdry.effects.kernels.program import Program

NO_KNOBS = np.zeros(0)
LEVELS = {TILE: (TILE,), 1400: (TILE,), 9600: (TILE, 512), 30000: (TILE, 512, 4096)}  # taps → partitions


def noise(*shape, seed=0):
    return (0.3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def response(length, responses=1, seed=1):
    return noise(responses, length, seed=seed) * np.exp(-4 * np.arange(length) / length).astype(np.float32)


def started(taps, channels, clock=0):
    program = Program([convolution_part(taps, channels)], 48000.0, channels)
    program.reset(NO_KNOBS)
    if clock:
        program.start_at(clock)
    return program


def played(taps, audio, cuts=(), clock=0):
    """Return audio (channels, samples) as played by a program in blocks that end at `cuts`."""
    program, blocks = started(taps, len(audio), clock), []
    for block in np.split(audio, sorted(cuts), axis=1):
        blocks.append(block.copy())
        program.process(blocks[-1])
    return np.concatenate(blocks, axis=1)


def exact(taps, audio):
    from scipy.signal import fftconvolve

    rows = np.broadcast_to(taps, (len(audio), taps.shape[1])).astype(float)
    return fftconvolve(audio.astype(float), rows, axes=1)[:, : audio.shape[1]]


def error(wet, wanted):
    return np.abs(wet - wanted).max() / np.abs(wanted).max()


@pytest.mark.parametrize("length", [1, 2, 63, 64, 65, 127, 128, 129, 1000, 1499, 1500, 9600, 16000, 48000, 144000])
def test_equals_scipy(length):
    audio, taps = noise(1, 2 * length + 20000), response(length)
    assert error(played(taps, audio), exact(taps, audio)) < 1e-6


@given(st.integers(1, 5000), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_equals_scipy_at_any_length(length, seed):
    audio, taps = noise(1, 7000, seed=seed), response(length, seed=seed + 1)
    assert error(played(taps, audio), exact(taps, audio)) < 1.5e-6


def test_every_tap_arrives_where_it_belongs():
    taps = np.arange(1, 20001, dtype=np.float32)[None] / 20000
    impulse = np.zeros((1, 20000), np.float32)
    impulse[0, 0] = 1
    assert np.abs(played(taps, impulse) - taps).max() < 1e-6


@pytest.mark.slow
def test_the_longest_partitions():
    audio, taps = noise(1, 400000), response(300000)
    assert error(played(taps, audio), exact(taps, audio)) < 1e-6


@pytest.mark.parametrize("length", LEVELS)
@given(cuts=st.lists(st.integers(0, 12000), max_size=12), fine=st.integers(0, 11000))
@settings(max_examples=15, deadline=None)
def test_the_same_to_the_bit_for_any_blocks(length, cuts, fine):
    audio, taps = noise(2, 12000), response(length, 2)
    cuts = [*cuts, *range(fine, fine + 200, 3)]
    assert np.array_equal(played(taps, audio, cuts), played(taps, audio))


@pytest.mark.parametrize("length", LEVELS)
@pytest.mark.parametrize("tiles", [1, 7, 63, 1000])
def test_starts_at_any_tile(length, tiles):
    audio, taps = noise(1, 10000), response(length)
    assert np.array_equal(played(taps, audio, clock=tiles * TILE), played(taps, audio))


@pytest.mark.parametrize("length", LEVELS)
def test_channels_share_a_response_or_have_their_own(length):
    audio, taps = noise(2, 12000), response(length, 2)
    together = played(taps, audio)
    for channel in range(2):
        alone = played(taps[channel : channel + 1], audio[channel : channel + 1])
        assert np.array_equal(together[channel], alone[0])
        assert np.array_equal(played(taps[channel : channel + 1], audio)[channel], alone[0])


def test_many_partitions_of_a_level_wrap_round_its_past():
    audio, taps = noise(1, 60000), response(9600)
    assert error(played(taps, audio)[:, -5000:], exact(taps, audio)[:, -5000:]) < 1e-6


@pytest.mark.parametrize("length", [1, 64, 65, 1499, 1500, 16000, 240000, 1440000])
def test_partitions_cover_the_response_once(length):
    sizes = level_sizes(length)
    counts = partitions(length, sizes)
    at = TILE
    for size, count in zip(sizes, counts, strict=True):
        assert size == TILE or at == 2 * size  # a level has the time of one partition to work
        at += size * count
    assert at >= length > at - sizes[-1] or length <= TILE
    assert list(sizes) == [size for size in LADDER if length >= LADDER[size]]


@pytest.mark.parametrize("lanes", [4, 8])
@pytest.mark.parametrize("size", LADDER)
def test_the_order_of_frequencies_is_a_permutation(size, lanes):
    assert sorted(Fourier(size, lanes).order) == list(range(size))


RENDER = """
import sys, numpy as np
sys.path.insert(0, sys.argv[1])
from test_convolution import LEVELS, noise, played, response
from wetdry.effects.kernels.machine import host
np.savez(sys.argv[2], lanes=host().lanes, **{str(n): played(response(n, 2), noise(2, 20000)) for n in LEVELS})
"""


@pytest.mark.parametrize("name", RESTRICTED)
def test_lesser_machines_play_the_same(name, tmp_path):
    if not runs_here(name):
        pytest.skip(f"this processor has no {name}")
    cpu, features = RESTRICTED[name]
    own = {"NUMBA_CPU_NAME": cpu, "NUMBA_CPU_FEATURES": features, "WETDRY_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", RENDER, str(Path(__file__).parent), str(tmp_path / "wet.npz")]
    done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "wet.npz") as there:
        assert there["lanes"] == {"avx2": 8, "sse2": 4}[name]
        for length in LEVELS:
            audio, taps = noise(2, 20000), response(length, 2)
            assert error(there[str(length)], exact(taps, audio)) < 1e-6


@pytest.mark.skipif(platform.machine() in ("aarch64", "arm64"), reason="it is run here, above")
def test_aarch64_code_is_emitted_and_not_run():
    text = assembly(module((TILE, 512), ARM64), ARM64)
    assert len(re.findall(r"\bfml[as]\s+v\d+\.4s", text)) > 100
    assert "wetdry_kernel:" in text
