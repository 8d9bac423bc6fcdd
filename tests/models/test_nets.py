import numpy as np
import pytest
import torch

from wetdry.models import Parameter
from wetdry.models.errors import InvalidValue, TrainingError
from wetdry.models.nets import build, from_weights, to_weights
from wetdry.models.spec import Conditioning, ModelSpec, WaveNet, WaveNetArray, wavenet

KNOBS = (Parameter("drive"), Parameter("tone"))


def two_arrays(gating="none", knobs=KNOBS):
    film = bool(knobs)
    arrays = (WaveNetArray(channels=8, dilations=(1, 3, 9), gating=gating, head_channels=4, head_bias=False, film=film),
              WaveNetArray(channels=4, dilations=(2, 5), kernel_size=2, gating=gating, film=film))  # fmt: skip
    return ModelSpec(sample_rate=48000.0, layers=(WaveNet(arrays=arrays, head_scale=0.3),), knobs=knobs,
                     conditioning=Conditioning(hidden=(5, 3)) if film else None)  # fmt: skip


SPECS = {
    "default": wavenet(48000, KNOBS, channels=8, dilations=(1, 4, 16)),
    "odd width": wavenet(48000, KNOBS, channels=5, dilations=(1, 4)),
    "gated": two_arrays("gated"),
    "two arrays": two_arrays(),
    "no knobs": two_arrays(knobs=()),
}


def by_hand(spec, weights, audio, raw):
    """The formulas of `spec.WaveNet`, sample by sample where time matters."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    vector = None
    if spec.conditioning:
        vector = 2 * raw.astype(np.float64) - 1
        for i in range(len(spec.conditioning.hidden)):
            vector = np.tanh(w[f"conditioning.{i}.weight"] @ vector + w[f"conditioning.{i}.bias"])
    y, head = audio[None].astype(np.float64), 0.0
    for i, array in enumerate(spec.layers[0].arrays):
        at = f"layers.0.arrays.{i}."
        y = w[f"{at}rechannel.weight"][:, :, 0] @ y
        for j, dilation in enumerate(array.dilations):
            layer = f"{at}layers.{j}."
            z = w[f"{layer}conv.bias"][:, None] + w[f"{layer}mixin.weight"][:, :, 0] @ audio[None]
            for tap in range(array.kernel_size):
                back = (array.kernel_size - 1 - tap) * dilation
                late = np.concatenate([np.zeros((len(y), back)), y], 1)[:, : y.shape[1]]
                z = z + w[f"{layer}conv.weight"][:, :, tap] @ late
            if vector is not None:
                scale, shift = np.split(w[f"{layer}film.weight"] @ vector + w[f"{layer}film.bias"], 2)
                z = scale[:, None] * z + shift[:, None]
            a = np.tanh(z[: array.channels])
            if array.gating == "gated":
                a = a / (1 + np.exp(-z[array.channels :]))
            head = head + a
            y = y + w[f"{layer}residual.weight"][:, :, 0] @ a + w[f"{layer}residual.bias"][:, None]
        head = w[f"{at}head.weight"][:, :, 0] @ head
        if array.head_bias:
            head = head + w[f"{at}head.bias"][:, None]
    return head[0] * spec.layers[0].head_scale


def shaken(spec, seed=1):
    net = build(spec, seed)
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for value in net.parameters():
            value.add_(0.1 * torch.randn_like(value))
    return net


@pytest.mark.parametrize("name", SPECS)
def test_equals_the_formulas(name):
    spec = SPECS[name]
    net = shaken(spec)
    rng = np.random.default_rng(0)
    audio, raw = rng.standard_normal((2, 700)).astype(np.float32), rng.random((2, len(spec.knobs))).astype(np.float32)
    got = net(torch.from_numpy(audio), torch.from_numpy(raw)).detach().numpy()
    assert got.shape == audio.shape
    for item in range(2):
        want = by_hand(spec, to_weights(net), audio[item], raw[item])
        np.testing.assert_allclose(got[item], want, atol=3e-6 * np.abs(want).max())


@pytest.mark.parametrize("name", ["default", "two arrays", "no knobs"])
@pytest.mark.parametrize("frames", [1, 63, 1000])
def test_compiled_loops_equal_plain_torch_gradients_too(name, frames):
    net = shaken(SPECS[name])
    audio, raw = torch.randn(3, frames), torch.rand(3, len(net.spec.knobs))
    results = []
    for compiled in (False, True):
        for module in net.modules():
            if hasattr(module, "compiled"):
                module.compiled = compiled
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


@pytest.mark.parametrize("name", SPECS)
def test_names_and_shapes_are_the_specs_and_weights_round_trip(name):
    spec = SPECS[name]
    net = shaken(spec)
    weights = to_weights(net)
    assert {n: a.shape for n, a in weights.items()} == spec.weight_shapes
    again = to_weights(from_weights(spec, weights))
    for key, value in weights.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(again[key], value)
    weights.pop(next(iter(weights)))
    with pytest.raises(InvalidValue, match="is needed, got nothing"):
        from_weights(spec, weights)


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


def test_wrong_shapes_are_refused():
    with pytest.raises(InvalidValue, match=r"\(batch, 2\) fit"):
        build(SPECS["default"])(torch.zeros(1, 8), torch.zeros(1, 3))
