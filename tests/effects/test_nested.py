"""Kernels played inside a kernel give the samples they give in series, and are found on disk by the next process."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wetdry.effects.kernels.kernel import TILE, Kernel
from wetdry.effects.kernels.nested import in_series, own_weights, play_inner, wrap
from wetdry.effects.kernels.program import Knob, Part, Program
from wetdry.effects.neural import compile_model
from wetdry.models import Model
from wetdry.models.spec import wavenet

RATE, OWN, SAMPLES = 48000.0, own_weights(2), 3000


def _low_pass(audio, start, frames, clock, knobs, memory, state, weights):
    for channel in range(audio.shape[0]):
        for i in range(frames):
            memory[channel] += knobs[1, clock % TILE + i] * (audio[channel, start + i] - memory[channel])
            audio[channel, start + i] = knobs[0, clock % TILE + i] * memory[channel]


LOW_PASS = Kernel(_low_pass)


def _between(audio, start, frames, clock, knobs, memory, state, weights):
    """Low-pass, a gain of the kernel's own, net; a count of samples and the last sample before the gain are kept."""
    play_inner(0, audio, start, frames, clock, knobs, memory, state, weights)
    for channel in range(audio.shape[0]):
        for i in range(frames):
            state[channel] = audio[channel, start + i]
            audio[channel, start + i] *= knobs[0, clock % TILE + i] * weights[OWN]
    memory[0] += frames
    play_inner(1, audio, start, frames, clock, knobs, memory, state, weights)


BETWEEN = Kernel(_between)


def _gain(audio, start, frames, clock, knobs, memory, state, weights):
    for channel in range(audio.shape[0]):
        for i in range(frames):
            audio[channel, start + i] *= knobs[0, clock % TILE + i] * weights[0]


GAIN = Kernel(_gain)


def parts():
    spec = wavenet(RATE, channels=4, dilations=(1, 5, 70))
    random = np.random.default_rng(0)
    model = Model(spec, {n: (0.4 * random.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()})
    played = compile_model(model, 2)
    net = Part(played.kernel, (), played.memory, played.state, played.weights, spec.silence_before)
    low_pass = Part(LOW_PASS, [Knob(10.0, 1.0)] * 2, np.zeros(2))
    own = Part(GAIN, [Knob(5.0, 1.0)], np.zeros(1), np.zeros(2, np.float32), np.float32([0.25]))
    return low_pass, own, net


def noise():
    return (0.3 * np.random.default_rng(1).standard_normal((2, SAMPLES))).astype(np.float32)


def played_inside(sizes=(SAMPLES,)):
    low_pass, own, net = parts()
    program = Program([wrap(BETWEEN, [low_pass, net], own)], RATE, 2)
    program.reset(np.array([0.7, 1.5, 0.4]))
    audio, at, out = noise(), 0, []
    while at < SAMPLES:
        block = np.ascontiguousarray(audio[:, at : at + sizes[len(out) % len(sizes)]])
        program.process(block)
        at += block.shape[1]
        out.append(block)
    return np.concatenate(out, axis=1), program


def played_in_series():
    low_pass, own, net = parts()
    program, audio = Program([low_pass, own, net], RATE, 2), noise()
    program.reset(np.array([1.5, 0.4, 0.7]))
    program.process(audio)
    return audio


def test_an_emitted_and_a_plain_kernel_inside_another_give_what_they_give_in_series():
    inside, program = played_inside()
    expected = played_in_series()
    # the low-pass passes silence on, so that the net alone is prewarmed in both
    assert np.array_equal(inside, expected) and np.abs(inside).max() > 0.01
    assert program.arrays["memory"][0] == SAMPLES + -(-parts()[2].prewarm_samples // TILE) * TILE


def test_parts_in_series_as_one():
    chain, audio = parts(), noise()
    part = in_series(chain)
    program = Program([part], RATE, 2)
    program.reset(np.array([1.5, 0.4, 0.7]))
    program.process(audio)
    assert np.array_equal(audio, played_in_series())
    assert part.prewarm_samples == chain[2].prewarm_samples
    assert in_series([chain[0]]) is chain[0]


def test_split_anywhere():
    whole, _ = played_inside()
    split, _ = played_inside((1, 63, 64, 65, 7, 200))
    assert np.array_equal(split, whole)


def test_addresses_lie_in_the_weights_alone():
    low_pass, own, net = parts()
    part = wrap(BETWEEN, [low_pass, net], own)
    low, high = low_pass.kernel.address % 2**24, low_pass.kernel.address // 2**24
    assert part.weights[:2].tolist() == [low, high]
    for kept in (part.memory, part.state):
        assert not np.isin([low, high, low_pass.kernel.address], kept).any()


def test_an_address_above_48_bits_is_refused():
    class Far:
        address = 1 << 48

    with pytest.raises(OverflowError, match="48 bits"):
        wrap(BETWEEN, [Part(Far()), Part(Far())], parts()[1])


def test_the_next_process_finds_the_kernel_on_disk(tmp_path):
    program = "import test_nested as t; t.BETWEEN.address; print(t.BETWEEN._compiled.cache_hits)"
    hits = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", program], cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
            env={"PATH": "/usr/bin", "NUMBA_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)},
        )  # fmt: skip
        hits.append(int(run.stdout))
    assert hits == [0, 1]
