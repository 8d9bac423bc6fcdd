"""The compiled player against a plain numpy reading of the spec, and against torch."""

import numpy as np
import pytest

from wetdry import NeuralEffect
from wetdry.models import Model, Parameter
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.spec import Conditioning, ModelSpec, WaveNet, WaveNetArray, wavenet

KNOBS = (Parameter("drive", "", 0, 10, 4), Parameter("tone", "Hz", 100, 10000, 1000, scale="log"))
RATE = 48000.0
TWO_ARRAYS = ModelSpec(
    sample_rate=RATE, knobs=KNOBS, conditioning=Conditioning(hidden=(5, 9)),
    layers=(WaveNet(head_scale=0.5, arrays=(
        WaveNetArray(channels=16, dilations=(1, 2, 4), head_channels=8, head_bias=False),
        WaveNetArray(channels=8, dilations=(1, 512, 3), kernel_size=2, gating="gated"),
    )),),
)  # fmt: skip
SPECS = {
    "default shape": wavenet(RATE, KNOBS),
    "gated, odd widths": wavenet(RATE, KNOBS, gating="gated", channels=7, dilations=(1, 3, 9, 200)),
    "no knobs": wavenet(RATE, (), channels=3, dilations=(1, 2), kernel_size=4),
    "one channel": wavenet(RATE, KNOBS, channels=1, dilations=(1, 5)),
    "head wider than the path": ModelSpec(sample_rate=RATE, layers=(WaveNet(arrays=(
        WaveNetArray(channels=2, dilations=(1,), head_channels=20, film=False),
        WaveNetArray(channels=20, dilations=(2,), film=False),
    )),)),
    "two arrays": TWO_ARRAYS,
}  # fmt: skip


def random_model(spec, seed=0):
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in spec.weight_shapes.items():
        weights[name] = (generator.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(np.float32)
        if name.endswith("film.bias"):
            weights[name][: shape[0] // 2] += 1
    return Model(spec, weights)


def convolved(weight, audio, dilation):
    total, samples = 0.0, audio.shape[1]
    for k in range(weight.shape[2]):
        delay = min((weight.shape[2] - 1 - k) * dilation, samples)
        total = total + weight[:, :, k] @ np.pad(audio, ((0, 0), (delay, 0)))[:, :samples]
    return total


def reference(model, audio, raw):
    """The docstring of WaveNet, in float64 numpy."""
    weights = {name: array.astype(float) for name, array in model.weights.items()}
    net, vector = model.spec.layers[0], 2 * np.asarray(raw, float) - 1
    for i in range(len(model.spec.conditioning.hidden) if model.spec.conditioning else 0):
        vector = np.tanh(weights[f"conditioning.{i}.weight"] @ vector + weights[f"conditioning.{i}.bias"])
    head, path, dry = 0.0, audio[None].astype(float), audio[None].astype(float)
    for i, array in enumerate(net.arrays):
        at = f"layers.0.arrays.{i}."
        path = convolved(weights[at + "rechannel.weight"], path, 1)
        for j, dilation in enumerate(array.dilations):
            layer = f"{at}layers.{j}."
            z = convolved(weights[layer + "conv.weight"], path, dilation) + weights[layer + "conv.bias"][:, None]
            z = z + weights[layer + "mixin.weight"][:, :, 0] @ dry
            if array.film:
                scale, shift = np.split(weights[layer + "film.weight"] @ vector + weights[layer + "film.bias"], 2)
                z = scale[:, None] * z + shift[:, None]
            a = np.tanh(z[: array.channels])
            if array.gating == "gated":
                a = a / (1 + np.exp(-z[array.channels :]))
            head = head + a
            path = path + convolved(weights[layer + "residual.weight"], a, 1) + weights[layer + "residual.bias"][:, None]
        head = convolved(weights[at + "head.weight"], head, 1)
        if array.head_bias:
            head = head + weights[at + "head.bias"][:, None]
    return (net.head_scale * head)[0]


def prewarmed(compute, audio, receptive_field):
    silence = -(-receptive_field // 64) * 64
    return compute(np.concatenate([np.zeros(silence, np.float32), audio]))[silence:]


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
@pytest.mark.parametrize("raw", [0.0, 0.37, 1.0])
def test_equals_the_spec(spec, raw):
    model, effect = random_model(spec), None
    effect = NeuralEffect(model)
    for bound in effect.parameters.values():
        bound.raw_value = raw
    audio = (0.3 * np.random.default_rng(1).standard_normal(5000)).astype(np.float32)
    positions = [raw] * len(spec.knobs)
    expected = prewarmed(lambda x: reference(model, x, positions), audio, spec.receptive_field)
    assert np.abs(effect(audio, RATE) - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_equals_torch(spec):
    torch = pytest.importorskip("torch")
    from wetdry.models.nets import from_weights

    model = random_model(spec, seed=3)
    net = from_weights(spec, model.weights)
    effect = NeuralEffect(model)
    raw = [bound.raw_value for bound in effect.parameters.values()]
    audio = (0.3 * np.random.default_rng(2).standard_normal(4000)).astype(np.float32)

    def compute(x):
        with torch.no_grad():
            return net(torch.from_numpy(x)[None], torch.tensor([raw], dtype=torch.float32))[0].numpy()

    expected = prewarmed(compute, audio, spec.receptive_field)
    assert np.abs(effect(audio, RATE) - expected).max() < 1e-5 * np.abs(expected).max()


def test_another_rate_raises_naming_both():
    with pytest.raises(InvalidValue, match=r"48000 Hz.*44100 Hz"):
        NeuralEffect(random_model(wavenet(RATE, KNOBS)))(np.zeros(10, np.float32), 44100)


def test_refuses_what_is_no_model():
    with pytest.raises(InvalidType, match="load"):
        NeuralEffect("clone.safetensors")


def test_without_a_model_it_is_a_wire():
    audio = np.random.default_rng(0).standard_normal(100).astype(np.float32)
    assert np.array_equal(NeuralEffect()(audio, 44100), audio)


def test_starts_without_a_click():
    """After a reset the net idles as if silence had been playing."""
    effect = NeuralEffect(random_model(wavenet(RATE, KNOBS)))
    wet = effect(np.zeros(3000, np.float32), RATE)
    assert np.ptp(wet) < 1e-5 * max(1.0, np.abs(wet).max())


def test_a_knob_sweep_leaves_no_zipper_line():
    """FiLM moves once a tile, ramped: a slow sweep puts no line at the tile rate into the output."""
    effect = NeuralEffect(random_model(wavenet(RATE, KNOBS)))
    sine = (0.2 * np.sin(2 * np.pi * 200 * np.arange(48000) / RATE)).astype(np.float32)
    effect.drive = 0.0
    for sample in range(0, 48000, 16):
        effect.schedule(sample, "drive", 10.0 * sample / 48000)
    wet = effect(sine, RATE, reset=False)
    spectrum = np.abs(np.fft.rfft(wet * np.hanning(wet.size)))
    line = spectrum[745:756].max()  # 48000 / 64 = 750 Hz, away from the harmonics of 200 Hz
    assert line < 3e-5 * spectrum.max()


def test_denormals_do_not_survive_a_tail():
    effect = NeuralEffect(random_model(wavenet(RATE, KNOBS)))
    effect(np.ones(4000, np.float32), RATE, reset=False)
    effect(np.zeros(48000, np.float32), RATE, reset=False)
    state = effect.state["state"]
    tiny = (state != 0) & (np.abs(state) < np.finfo(np.float32).tiny)
    assert not tiny.any()
