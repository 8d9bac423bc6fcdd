"""What every effect must do with a stream: any blocks, knobs that move, latency, tail."""

import itertools

import numpy as np
import pytest
from conforming import EFFECTS, RATE, automatable, noise, presets_of, scripted, scripts_of, settings_of, streamed, structural
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wetdry import Chain
from wetdry.effects import Gain

DRAWN = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))  # shared machines stall
STEPPED = {"Bitcrusher"}  # steps are its sound
SMEARED = {"RandomizedOverdrive"}  # random taps, some of them later than the first
MANNERS = {("NeuralDelay", "time_mode")}  # how another knob moves: heard only then
QUIET_DB = -80.0
LONGEST_TAIL_SECONDS = 20.0


@pytest.mark.parametrize("name", EFFECTS)
@DRAWN
@given(data=st.data())
def test_any_split_gives_the_same_samples(name, data):
    make, channels = EFFECTS[name], data.draw(st.sampled_from([1, 2]))
    effect, audio = make(**data.draw(settings_of(make))), noise(2000, channels)
    whole = effect(audio, RATE)
    effect.reset()
    wet = streamed(effect, audio, data.draw(st.lists(st.integers(0, 2000), max_size=12)))
    assert wet.shape[1] == 2000 - effect.latency_samples
    assert np.array_equal(wet, whole[:, : wet.shape[1]])


@pytest.mark.parametrize("name", [name for name, make in EFFECTS.items() if automatable(make())])
@DRAWN
@given(data=st.data())
def test_any_split_gives_the_same_samples_while_knobs_move(name, data):
    make, audio = EFFECTS[name], noise(1500)
    values, script = data.draw(settings_of(make)), data.draw(scripts_of(make, 1500))
    whole = scripted(make, script, values)(audio, RATE, reset=False)
    assert np.isfinite(whole).all()
    cuts = data.draw(st.lists(st.integers(0, 1500), max_size=8))
    assert np.array_equal(streamed(scripted(make, script, values), audio, cuts), whole)


@pytest.mark.parametrize("name", [name for name, make in EFFECTS.items() if structural(make())])
@DRAWN
@given(data=st.data())
def test_any_split_gives_the_same_samples_while_it_is_rebuilt(name, data):
    make, audio = EFFECTS[name], noise(3000)
    knobs = structural(make())
    places = st.tuples(st.integers(1, 2999), st.sampled_from(sorted(knobs)), st.floats(0, 1))
    moves = data.draw(st.lists(places, min_size=1, max_size=3, unique_by=lambda move: move[0]))

    def played(cuts):
        effect, parts = make(), []
        for a, b in itertools.pairwise(sorted({0, 3000, *cuts, *(sample for sample, _, _ in moves)})):
            for sample, knob, raw in moves:
                if sample == a:
                    effect.parameters[knob].raw_value = raw
            parts.append(effect(audio[a:b], RATE, reset=False))
        return np.concatenate(parts), effect.latency_samples

    (whole, latency), (wet, _) = played(()), played(data.draw(st.lists(st.integers(0, 3000), max_size=8)))
    assert np.isfinite(whole).all()
    assert 3000 - latency <= len(whole) <= 3000  # where the last change comes late, its latency is still owed
    assert np.array_equal(wet, whole)


def test_a_knob_set_between_blocks_equals_one_scheduled_there(make):
    for name in automatable(make()):
        audio, moved, scheduled = noise(1000), make(), make()
        target = moved.parameters[name].parameter.from_raw(0.9)
        first = moved(audio[:333], RATE, reset=False)
        setattr(moved, name, target)
        wet = np.concatenate([first, moved(audio[333:], RATE, reset=False)])
        scheduled.schedule(333, name, target)
        assert np.array_equal(scheduled(audio, RATE, reset=False), wet)
        assert getattr(scheduled, name) == target


def test_every_knob_is_heard(make):
    """Two positions of each knob sound different, in some variant of the effect at some preset."""
    kind, audio = type(make()), noise(6000, 2)
    variants = [variant for variant in EFFECTS.values() if type(variant()) is kind]

    def heard(name, variant, values):
        wets = []
        for raw in (0.1, 0.9):
            effect = variant(**values)
            effect.parameters[name].raw_value = raw
            wets.append(effect(audio, RATE))
        return not np.allclose(*wets, atol=1e-5)

    for name in make().parameters:
        if (kind.__name__, name) in MANNERS:
            continue
        tried = ((variant, values) for variant in variants for values in [{}, *presets_of(variant)])
        assert any(heard(name, variant, values) for variant, values in tried if name in variant().parameters), name


def test_knob_moves_do_not_click(name, make):
    """A full-range move on a slow sine adds no step larger than the wet signal's own steps allow."""
    if name in STEPPED:
        pytest.skip("it steps by design")
    sine = (0.1 * np.sin(2 * np.pi * 50 * np.arange(9600) / RATE)).astype(np.float32)
    for knob in automatable(make()):
        effect = make()
        bound = effect.parameters[knob]
        bound.raw_value = 0.2
        effect.schedule(4800, knob, bound.parameter.from_raw(0.8))
        wet = effect(sine, RATE)
        steps, before = np.abs(np.diff(wet[4700:])), np.abs(np.diff(wet[2400:4700]))
        settled = np.abs(np.diff(wet[9000:]))
        span = np.ptp(wet)
        assert steps.max() < 2 * max(before.max(), settled.max()) + 0.02 * span, knob


def test_reset_starts_over(make):
    effect, audio = make(), noise(500)
    first = effect(audio, RATE)
    effect(noise(700, seed=3), RATE, reset=False)
    effect.reset()
    wet = effect(audio, RATE, reset=False)
    assert np.array_equal(wet, first[: len(wet)])
    effect(noise(700, 2, seed=3), 44100 if not getattr(effect, "sample_rate", None) else RATE)
    assert np.array_equal(effect(audio, RATE), first)  # other channels, another rate: nothing stays


def test_output_is_aligned_with_the_input(name, make):
    """After compensation noise comes out where it went in: the cross-correlation peaks at no delay, within a filter's own."""
    if name in SMEARED:
        pytest.skip("its memory is its sound")
    effect, audio = make(), noise(8000)
    wet = effect(audio, RATE).astype(np.float64)
    lags = np.arange(-200, 201)
    middle = slice(1000, 7000)
    heard = [abs(np.dot(np.roll(audio, lag)[middle], wet[middle])) for lag in lags]
    assert abs(lags[int(np.argmax(heard))]) <= 12


def test_latency_is_what_a_stream_leaves_out(make):
    for rate in (RATE, 44100):
        effect = make()
        if getattr(effect, "sample_rate", None) not in (None, rate):
            continue
        wet = effect(noise(3000), rate, reset=False)
        assert len(wet) == 3000 - effect.latency_samples
        assert len(effect(noise(100), rate, reset=False)) == 100
        assert len(effect(noise(3000), rate)) == 3000


def test_the_tail_ends_when_it_says(make):
    """After `tail_seconds` of silence the output is at rest, 80 dB below its peak, at the defaults and at every preset."""
    for values in [{}, *presets_of(make)]:
        effect = make(**values)
        tail = effect.tail_seconds
        assert tail >= 0
        if tail > LONGEST_TAIL_SECONDS or getattr(effect, "dither", "none") != "none":
            continue  # dither never ends
        loud = np.clip(3 * noise(RATE // 2) + 0.3, -1, 1)  # with an offset, which a DC block forgets last
        start = effect(loud, RATE, reset=False)
        silence = effect.latency_samples + round((tail + 0.3) * RATE)
        rest = effect(np.zeros(silence, np.float32), RATE, reset=False)[-round(0.3 * RATE) :]
        assert np.ptp(rest) < 2 * 10 ** (QUIET_DB / 20) * max(np.abs(start).max(), 1e-6), (values, tail)


def test_plays_alike_in_a_chain(make):
    audio = noise(2000, 2)
    alone = Gain(gain_db=-3)(make()(audio, RATE), RATE)
    board = Chain([make(), Gain(gain_db=-3)])
    assert board.latency_samples == make().latency_samples
    assert np.abs(board(audio, RATE) - alone).max() <= 1e-6 * np.abs(alone).max()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_chains_of_any_effects_give_the_same_samples_for_any_split(data):
    names = data.draw(st.lists(st.sampled_from(sorted(EFFECTS)), min_size=2, max_size=4))
    effects = [EFFECTS[name](**data.draw(settings_of(EFFECTS[name]))) for name in names]
    board, audio = Chain(effects), noise(2500, data.draw(st.sampled_from([1, 2])))
    whole = board(audio, RATE)
    assert board.latency_samples == sum(effect.latency_samples for effect in effects)
    board.reset()
    wet = streamed(board, audio, data.draw(st.lists(st.integers(0, 2500), max_size=8)))
    assert np.array_equal(wet, whole[:, : 2500 - board.latency_samples])
    if any(effect.latency_samples for effect in effects[:-1]):
        return  # what follows then starts at another sample of its clock than it would alone
    alone = audio
    for effect in effects:
        effect.reset()
        alone = effect(alone, RATE, reset=False)
    assert np.allclose(wet[:, : alone.shape[1]], alone[:, : wet.shape[1]], rtol=0, atol=1e-5 * np.abs(alone).max())
