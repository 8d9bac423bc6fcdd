"""Blocks like the one before them take a shorter way: it gives the same samples, and nobody else's arrays."""

import numpy as np
import pytest

from wetdry.effects import Bitcrusher, TubeSaturator

RATE, SIZE, BLOCKS = 48000, 96, 12
LAYOUTS = {"mono": lambda x: x[0], "one row": lambda x: x[:1], "rows": lambda x: x, "columns": lambda x: x.T}


def sound(seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, (2, SIZE * BLOCKS)).astype(np.float32)


def cut(audio, layout, size=SIZE):
    return [LAYOUTS[layout](audio[:, i : i + size]) for i in range(0, audio.shape[1], size)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_equal_blocks_play_as_one_call(layout, dtype):
    effect, blocks = Bitcrusher(bit_depth=5, rate_hz=9000), [b.astype(dtype) for b in cut(sound(), layout)]
    before = [b.copy() for b in blocks]
    played = [effect(b, RATE, reset=False) for b in blocks]
    axis = 0 if layout in ("mono", "columns") else 1
    expected = LAYOUTS[layout](
        Bitcrusher(bit_depth=5, rate_hz=9000)(sound()[: 1 if layout in ("mono", "one row") else 2], RATE)
    )
    assert np.array_equal(np.concatenate(played, axis), expected)
    assert all(np.array_equal(a, b) for a, b in zip(blocks, before, strict=True))
    assert all(p.flags.c_contiguous and p.flags.owndata and p.dtype == np.float32 and p.flags.writeable for p in played[2:])


def test_what_was_returned_stays():
    effect, block = Bitcrusher(bit_depth=5), sound()[0, :SIZE]
    first, second = (effect(block, RATE, reset=False) for _ in range(2))
    third = effect(-block, RATE, reset=False)
    third[:] = 7.0
    assert np.array_equal(effect(block, RATE, reset=False), second) and np.array_equal(first, second)


CHANGES = {
    "knob": lambda effect: setattr(effect, "drive_db", 40.0),
    "schedule": lambda effect: effect.schedule(6 * SIZE + 5, "drive_db", 40.0),
    "rebuild": lambda effect: setattr(effect, "oversampling", 4),
    "reset": lambda effect: effect.reset(),
    "state": lambda effect: setattr(effect, "state", TubeSaturator(oversampling=2).state),
    "another rate": lambda effect: effect(sound()[0], 44100, reset=False),
    "more channels": lambda effect: effect(sound(), RATE, reset=False),
    "a whole signal": lambda effect: effect(sound()[0], RATE),
    "nothing": lambda effect: effect(np.zeros(0, np.float32), RATE, reset=False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_comes_between_two_blocks_is_heard(change):
    def played(sizes):
        effect, out = TubeSaturator(oversampling=2), []
        for half in np.split(sound()[0], 2):
            out += [effect(block, RATE, reset=False) for block in np.split(half, np.cumsum(sizes)[:-1])]
            CHANGES[change](effect)
        return np.concatenate(out)

    assert np.array_equal(played([SIZE] * 6), played([91, 101] * 3))  # the latter never two of a size in a row
