"""Every activation as compiled vector code, over float32, against its formula in numpy and float64."""

import numpy as np
import pytest

from wetdry import NeuralEffect
from wetdry.models import Model
from wetdry.models.spec import Activation, Dense, ModelSpec

pytestmark = pytest.mark.usefixtures("own_cache")
LARGEST_BITS = 0x7F800000  # of a finite float32: the bits of infinity, exclusive
STEP = 1009  # every so many bit patterns
RATE = 48000.0


def around(value, count=3000):
    """Return the `count` floats on either side of `value`."""
    middle = int(np.float32(value).view(np.uint32))
    low = max(0, middle - count)
    return np.arange(low, min(middle + count, LARGEST_BITS), dtype=np.uint32).view(np.float32)


def every_float(limits=()):
    """Return every 1009th finite float32 of both signs, and all near `limits`."""
    sizes = [np.arange(0, LARGEST_BITS, STEP, dtype=np.uint32).view(np.float32), around(np.finfo(np.float32).max)]
    sizes += [around(limit) for limit in limits]
    positive = np.concatenate(sizes)
    return np.concatenate([positive, -positive])


def curved(values, **settings):
    """Return float32 values (samples,) through an Activation and nothing else."""
    layer = Activation(**settings)
    spec = ModelSpec(sample_rate=RATE, layers=(layer,), prewarm_samples=0)
    weights = {n: np.full(shape, 0.37, np.float32) for n, shape in spec.weight_shapes.items()}
    return NeuralEffect(Model(spec, weights))(values, RATE)


def bends(layer):
    return [0.0, 1e-30, 1.0, 3.0, 8.0, 9.0, 10.0, 16.0, 18.0, 87.0, 88.7, 104.0, 1e4, 2e4, layer.maximum, -layer.minimum]


def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def fast_tanh(x):
    """NAM's rational approximation."""
    size = np.abs(x)
    above = x * (2.45550750702956 * (1.0 + size) + (0.893229853513558 + 0.821226666969744 * size) * x**2)
    return above / (2.44506634652299 + (2.44506634652299 + x**2) * np.abs(x + 0.814642734961073 * x * size))


def bent_outside(x, layer):
    outside = layer.minimum_slope * np.minimum(x - layer.minimum, 0) + layer.maximum_slope * np.maximum(x - layer.maximum, 0)
    return np.clip(x, layer.minimum, layer.maximum) + outside


FORMULAS = {
    "tanh": lambda x, layer: np.tanh(x), "sigmoid": lambda x, layer: sigmoid(x),
    "fast_tanh": lambda x, layer: fast_tanh(x), "fast_sigmoid": lambda x, layer: 0.5 * fast_tanh(0.5 * x) + 0.5,
    "hardtanh": lambda x, layer: np.clip(x, layer.minimum, layer.maximum), "relu": lambda x, layer: np.maximum(x, 0),
    "leaky_relu": lambda x, layer: np.where(x > 0, x, layer.slope * x), "prelu": lambda x, layer: np.where(x > 0, x, 0.37 * x),
    "silu": lambda x, layer: x * sigmoid(x), "hardswish": lambda x, layer: x * np.clip(x + 3, 0, 6) / 6,
    "leaky_hardtanh": bent_outside, "softsign": lambda x, layer: x / (1 + np.abs(x)),
    "elu": lambda x, layer: np.where(x > 0, x, layer.alpha * np.expm1(np.minimum(x, 0))),
}  # fmt: skip
SETTINGS = [
    *({"name": name} for name in FORMULAS), {"name": "elu", "alpha": 0.4}, {"name": "leaky_relu", "slope": 0.3},
    {"name": "hardtanh", "minimum": -0.35, "maximum": 0.7},
    {"name": "leaky_hardtanh", "minimum": -0.4, "maximum": 0.5, "minimum_slope": 0.1, "maximum_slope": 0.05},
]  # fmt: skip


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_tanh_and_sigmoid_are_within_3e_7_over_all_float32(name):
    layer = Activation(name=name)
    values = np.concatenate([every_float(bends(layer)), np.linspace(-20, 20, 1_000_001, dtype=np.float32)])
    expected = FORMULAS[name](values.astype(np.float64), layer)
    wet = curved(values, name=name)
    assert np.abs(wet - expected).max() < 3e-7
    low = -1.0 if name == "tanh" else 0.0
    assert wet.min() >= low - 3e-7
    assert wet.max() <= 1.0 + 3e-7


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
def test_every_curve_equals_its_formula_over_all_float32(settings):
    layer = Activation(**settings)
    values = every_float(bends(layer))
    with np.errstate(over="ignore"):
        expected = FORMULAS[layer.name](values.astype(np.float64), layer)
    held = np.abs(expected) < 3e38
    assert held.mean() > 0.9
    wet = curved(values[held], **settings)
    error = np.abs(wet - expected[held]) / np.maximum(1.0, np.abs(expected[held]))
    worst = error.argmax()
    assert error[worst] < 5e-7, (values[held][worst], wet[worst], expected[held][worst])


@pytest.mark.parametrize("name", ["tanh", "fast_tanh", "softsign", "leaky_hardtanh", "prelu"])
def test_small_values_pass_with_a_slope(name):
    """Near zero the error is a share of the value: a quiet signal is as clean as a loud one."""
    layer = Activation(name=name)
    values = np.concatenate([np.geomspace(1e-30, 1e-2, 5000), -np.geomspace(1e-30, 1e-2, 5000)]).astype(np.float32)
    expected = FORMULAS[name](values.astype(np.float64), layer)
    assert (np.abs(curved(values, name=name) - expected) / np.abs(expected)).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 20])
@pytest.mark.parametrize("scale", [0.1, 5.0, 300.0])
def test_softmax_over_all_channels(channels, scale):
    """A dense layer spreads a signal over the channels, softmax weighs them, and they leave as they are."""
    spec = ModelSpec(sample_rate=RATE, layers=(Dense(channels=channels), Activation(name="softmax")), prewarm_samples=0)
    random = np.random.default_rng(channels)
    weights = {n: (scale * random.standard_normal(shape)).astype(np.float32) for n, shape in spec.weight_shapes.items()}
    audio = random.standard_normal((1, 777)).astype(np.float32)
    rows = weights["layers.0.weight"].astype(np.float64) @ audio + weights["layers.0.bias"][:, None]
    powers = np.exp(rows - rows.max(0))
    wet = np.atleast_2d(NeuralEffect(Model(spec, weights))(audio, RATE))
    assert wet.shape == (channels, 777)
    assert np.abs(wet - powers / powers.sum(0)).max() < 1e-6 * max(1.0, scale)  # of which is rounding of the rows
    assert np.abs(wet.sum(0) - 1.0).max() < 1e-6


def test_softmax_of_two_is_exp_within_float32():
    """exp itself, through exp(x) / (exp(x) + 1) solved for exp(x); below 87, where its argument is clipped."""
    spec = ModelSpec(sample_rate=RATE, layers=(Dense(channels=2, bias=False), Activation(name="softmax")), prewarm_samples=0)
    model = Model(spec, {"layers.0.weight": np.array([[-1.0], [0.0]], np.float32)})
    values = np.concatenate([np.linspace(0, 80, 200_001), np.geomspace(1e-20, 1, 10_000)]).astype(np.float32)
    share, rest = NeuralEffect(model)(values[None], RATE).astype(np.float64)
    exact = np.exp(-values.astype(np.float64))
    assert (np.abs(share / rest - exact) / exact).max() < 5e-7


def test_elu_joins_at_zero():
    """No step where the two halves of the formula meet."""
    wet = curved(np.linspace(-1e-3, 1e-3, 2001, dtype=np.float32), name="elu")
    assert (np.diff(wet) > 0).all()
    assert np.abs(np.diff(wet) - 1e-6).max() < 2e-7
