"""Nets that remember for seconds, compiled: exact over seconds, at rest from the first sample, whatever the blocks."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
import by_hand
from playing import effect_at, from_zero, in_blocks, peak_error, played
from random_specs import answer, drawn_weights, leveled, positions
from random_specs import signal as noise

from wetdry import Chain, NeuralEffect
from wetdry.models import Model, Parameter, load
from wetdry.models.spec import LSTM, Activation, Conv1d, Dense, ModelSpec, Residual, StateSpace
from wetdry.models.spec.memory_nets import s4d, tfilm
from wetdry.models.state_spaces import silence_of

pytestmark = pytest.mark.usefixtures("own_cache")
RATE = 48000.0
KNOBS = (Parameter("threshold"), Parameter("release"))
NETS = {"s4d": s4d(RATE, KNOBS), "s4d gain": s4d(RATE, KNOBS, channels=12, pairs=5, ends="gain"), "tfilm": tfilm(RATE, KNOBS)}


def net_of(name):
    return leveled(NETS[name], 1)[0]


def spec_of(*layers, **fields):
    return ModelSpec(sample_rate=RATE, layers=layers, **fields)


def weights_of(**values):
    return {f"layers.0.{name}": np.array(value, np.float32) for name, value in values.items()}


def follower(seconds):
    """Return the Model of one envelope follower: y[n] = p y[n-1] + (1 - p) x[n], in the middle of its bounds."""
    spec = spec_of(StateSpace(pairs=1, shortest_samples=seconds * RATE / 4, longest_samples=seconds * RATE * 4))
    return Model(spec, weights_of(time=[[0]], frequency=[[0]], output=[[[0.5, 0]]], direct=[0]))


@pytest.mark.parametrize("name", NETS)
def test_a_net_equals_torch_in_float64_and_its_formulas(name):
    model = from_zero(net_of(name))
    audio, raw = noise(model.spec, 1500, 1), positions(model.spec, 1)
    wet = played(model, audio, raw)
    assert peak_error(wet, answer(model, audio, raw)) < 1e-5
    assert peak_error(wet, by_hand.play(model.spec, model.weights, audio, raw)) < 1e-5


@pytest.mark.parametrize("seconds", [0.01, 1.0, 10.0])
def test_an_envelope_keeps_its_time_over_half_a_minute(seconds):
    """A step, then silence: 1 - exp(-t / T), and what is left of it; float32 alone would be a percent off."""
    half = int(15 * RATE)
    audio = np.repeat([1.0, 0.0], half).astype(np.float32)
    wet = played(follower(seconds), audio[None])[0]
    decay = 1 / (seconds * RATE)
    steps = np.arange(1, half + 1)
    rising = -np.expm1(-decay * steps)
    assert np.abs(wet - np.concatenate([rising, rising[-1] * np.exp(-decay * steps)])).max() < 1e-6


@pytest.mark.parametrize("name", NETS)
def test_blocks_of_any_size_play_what_one_call_plays(name):
    model = net_of(name)
    audio = noise(model.spec, 900, 2)[0]
    whole = effect_at(model)(audio, RATE, reset=False)
    for sizes in ([1], [64], [7, 120, 33, 1, 200], [128, 1]):
        assert np.array_equal(in_blocks(effect_at(model), audio, sizes), whole), sizes


def biased(*layers, seed=3, **fields):
    """Return a net whose biases make its silence a level that each layer hands on."""
    spec = spec_of(Dense(channels=6), Activation(name="tanh"), *layers, Dense(channels=1), **fields)
    return Model(spec, drawn_weights(spec, seed))


SHORT = StateSpace(pairs=3, shortest_samples=5, longest_samples=2000)
AMONG = {
    "alone": (SHORT,),
    "between convolutions": (Conv1d(channels=6, kernel_size=5, dilation=40), SHORT,
                             Conv1d(channels=6, kernel_size=3, dilation=90), Activation(name="relu"), SHORT),
    "beside each other": (Residual(body=(SHORT, Activation(name="tanh")), shortcut=(SHORT,)),),
}  # fmt: skip


@pytest.mark.parametrize("name", AMONG)
def test_a_few_tiles_of_silence_do_what_a_whole_memory_of_it_would(name):
    model = biased(*AMONG[name])
    spec = model.spec
    assert silence_of(spec, 64) == (
        spec.receptive_field + 64 * (1 + len([t for x in spec.layers for t in x.time_constants])),
        True,
    )
    assert spec.silence_before == spec.tail_samples > 20_000
    whole = spec.model_copy(update={"prewarm_samples": spec.tail_samples})
    audio = noise(spec, 3000, 4)
    quick, slow = played(model, audio), played(Model(whole, model.weights), audio)
    cold = played(from_zero(model), audio)
    assert peak_error(quick, slow) < 2e-5
    assert peak_error(cold, slow) > 1e-2  # there was something to settle


def test_beside_a_state_that_has_no_short_cut_the_whole_silence_is_played():
    model = biased(LSTM(hidden=4), Residual(body=(SHORT,)))
    assert silence_of(model.spec, 64) == (model.spec.tail_samples, False)
    silence = played(model, np.zeros((1, 5000), np.float32))
    assert np.abs(silence - silence[0, -1]).max() < 1e-5


def test_a_knob_turned_before_a_reset_rests_where_it_stands():
    model = net_of("s4d")
    for raw in positions(model.spec, 1), positions(model.spec, 2):
        silence = played(model, np.zeros((1, 20_000), np.float32), raw)
        assert np.abs(silence - silence[0, -1]).max() < 1e-6


def test_the_tail_is_over_when_it_says():
    model = follower(0.02)
    effect = NeuralEffect(model)
    audio = np.ones(48_000, np.float32)
    assert effect(audio, RATE, reset=False)[-1] == pytest.approx(1, abs=1e-5)
    tail = effect(np.zeros(int(RATE * effect.tail_seconds) + 10, np.float32), RATE, reset=False)
    assert np.abs(tail[-10:]).max() < 1e-5
    assert effect.tail_seconds == pytest.approx(12 * 0.08, abs=0.01)  # by the longest that its weights could say


def test_state_goes_with_its_effect():
    """A copy of the state replays; channels and branches of their own keep their own."""
    model, rows = net_of("s4d"), 0.3 * np.random.default_rng(5).standard_normal((2, 4000)).astype(np.float32)
    effect = effect_at(model)
    effect(rows[:, :1000], RATE, reset=False)
    kept = effect.state
    first = effect(rows[:, 1000:], RATE, reset=False)
    effect.state = kept
    assert np.array_equal(effect(rows[:, 1000:], RATE, reset=False), first)
    for channel in range(2):
        alone = effect_at(model)(rows[channel], RATE, reset=False)
        assert np.array_equal(alone[1000:], first[channel])
    chain = Chain([effect_at(model), effect_at(net_of("tfilm"))])
    assert np.array_equal(chain(rows, RATE), effect_at(net_of("tfilm"))(effect_at(model)(rows, RATE), RATE))


@pytest.mark.parametrize("seed", range(3))
def test_any_finite_weights_of_a_file_stay_stable(seed, tmp_path):
    """Poles lie inside the unit circle whatever a file says: the largest and smallest numbers, everywhere."""
    random = np.random.default_rng(seed)
    spec = spec_of(StateSpace(pairs=4, shortest_samples=1, longest_samples=2e6))
    extremes = np.array([3.4e38, -3.4e38, 1e30, -1e30, 100, -100, 0, 1e-45], np.float32)
    weights = {name: random.choice(extremes, shape) for name, shape in spec.weight_shapes.items()}
    weights["layers.0.output"] = np.full((1, 4, 2), 0.25, np.float32)
    weights["layers.0.direct"] = np.ones(1, np.float32)
    Model(spec, weights).save(tmp_path / "extreme.safetensors")
    audio = np.concatenate([np.ones(5000), -np.ones(5000), np.zeros(10_000)]).astype(np.float32)
    wet = NeuralEffect(load(tmp_path / "extreme.safetensors"))(audio, RATE)
    assert np.isfinite(wet).all() and np.abs(wet).max() < 10
