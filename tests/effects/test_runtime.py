"""The compiled player against torch in float64 and formulas in numpy: every layer kind, every shape in use; streams."""

import functools
import itertools
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
from by_hand import play as play_by_hand
from playing import SEEDS, effect_at, from_zero, in_blocks, peak_error, played
from random_specs import LAYERS, SHAPES, answer, named_model, positions, random_model
from random_specs import signal as noise

pytestmark = pytest.mark.usefixtures("own_cache")
CLOSE = 1e-5  # of the answer's peak
LONG = 1300  # samples: longer than any buffer's room, so that each is moved back
STREAMED = ["Activation", "Conv1d", "Conv2d", "FiLM", "GRU", "KnobInputs", "LSTM", "MaxPool", "Residual",
            "StateSpace", "TemporalFiLM", "WaveNet"]  # fmt: skip
STREAMED_SHAPES = ["nam nano", "a2 lite", "gated knobs", "tcn-300 knobs", "aida-x", "proteus knob", "over features"]


@functools.cache
def model_of(name, seed=0):
    """Return the model of a shape's name or of a layer kind and a seed, with its prewarming."""
    return named_model(name, seed) if name in SHAPES else random_model(seed, name)


def assert_plays_as(model, seed, samples, oracle):
    model = from_zero(model)
    audio, raw = noise(model.spec, samples, seed), positions(model.spec, seed)
    expected = oracle(model, audio, raw)
    assert np.abs(expected).max() > 0.01
    assert peak_error(played(model, audio, raw), expected) < CLOSE


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind_equals_torch_in_float64(kind, seed):
    assert_plays_as(random_model(seed, kind), seed, LONG, answer)


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind_equals_its_formulas(kind):
    seed = 100 + zlib.crc32(kind.encode()) % 100
    assert_plays_as(random_model(seed, kind), seed, 400, lambda m, x, raw: play_by_hand(m.spec, m.weights, x, raw))


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", LAYERS)
def test_many_models_of_every_kind(kind):
    for seed in range(SEEDS, 60):
        assert_plays_as(random_model(seed, kind), seed, LONG, answer)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_in_use_equals_torch_in_float64(name):
    model = model_of(name)
    assert_plays_as(model, 1, model.spec.receptive_field + LONG, answer)


def turned(effect, samples, seed):
    """Schedule moves of every knob, at samples anywhere."""
    random = np.random.default_rng([seed, 5])
    for name, bound in effect.parameters.items():
        for sample in sorted(random.integers(0, samples, 6)):
            effect.schedule(int(sample), name, bound.parameter.from_raw(float(random.random())))
    return effect


def stream(model, samples, seed=0):
    """Return (a new effect with knobs about to turn, audio); audio is 1-D where the model is mono."""
    audio = noise(model.spec, samples, seed)
    return turned(effect_at(model), samples, seed), audio[0] if len(audio) == 1 else audio


@pytest.mark.parametrize("name", STREAMED + STREAMED_SHAPES)
def test_a_stream_of_any_blocks_is_one_call_bit_for_bit(name):
    """Knobs turn meanwhile. A first block longer than any channel count settles which axis is time."""
    model = model_of(name)
    effect, audio = stream(model, 500)
    whole = effect(audio, model.spec.sample_rate, reset=False)
    assert np.isfinite(whole).all()

    @settings(max_examples=8, deadline=None, database=None, derandomize=True)
    @given(st.integers(30, 200), st.lists(st.integers(1, 150) | st.sampled_from([1, 63, 64, 65, 128]), min_size=1, max_size=12))
    def check(first, sizes):
        effect, _ = stream(model, 500)
        head = effect(audio[..., :first], model.spec.sample_rate, reset=False)
        rest = in_blocks(effect, audio[..., first:], sizes)
        assert np.array_equal(np.concatenate([head, rest], axis=-1), whole)

    check()


@pytest.mark.parametrize("name", ["nam nano", "gru 10", "aida-x", "proteus knob", "gated knobs"])
def test_blocks_of_one_sample_from_the_first_on(name):
    model = model_of(name)
    whole = np.concatenate([part(audio, 48000, reset=False) for part, audio in [stream(model, 300)]])
    effect, audio = stream(model, 300)
    assert np.array_equal(in_blocks(effect, audio, [1]), whole)


@pytest.mark.parametrize("name", ["nam nano", "convnet", "lstm 20", "gru 16", "tcn-300 knobs", "smart amp", "proteus knob"])
def test_every_channel_is_played_by_a_net_of_its_own(name):
    model, channels = model_of(name), 5
    audio = (0.3 * np.random.default_rng(2).standard_normal((channels, 700))).astype(np.float32)
    raw = positions(model.spec, 2)
    together = played(model, audio, raw)
    for channel in range(channels):
        assert np.array_equal(together[channel], played(model, audio[channel], raw))
    assert len({row.tobytes() for row in together}) == channels


@pytest.mark.parametrize("name", STREAMED + STREAMED_SHAPES)
def test_a_state_set_again_replays_bit_for_bit(name):
    model = model_of(name)
    effect, audio = stream(model, 800)
    rate = model.spec.sample_rate
    effect(audio[..., :333], rate, reset=False)
    kept = effect.state
    position = {name: bound.raw_value for name, bound in effect.parameters.items()}
    effect._scheduled.clear()
    first = effect(audio[..., 333:], rate, reset=False)
    effect.state = kept
    assert np.array_equal(effect(audio[..., 333:], rate, reset=False), first)
    other = effect_at(model, position.values())
    other(audio[..., :10], rate, reset=False)
    other.state = kept
    assert np.array_equal(other(audio[..., 333:], rate, reset=False), first)


def test_a_reset_forgets_everything():
    for name in ("nam nano", "lstm 8", "gated knobs", "nam lstm 3 x 16"):
        model = model_of(name)
        effect, audio = effect_at(model), noise(model.spec, 400)[0]
        first = effect(audio, 48000)
        effect(np.ones(1000, np.float32), 48000, reset=False)
        assert np.array_equal(effect(audio, 48000), first)


def turning(kind, number):
    """Return the next model of a kind, after `number` others, that has knobs and forgets."""
    for seed in itertools.count(20):
        model = random_model(seed, kind)
        if model.spec.knobs and not any(layer.kind in ("LSTM", "GRU") for layer in model.spec.layers):
            if not number:
                return model
            number -= 1


@pytest.mark.parametrize("kind", ["FiLM", "KnobInputs", "WaveNet"])
@pytest.mark.parametrize("seed", range(3))
def test_knobs_that_turn_arrive_where_they_would_have_stood(kind, seed):
    """After a move has settled and the net has forgotten, it plays as if the knobs had always been there."""
    model = turning(kind, seed)
    audio, raw = noise(model.spec, 20_000, seed), positions(model.spec, seed + 1)
    still = effect_at(model, raw)(audio, 48000, reset=False)
    effect = effect_at(model, positions(model.spec, seed))
    effect(audio[:, :64], 48000, reset=False)
    for bound, position in zip(effect.parameters.values(), raw, strict=True):
        bound.raw_value = float(position)
    moved = effect(audio[:, 64:], 48000, reset=False)
    assert np.abs(moved[:, :200] - still[:, 64:264]).max() > 1e-4 * np.abs(still).max()
    settled = 12_000 + model.spec.receptive_field
    assert peak_error(moved[:, settled - 64 :], still[:, settled:]) < CLOSE
