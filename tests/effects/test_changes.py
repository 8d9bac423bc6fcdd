"""What happens when an effect rebuilds its parts while it plays: a new impulse response, model or oversampling."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wetdry import Chain, Mix
from wetdry.effects import TubeSaturator
from wetdry.effects.effect import Effect
from wetdry.effects.fade import FADE_SECONDS
from wetdry.effects.kernels.kernel import TILE, Kernel
from wetdry.effects.kernels.program import Part
from wetdry.models.errors import InvalidValue
from wetdry.models.parameter import Parameter

RATE = 48000
FADE = round(FADE_SECONDS * RATE)


def _scale(audio, start, frames, clock, knobs, memory, state, weights):
    for channel in range(audio.shape[0]):
        for i in range(frames):
            audio[channel, start + i] *= weights[0] * knobs[0, clock % 64 + i]
    memory[0] += frames


SCALE = Kernel(_scale)


class Scale(Effect):
    """Times a structural factor, times a smoothed level; counts what it played."""

    parameters_table = (
        Parameter("factor", choices=(1.0, -2.0, 3.0), default=1.0, automatable=False),
        Parameter("level", "", 0.0, 2.0, 1.0),
        Parameter("late", choices=(False, True), default=False, automatable=False),
    )

    def _latency(self, sample_rate):
        return 10 if self.late else 0

    def _parts(self, sample_rate, channels):
        return [Part(SCALE, self._knobs(), memory=np.zeros(1), weights=np.array([self.factor], np.float32))]


def test_new_parts_fade_in_from_the_next_tile():
    effect, audio = Scale(), np.ones(4000, np.float32)
    first = effect(audio[:1000], RATE, reset=False)
    effect.factor = 3.0
    wet = np.concatenate([first, effect(audio[1000:], RATE, reset=False)])
    start = -(-1000 // TILE) * TILE
    assert np.array_equal(wet[:start], np.ones(start))
    assert np.array_equal(wet[start + FADE :], np.full(4000 - start - FADE, 3.0))
    steps = np.diff(wet[start - 1 : start + FADE + 1])
    assert steps.min() > 0
    assert steps.max() < 1.01 * 2.0 / FADE


def test_knobs_under_way_and_the_other_effects_go_on():
    def played(change):
        steady, switched = TubeSaturator(drive_db=20, oversampling=1), Scale(level=0.5)
        board, audio = Chain([steady, switched]), 0.3 * np.random.default_rng(0).standard_normal(4000).astype(np.float32)
        first = board(audio[:1000], RATE, reset=False)
        switched.level = 1.5
        steady.tone_hz = 900
        middle = board(audio[1000:1100], RATE, reset=False)
        if change:
            switched.factor = -2.0
        return np.concatenate([first, middle, board(audio[1100:], RATE, reset=False)])

    plain, changed = played(False), played(True)
    start = -(-1100 // TILE) * TILE
    assert np.array_equal(changed[:start], plain[:start])
    assert np.allclose(changed[start + FADE :], -2.0 * plain[start + FADE :], atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 3000), max_size=10), when=st.integers(1, 2999), again=st.integers(0, 1500))
def test_splits_give_the_same_samples(cuts, when, again):
    audio = np.random.default_rng(1).standard_normal(3000).astype(np.float32)
    moves = {when: -2.0, min(when + again, 2999): 3.0}

    def played(edges):
        effect = Scale()
        parts = []
        for a, b in itertools.pairwise(sorted({0, 3000, *moves, *edges})):
            if a in moves:
                effect.factor = moves[a]
            parts.append(effect(audio[a:b], RATE, reset=False))
        return np.concatenate(parts)

    assert np.array_equal(played(cuts), played([]))


def test_another_latency_ends_the_stream_in_place_and_starts_one():
    dry, effect = np.arange(3000, dtype=np.float32) / 3000, TubeSaturator(oversampling=1)
    board, parts = Mix([None, effect], gains_db=[0, -120]), []
    for at, oversampling in ((0, 1), (700, 8), (1400, 2), (2100, 1)):
        effect.oversampling = oversampling
        parts.append(board(dry[at : at + 700], RATE, reset=False))
    wet = np.concatenate(parts)
    assert [len(part) for part in parts[1:]] != [700] * 3
    assert np.allclose(wet, dry[: len(wet)], atol=1e-5)  # the branches stay aligned


def test_between_streams_nothing_fades():
    effect, audio = Scale(), np.ones(500, np.float32)
    effect(audio, RATE)
    effect.factor = 3.0
    assert np.array_equal(effect(audio, RATE), 3 * audio)


def test_structural_knobs_cannot_be_automated():
    effect = Scale()
    with pytest.raises(InvalidValue, match="cannot be automated"):
        effect.schedule(10, "factor", 3.0)
    assert not effect.parameters["factor"].parameter.automatable


def test_memory_is_seen_wherever_it_plays():
    effect, audio = Scale(), np.ones(500, np.float32)
    assert effect._memory_of(0) is None
    effect(audio, RATE, reset=False)
    assert effect._memory_of(0)[0] == 500
    board = Chain([TubeSaturator(), effect])
    board(audio[:200], RATE, reset=False)
    assert effect._memory_of(0)[0] == 200


def test_state_restores_after_a_change():
    effect, audio = Scale(), np.random.default_rng(2).standard_normal(4000).astype(np.float32)
    effect(audio[:700], RATE, reset=False)
    effect.factor = 3.0
    effect(audio[:2000], RATE, reset=False)
    state = effect.state
    expected = effect(audio, RATE, reset=False)
    other = Scale(factor=3.0)
    other.state = state
    assert np.array_equal(other(audio, RATE, reset=False), expected)


def test_a_knob_turned_in_the_same_gap_moves_too():
    effect = Scale()
    effect(np.ones(6400, np.float32), RATE, reset=False)
    effect.level = 0.25
    effect.factor = 3.0
    wet = effect(np.ones(9600, np.float32), RATE, reset=False)
    assert wet[0] > 0.9  # from where the knob stood
    assert wet[-1] == pytest.approx(0.75)
