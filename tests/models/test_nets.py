"""Whole nets: equal to the formulas, compiled loops equal to plain torch, weights in and out."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
import by_hand
from random_specs import LAYERS, answer, positions, random_model
from random_specs import signal as noise

from wetdry.models import Parameter, load
from wetdry.models.errors import InvalidValue, TrainingError
from wetdry.models.nets import build, from_weights, to_weights
from wetdry.models.spec import Conditioning, Dense, ModelSpec, WaveNet, WaveNetArray, wavenet

CPU = torch.device("cpu")
KNOBS = (Parameter("drive"), Parameter("tone"))


def two_arrays(gating="none", knobs=KNOBS, channels=8):
    film, half = bool(knobs), channels // 2
    arrays = (WaveNetArray(channels=channels, dilations=(1, 3, 9), gating=gating, head_channels=half, head_bias=False,
                           film=film),
              WaveNetArray(channels=half, dilations=(2, 5), kernel_size=2, gating=gating, film=film))  # fmt: skip
    return ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=arrays, head_scale=0.3),), knobs=knobs,
                     conditioning=Conditioning(hidden=(5, 3)) if film else None)  # fmt: skip


SPECS = {
    "default": wavenet(48000, KNOBS, channels=8, dilations=(1, 4, 16)),
    "odd width": wavenet(48000, KNOBS, channels=5, dilations=(1, 4)),
    "gated": two_arrays("gated"),
    "two arrays": two_arrays(),
    "narrow arrays": two_arrays(channels=4),
    "no knobs": two_arrays(knobs=()),
    "long head": ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=(WaveNetArray(
        channels=4, dilations=(1, 2), head_kernel_size=5, head_dilation=3, film=False),)),)),
}  # fmt: skip


def shaken(spec, seed=1):
    net = build(spec, seed)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for value in net.parameters():
            value.add_(0.1 * torch.randn_like(value))
    return net


def moving(spec, samples, seed):
    """Return knob positions that wander, float32 (knobs, samples)."""
    steps = np.random.default_rng(seed).standard_normal((len(spec.knobs), samples))
    return np.clip(0.5 + 0.05 * np.cumsum(steps, 1), 0, 1).astype(np.float32)


@pytest.mark.parametrize("kind", [*LAYERS, None])
def test_equals_the_formulas(kind):
    for seed in range(20 if kind == "WaveNet" else 6):
        model = random_model(seed, kind)
        audio = noise(model.spec, 200, seed)
        for raw in (positions(model.spec, seed), moving(model.spec, 200, seed)):
            want = by_hand.play(model.spec, model.weights, audio, raw)
            got = answer(model, audio, raw)
            np.testing.assert_allclose(got, want, rtol=0, atol=1e-11 * np.abs(want).max(), err_msg=f"{seed}: {model.spec}")


def test_plays_what_neural_amp_modeler_core_played(shared):
    folder = shared / "vectors/nam"
    for entry in json.loads((folder / "manifest.json").read_text()):
        if entry["kind"] == "bin":
            audio, want = np.frombuffer((folder / entry["vector"]).read_bytes()[4:], "<f4").reshape(2, -1)
            film = "legacy" if entry["layer1x1_post_film"] == "legacy" else "always"
            model = load(folder / entry["model"], layer1x1_post_film=film)
            silence = np.zeros(model.spec.silence_before, np.float32)
            got = answer(model, np.concatenate([silence, audio])[None], np.zeros(0), torch.float32)[0, len(silence) :]
            assert np.sum((got - want) ** 2) < 1e-11 * np.sum(want**2), entry["name"]


@pytest.mark.parametrize("name", SPECS)
def test_single_precision_and_the_compiled_loops_equal_the_formulas(name):
    net = shaken(SPECS[name])
    rng = np.random.default_rng(0)
    audio, raw = rng.standard_normal((2, 700)).astype(np.float32), rng.random((2, len(net.spec.knobs))).astype(np.float32)
    got = net(torch.from_numpy(audio), torch.from_numpy(raw)).detach().numpy()
    assert got.shape == audio.shape
    for item in range(2):
        want = by_hand.play(net.spec, to_weights(net), audio[item : item + 1], raw[item])[0]
        np.testing.assert_allclose(got[item], want, atol=3e-6 * np.abs(want).max())


@pytest.mark.parametrize("name", ["default", "odd width", "two arrays", "narrow arrays", "no knobs", "long head"])
@pytest.mark.parametrize("frames", [1, 63, 1000])
def test_compiled_loops_equal_plain_torch_gradients_too(name, frames):
    net = shaken(SPECS[name])
    audio, raw = torch.randn(3, frames), torch.rand(3, len(net.spec.knobs))
    results = []
    for compiled in (False, True):
        for array in net.layers[0].arrays:
            array.compiled = compiled
            assert array.runs_compiled(CPU, torch.float32) == compiled
        net.zero_grad()
        out = net(audio, raw)
        (out * torch.linspace(-1, 1, frames)).square().sum().backward()
        results.append((out.detach(), {n: p.grad for n, p in net.named_parameters()}))
    torch.testing.assert_close(results[1][0], results[0][0], atol=3e-6 * float(results[0][0].abs().max()), rtol=0)
    for parameter, plain in results[0][1].items():
        compiled = results[1][1][parameter]
        if plain is None:  # the last layer's residual leads nowhere
            assert compiled is None or not compiled.any(), parameter
        else:
            torch.testing.assert_close(compiled, plain, atol=2e-5 * float(plain.abs().max()) + 1e-7, rtol=0, msg=parameter)


PLAIN = {"channels": 8, "dilations": (1, 3), "film": False}


@pytest.mark.parametrize("change", [
    {}, {"kernel_size": (5, 5)}, {"head_kernel_size": 4}, {"head_bias": False}, {"activation": ("tanh", "tanh")},
    {"bottleneck": 8}, {"secondary": "relu"}, {"channels": 6},
])  # fmt: skip
def test_what_the_compiled_loops_take(change):
    net = build(ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=(WaveNetArray(**PLAIN | change),)),)))
    assert net.layers[0].arrays[0].runs_compiled(CPU, torch.float32)
    assert not net.layers[0].arrays[0].runs_compiled(CPU, torch.float64)
    assert not net.layers[0].arrays[0].runs_compiled(torch.device("meta"), torch.float32)


@pytest.mark.parametrize("change", [
    {"gating": "gated"}, {"gating": ("none", "blended")}, {"activation": "relu"}, {"activation": ("tanh", "fast_tanh")},
    {"kernel_size": (3, 2)}, {"bottleneck": 4}, {"groups": 2}, {"residual": False}, {"residual_groups": 2},
    {"head_projection": 8}, {"signal_films": ({"slot": "conv_post"},)},
])  # fmt: skip
def test_what_the_compiled_loops_leave_to_torch(change):
    spec = ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=(WaveNetArray(**PLAIN | change),)),))
    net, audio = shaken(spec), torch.randn(1, 300)
    assert not net.layers[0].arrays[0].runs_compiled(CPU, torch.float32)
    want = by_hand.play(spec, to_weights(net), audio.numpy())
    np.testing.assert_allclose(net(audio).detach().numpy(), want, rtol=0, atol=3e-6 * np.abs(want).max())


def test_where_the_compiled_loops_would_be_wrong_torch_runs():
    net = shaken(SPECS["default"])
    audio, raw = torch.randn(1, 300), torch.from_numpy(moving(net.spec, 300, 0))[None]
    want = by_hand.play(net.spec, to_weights(net), audio.numpy(), raw[0].numpy())
    np.testing.assert_allclose(net(audio, raw).detach().numpy(), want, rtol=0, atol=3e-6 * np.abs(want).max())
    audio.requires_grad_()  # no gradient flows through the loops to the audio
    got = torch.autograd.grad(net(audio, raw[:, :, 0]).square().sum(), audio)[0]
    net.layers[0].arrays[0].compiled = False
    torch.testing.assert_close(got, torch.autograd.grad(net(audio, raw[:, :, 0]).square().sum(), audio)[0])
    stereo = ModelSpec(sample_rate=48000.0, input_channels=2, layers=SPECS["long head"].layers)
    assert not build(stereo).layers[0].arrays[0].runs_compiled(CPU, torch.float32)


def test_arenas_are_not_shared_between_steps_under_way():
    net = shaken(SPECS["default"])
    x, raw = torch.randn(2, 2, 256), torch.rand(2, 2)
    apart = [torch.autograd.grad(net(audio, raw).square().sum(), net.layers[0].arrays[0].rechannel.weight)[0] for audio in x]
    outs = [net(audio, raw) for audio in x]
    together = [torch.autograd.grad(o.square().sum(), net.layers[0].arrays[0].rechannel.weight)[0] for o in outs]
    torch.testing.assert_close(together, apart)
    out = net(x[0], raw).sum()
    out.backward(retain_graph=True)
    with pytest.raises(TrainingError, match="ran twice"):
        out.backward()


@pytest.mark.parametrize("kind", [*LAYERS, None])
def test_names_and_shapes_are_the_specs_and_weights_round_trip(kind):
    for seed in range(5):
        model = random_model(seed, kind)
        assert {n: a.shape for n, a in to_weights(build(model.spec)).items()} == model.spec.weight_shapes
        again = to_weights(from_weights(model.spec, model.weights))
        assert set(again) == set(model.weights)
        for key, value in model.weights.items():
            assert again[key].dtype == np.float32
            np.testing.assert_array_equal(again[key], value)


def test_weights_that_do_not_fit_are_refused():
    weights = to_weights(build(SPECS["default"]))
    with pytest.raises(InvalidValue, match=r"weights.extra: nothing is needed, got \(3,\)"):
        from_weights(SPECS["default"], {**weights, "extra": np.zeros(3, np.float32)})
    weights.pop(next(iter(weights)))
    with pytest.raises(InvalidValue, match="is needed, got nothing"):
        from_weights(SPECS["default"], weights)


def test_seeded_start_leaves_torchs_randomness_alone():
    torch.manual_seed(5)
    want = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = build(SPECS["default"], 1), build(SPECS["default"], 1), build(SPECS["default"], 2)
    assert torch.rand(1) == want
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    film = first.layers[0].arrays[0].layers[0].film
    assert torch.equal(film.bias, torch.cat([torch.ones(8), torch.zeros(8)]))


def test_mono_leaves_its_channels_out_and_more_keep_them():
    mono = build(SPECS["no knobs"], 0)
    assert mono(torch.zeros(2, 8)).shape == (2, 8)
    assert mono(torch.zeros(2, 1, 8)).shape == (2, 1, 8)
    wide = build(ModelSpec(sample_rate=48000.0, layers=(Dense(channels=3),), input_channels=2))
    assert wide(torch.zeros(5, 2, 8)).shape == (5, 3, 8)


@pytest.mark.parametrize(("audio", "raw"), [
    ((1, 8), (1, 3)), ((1, 8), (2, 2)), ((1, 8), None), ((1, 8), (1, 2, 7)), ((8,), (1, 2)), ((1, 2, 8), (1, 2)),
])  # fmt: skip
def test_wrong_shapes_are_refused(audio, raw):
    with pytest.raises(InvalidValue, match=r"\(batch, samples\) and \(batch, 2\) fit"):
        build(SPECS["default"])(torch.zeros(audio), None if raw is None else torch.zeros(raw))
    wide = build(ModelSpec(sample_rate=48000.0, layers=(Dense(channels=3),), input_channels=2))
    with pytest.raises(InvalidValue, match=r"\(batch, 2, samples\) and \(batch, 0\) fit"):
        wide(torch.zeros(1, 8))
