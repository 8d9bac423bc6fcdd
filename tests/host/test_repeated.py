"""A chain's blocks that are like the one before take a shorter way: the same samples, whatever comes between them."""

import threading

import numpy as np
import pytest

from wetdry import Chain, Gain, TubeSaturator
from wetdry.host.benchmark.chains import in_line

pedalboard = pytest.importorskip("pedalboard")
RATE, SIZE, BLOCKS = 48000, 96, 12
LAYOUTS = {"mono": lambda x: x[0], "one row": lambda x: x[:1], "rows": lambda x: x, "columns": lambda x: x.T,
           "apart in memory": lambda x: np.repeat(x, 2, axis=1)[:, ::2]}  # fmt: skip
CHAINS = {
    "ours": lambda: Chain([TubeSaturator(oversampling=2), Gain()]),
    "natives": lambda: Chain([pedalboard.Gain(0), pedalboard.Reverb(), pedalboard.BrickwallLimiter()]),
    "a nested run": lambda: Chain([Chain([pedalboard.Gain(0)]), pedalboard.HighpassFilter(200)]),
    "mixed": lambda: Chain([pedalboard.Gain(0), TubeSaturator(oversampling=2), pedalboard.HighpassFilter(200)]),
}


def sound(seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (2, SIZE * BLOCKS)).astype(np.float32)


def streamed(chain, audio, sizes, between=lambda chain: None):
    """Play each half in blocks of these sizes; `between` comes after either."""
    out, at = [], 0
    for _ in range(2):
        for size in sizes:
            out.append(chain(audio[..., at : at + size], RATE, reset=False))
            at += size
        between(chain)
    return np.concatenate(out, axis=-1)


@pytest.fixture(params=CHAINS)
def make(request):
    return CHAINS[request.param]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_equal_blocks_play_as_one_call(make, layout, dtype):
    chain, audio = make(), sound()
    blocks = [LAYOUTS[layout](audio[:, i : i + SIZE]).astype(dtype) for i in range(0, audio.shape[1], SIZE)]
    before = [block.copy() for block in blocks]
    played = [chain(block, RATE, reset=False) for block in blocks]
    wet = np.concatenate(played, axis=0 if layout in ("mono", "columns") else 1)
    whole = make()(LAYOUTS[layout](audio), RATE)
    length = BLOCKS * SIZE - chain.latency_samples
    assert np.array_equal(wet, whole[:length] if layout in ("mono", "columns") else whole[:, :length])
    assert all(np.array_equal(a, b) for a, b in zip(blocks, before, strict=True))
    assert all(p.dtype == np.float32 and p.flags.writeable and not np.shares_memory(p, b)
               for p, b in zip(played, blocks, strict=True))  # fmt: skip


def test_what_was_returned_stays(make):
    chain, block = make(), sound()[:, :SIZE]
    played = [chain(block, RATE, reset=False) for _ in range(20)]
    kept = [p.copy() for p in played]
    chain(-block, RATE, reset=False)
    assert all(np.array_equal(a, b) for a, b in zip(played, kept, strict=True))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_callers_audio_is_left_alone(make, layout):
    """Whole signals and blocks, bad samples included; a graph over other rates and channel counts."""
    hurt = sound()
    hurt[:, 5:7] = np.nan
    audio = LAYOUTS[layout](hurt)
    before = audio.copy()
    audio.flags.writeable = False
    processors = list(make())
    for player in (make(), in_line(processors)):
        for rate, reset in ((RATE, True), (RATE, True), (44100, False), (RATE, False), (RATE, False), (96000, True)):
            for part in (audio, LAYOUTS["mono"](sound())):
                wet = player(part, rate, reset=reset)
                assert np.isfinite(wet).all() and not np.shares_memory(wet, part)
    assert np.array_equal(audio, before, equal_nan=True)


def turned(chain):
    """Turn the first knob there is: 12 dB louder, or more drive."""
    first = chain[0][0] if isinstance(chain[0], Chain) else chain[0]
    if isinstance(first, pedalboard.Gain):
        first.gain_db = 12
    else:
        first.drive_db = 30


def refused(chain):
    with pytest.raises(ValueError, match="sample_rate"):
        chain(sound()[:, :SIZE], -1, reset=False)


CHANGES = {
    "knob": turned,
    "reset": lambda chain: chain.reset(),
    "one more": lambda chain: chain.append(TubeSaturator(oversampling=1)),
    "one less": lambda chain: chain.pop() if len(chain) > 1 else None,
    "more inside": lambda chain: chain[0].append(Gain(gain_db=-20)) if isinstance(chain[0], Chain) else None,
    "another rate": lambda chain: chain(sound()[:, :SIZE], 44100, reset=False),
    "one channel": lambda chain: chain(sound()[0, :SIZE], RATE, reset=False),
    "a whole signal": lambda chain: chain(sound(), RATE),
    "nothing": lambda chain: chain(np.zeros((2, 0), np.float32), RATE, reset=False),
    "refused": refused,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_comes_between_two_blocks_is_heard(make, change):
    """Blocks never alike two in a row do not take the shorter way."""
    alike = streamed(make(), sound(), [SIZE] * 6, CHANGES[change])
    unlike = streamed(make(), sound(), [SIZE, 95, 94, 96, 95, 100], CHANGES[change])
    assert np.array_equal(alike, unlike)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_bad_samples_count_as_silence_among_alike_blocks(make, bad, channels):
    audio = sound() if channels == 2 else sound()[0]
    hurt, silenced = audio.copy(), audio.copy()
    hurt[..., 7 * SIZE + 5], silenced[..., 7 * SIZE + 5] = bad, 0
    wet = streamed(make(), hurt, [SIZE] * 6)
    assert np.isfinite(wet).all()
    assert np.array_equal(wet, streamed(make(), silenced, [SIZE] * 6))


def test_the_loudest_samples_are_finite():
    loud = np.full((2, SIZE), 3e38, np.float32)
    chain = Chain([pedalboard.Gain(-40)])
    for _ in range(3):
        assert np.allclose(chain(loud, RATE, reset=False), loud * np.float32(0.01), rtol=1e-5)


def test_two_threads_share_a_chain(make):
    """Each block comes out whole, whoever plays: of two threads that stream silence, none hears anything but it."""
    chain, errors = make(), []

    def play():
        for _ in range(300):
            wet = chain(np.zeros((2, SIZE), np.float32), RATE, reset=False)
            if wet.any() or wet.shape[0] != 2:
                errors.append(wet)

    threads = [threading.Thread(target=play) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_what_is_changed_inside_is_played():
    inner = Chain([Gain()])
    outer, ones = Chain([Chain([inner]), None]), np.ones(64, np.float32)
    assert outer(ones, RATE)[0] == 1
    inner.append(Gain(gain_db=-20))
    assert outer(ones, RATE)[0] == pytest.approx(0.1)
    outer[0].pop()
    inner.append(Gain(gain_db=-20))  # no longer inside
    assert outer(ones, RATE)[0] == 1


def test_nothing_stands_in_itself_or_twice_by_a_detour():
    gain, inner = Gain(), Chain()
    outer = Chain([gain, inner])
    with pytest.raises(ValueError, match="cannot stand in itself"):
        inner.append(outer)
    with pytest.raises(ValueError, match="cannot stand in itself"):
        outer.append(outer)
    outer(np.ones(8, np.float32), RATE)
    inner.append(gain)
    with pytest.raises(ValueError, match="stands twice"):
        outer(np.ones(8, np.float32), RATE)
