"""What every registered effect must do; a new effect gets all of this for free."""

import copy
import itertools
import pickle
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wetdry.effects import REGISTRY, Effect, NeuralEffect
from wetdry.models import Model, Parameter
from wetdry.models.errors import InvalidType, InvalidValue, LayoutError, UnknownName
from wetdry.models.spec import wavenet

RATE = 48000


def small_model(gating="none"):
    spec = wavenet(RATE, (Parameter("drive", "", 0, 10, 3), Parameter("tone")), channels=6, dilations=(1, 5, 40), gating=gating)
    generator = np.random.default_rng(5)
    weights = {n: (0.4 * generator.standard_normal(s)).astype(np.float32) for n, s in spec.weight_shapes.items()}
    return Model(spec, weights)


EFFECTS = {name: kind for name, kind in REGISTRY.items()}
EFFECTS["NeuralEffect with a model"] = lambda **knobs: NeuralEffect(small_model(), **knobs)
EFFECTS["NeuralEffect gated"] = lambda **knobs: NeuralEffect(small_model("gated"), **knobs)


@pytest.fixture(params=EFFECTS, ids=str)
def make(request):
    return EFFECTS[request.param]


def noise(samples=3000, channels=None, seed=0):
    shape = samples if channels is None else (channels, samples)
    return (0.3 * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def streamed(effect, audio, cuts, rate=RATE):
    edges = [0, *sorted(c % (audio.shape[-1] + 1) for c in cuts), audio.shape[-1]]
    parts = [effect(audio[..., a:b], rate, reset=False) for a, b in itertools.pairwise(edges) if b > a]
    return np.concatenate(parts, axis=-1)


def scripted(make, script):
    effect = make()
    for sample, name, raw in script:
        effect.schedule(sample, name, effect.parameters[name].parameter.from_raw(raw))
    return effect


def test_constructs_without_arguments(make):
    assert isinstance(make(), Effect)


@pytest.mark.parametrize("channels", [None, 1, 2, 3])
def test_keeps_shape_and_leaves_the_input_alone(make, channels):
    audio = noise(500, channels)
    before = audio.copy()
    wet = make()(audio, RATE)
    assert wet.shape == audio.shape
    assert wet.dtype == np.float32
    assert wet.flags.c_contiguous
    assert wet.flags.writeable
    assert not np.shares_memory(wet, audio)
    assert np.array_equal(audio, before)


def test_takes_either_layout_and_float64(make):
    audio = noise(500, 2)
    rows = make()(audio, RATE)
    assert np.array_equal(make()(audio.T, RATE), rows.T)
    assert np.array_equal(make()(audio.astype(np.float64), RATE), rows)
    assert np.array_equal(make()(np.asfortranarray(audio), RATE), rows)


def test_channels_are_independent(make):
    audio = noise(800, 2)
    both = make()(audio, RATE)
    for row, wet in zip(audio, both, strict=True):
        assert np.array_equal(make()(row, RATE), wet)


@pytest.mark.parametrize("dtype", [np.int16, np.float16, np.complex64, bool])
def test_refuses_other_dtypes(make, dtype):
    with pytest.raises(TypeError, match="32-bit and 64-bit"):
        make()(np.zeros(10, dtype), RATE)


def test_refuses_what_is_no_audio(make):
    with pytest.raises(InvalidType):
        make()([0.0, 1.0], RATE)
    with pytest.raises(LayoutError):
        make()(np.zeros((2, 2), np.float32), RATE)
    with pytest.raises(LayoutError):
        make()(np.zeros((2, 2, 2), np.float32), RATE)


@pytest.mark.parametrize(
    ("rate", "size"), [(0, 512), (-1, 512), (np.nan, 512), (np.inf, 512), ("48k", 512), (RATE, 0), (RATE, -1), (RATE, 1.5)]
)
def test_refuses_rates_and_buffers_that_hang_elsewhere(make, rate, size):
    with pytest.raises((InvalidValue, InvalidType)):
        make()(noise(10), rate, buffer_size=size)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # shared machines stall
@given(cuts=st.lists(st.integers(0, 2000), max_size=12), channels=st.sampled_from([1, 2]))
def test_any_split_gives_the_same_samples(cuts, channels):
    for make in EFFECTS.values():
        effect, audio = make(), noise(2000, channels)
        whole = effect(audio, RATE)
        effect.reset()
        assert np.array_equal(streamed(effect, audio, [c for c in cuts if 2 < c < 1997]), whole)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # shared machines stall
@given(data=st.data())
def test_any_split_gives_the_same_samples_while_knobs_move(data):
    for make in EFFECTS.values():
        if not make().parameters:
            continue
        audio = noise(1500)
        script = data.draw(
            st.lists(st.tuples(st.integers(0, 1499), st.sampled_from(sorted(make().parameters)), st.floats(0, 1)), max_size=6)
        )

        whole = scripted(make, script)(audio, RATE, reset=False)
        assert np.isfinite(whole).all()
        cuts = data.draw(st.lists(st.integers(0, 1500), max_size=8))
        assert np.array_equal(streamed(scripted(make, script), audio, cuts), whole)


def test_a_knob_set_between_blocks_equals_one_scheduled_there(make):
    for name in make().parameters:
        audio, moved, scheduled = noise(1000), make(), make()
        target = moved.parameters[name].parameter.from_raw(0.9)
        first = moved(audio[:333], RATE, reset=False)
        setattr(moved, name, target)
        wet = np.concatenate([first, moved(audio[333:], RATE, reset=False)])
        scheduled.schedule(333, name, target)
        assert np.array_equal(scheduled(audio, RATE, reset=False), wet)
        assert getattr(scheduled, name) == target


def test_knob_moves_do_not_click(make):
    """A full-range move on a slow sine adds no step larger than the wet signal's own steps allow."""
    for name in make().parameters:
        effect = make()
        bound = effect.parameters[name]
        bound.raw_value = 0.2
        sine = (0.1 * np.sin(2 * np.pi * 50 * np.arange(9600) / RATE)).astype(np.float32)
        effect.schedule(4800, name, bound.parameter.from_raw(0.8))
        wet = effect(sine, RATE)
        steps, before = np.abs(np.diff(wet[4700:])), np.abs(np.diff(wet[2400:4700]))
        settled = np.abs(np.diff(wet[9000:]))
        span = np.ptp(wet)
        assert steps.max() < 2 * max(before.max(), settled.max()) + 0.02 * span


def test_bad_samples_count_as_silence(make):
    audio = noise(1000)
    hurt, silenced = audio.copy(), audio.copy()
    hurt[[100, 101, 700]] = np.nan, np.inf, -np.inf
    silenced[[100, 101, 700]] = 0
    assert np.array_equal(make()(hurt, RATE), make()(silenced, RATE))


def test_huge_input_leaves_no_damage_behind(make):
    effect = make()
    effect(np.full(256, 3e38, np.float32), RATE, reset=False)
    after = effect(noise(2000), RATE, reset=False)
    assert np.isfinite(after).all()


def test_empty_blocks(make):
    effect = make()
    assert effect(np.zeros(0, np.float32), RATE).shape == (0,)
    assert effect(np.zeros((2, 0), np.float32), RATE).shape == (2, 0)


def test_reset_starts_over(make):
    effect, audio = make(), noise(500)
    first = effect(audio, RATE)
    effect(noise(700, seed=3), RATE, reset=False)
    effect.reset()
    assert np.array_equal(effect(audio, RATE, reset=False), first)


def test_state_replays_the_same_samples(make):
    effect, other, audio = make(), make(), noise(2000)
    effect(audio[:777], RATE, reset=False)
    state = effect.state
    assert all(isinstance(array, np.ndarray) for array in state.values())
    expected = effect(audio[777:], RATE, reset=False)
    other.state = state
    assert np.array_equal(other(audio[777:], RATE, reset=False), expected)


def test_pickles_copies_and_prints(make):
    effect, audio = make(), noise(500)
    for i, bound in enumerate(effect.parameters.values()):
        bound.raw_value = 0.3 + 0.1 * (i % 4)
    wet = effect(audio, RATE)
    for twin in (pickle.loads(pickle.dumps(effect)), copy.copy(effect), copy.deepcopy(effect)):
        assert np.array_equal(twin(audio, RATE), wet)
    if type(effect) is not NeuralEffect:
        assert np.array_equal(eval(repr(effect), dict(REGISTRY))(audio, RATE), wet)


def test_knobs_are_checked_and_typos_raise(make):
    effect = make()
    with pytest.raises(UnknownName, match="knob"):
        effect.no_such_knob = 1
    with pytest.raises(TypeError):
        make(no_such_knob=1)
    for name, bound in effect.parameters.items():
        assert getattr(effect, name) == bound.value == bound.parameter.default
        for bad in (bound.parameter.maximum + 1, bound.parameter.minimum - 1, np.nan):
            with pytest.raises(ValueError, match=name):
                setattr(effect, name, bad)
        with pytest.raises(ValueError if bound.is_discrete else TypeError):
            setattr(effect, name, "loud")
        assert name in dir(effect)
        for raw in [0.0, 1.0] if bound.is_discrete else [0.0, 0.25, 1.0]:
            bound.raw_value = raw
            assert bound.raw_value == pytest.approx(raw, abs=1e-9)
        for choice in bound.valid_values:
            setattr(effect, name, choice)
            assert bound.value == choice
        assert bound.range[:2] == (bound.parameter.from_raw(0.0), bound.parameter.from_raw(1.0))


def test_threads_take_turns(make):
    effect, audio = make(), noise(4000)
    expected = effect(audio, RATE)
    wets = []
    threads = [threading.Thread(target=lambda: wets.append(effect(audio, RATE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(wet, expected) for wet in wets)


def test_silence_stays_silence_or_settles(make):
    wet = make()(np.zeros(RATE, np.float32), RATE)
    assert np.isfinite(wet).all()
    assert np.ptp(wet[RATE // 2 :]) < 1e-6
