"""weights_from_state_dict: any plain torch net through a spec written by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
from random_specs import answer, one_thread

from wetdry.models import Model, ModelSpec, Parameter, weights_from_state_dict
from wetdry.models.errors import InvalidType, InvalidValue
from wetdry.models.spec import GRU, LSTM, Activation, BatchNorm, Conditioning, Conv1d, Dense, FiLM, Residual


def spec_of(*layers, **more):
    return ModelSpec(sample_rate=48000.0, layers=layers, **more)


class Block(nn.Module):
    """A residual block as people write them, its shortcut defined last."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.act = nn.Conv1d(1, 4, 3, dilation=2), nn.BatchNorm1d(4), nn.PReLU(4)
        self.shortcut = nn.Conv1d(1, 4, 1, bias=False)
        self.rec, self.lin = nn.GRU(4, 5, 2, batch_first=True), nn.Linear(5, 1)

    def forward(self, x):
        y = self.act(self.norm(self.conv(nn.functional.pad(x, (4, 0))))) + self.shortcut(x)
        return self.lin(self.rec(y.mT)[0]).mT


BLOCK = spec_of(
    Residual(body=(Conv1d(channels=4, kernel_size=3, dilation=2), BatchNorm(), Activation(name="prelu", slopes=4)),
             shortcut=(Conv1d(channels=4, bias=False),)),
    GRU(hidden=5), GRU(hidden=5), Dense(channels=1),
)  # fmt: skip


def drawn_block():
    torch.manual_seed(4)
    net = Block().eval()
    for value in net.state_dict().values():
        if value.dtype.is_floating_point:
            value.copy_(0.5 * torch.randn_like(value).abs() + 0.1 if value.ndim == 1 else 0.5 * torch.randn_like(value))
    return net


@pytest.mark.parametrize("form", ["tensors", "arrays", "lists"])
def test_a_whole_net(form):
    net, audio = drawn_block(), np.random.default_rng(1).standard_normal((1, 200))
    forms = {"tensors": lambda t: t, "arrays": lambda t: t.numpy(), "lists": lambda t: t.tolist()}
    weights = weights_from_state_dict(BLOCK, {name: forms[form](value) for name, value in net.state_dict().items()})
    with one_thread(), torch.no_grad():
        expected = net.double()(torch.tensor(audio)[None])[0].numpy()
    assert answer(Model(BLOCK, weights), audio, np.zeros(0)) == pytest.approx(expected, abs=1e-9)


def test_the_weights_are_copies():
    state = {"lin.weight": np.ones((1, 1), np.float32), "lin.bias": np.zeros(1, np.float32)}
    weights = weights_from_state_dict(spec_of(Dense(channels=1)), state)
    state["lin.weight"][0, 0] = 7
    assert weights["layers.0.weight"][0, 0] == 1


def test_recurrent_without_biases():
    net = nn.LSTM(1, 3, bias=False)
    weights = weights_from_state_dict(spec_of(LSTM(hidden=3)), net.state_dict())
    assert not weights["layers.0.bias_ih"].any() and not weights["layers.0.bias_hh"].any()
    assert np.array_equal(weights["layers.0.weight_hh"], net.weight_hh_l0.detach().numpy())


def test_conditioning_comes_first():
    spec = spec_of(
        Dense(channels=2), FiLM(), Dense(channels=1), knobs=(Parameter("drive"),), conditioning=Conditioning(hidden=(3,))
    )
    net = nn.Sequential(nn.Linear(1, 3), nn.Linear(1, 2), nn.Linear(3, 4), nn.Linear(2, 1))
    weights = weights_from_state_dict(spec, net.state_dict())
    assert np.array_equal(weights["conditioning.0.weight"], net[0].weight.detach().numpy())
    assert np.array_equal(weights["layers.1.weight"], net[2].weight.detach().numpy())


NORM = {
    "norm.weight": [1.0],
    "norm.bias": [0.0],
    "norm.running_mean": [0.0],
    "norm.running_var": [1.0],
    "norm.num_batches_tracked": 3,
}


def test_epsilon_beside_the_statistics():
    assert weights_from_state_dict(spec_of(BatchNorm(epsilon=0.01)), NORM | {"norm.eps": 0.01})["layers.0.variance"] == [1.0]
    with pytest.raises(InvalidValue, match=r"norm.eps: 0.01; layers.0.epsilon of the spec is 1e-05"):
        weights_from_state_dict(spec_of(BatchNorm()), NORM | {"norm.eps": 0.01})


LINEAR = {"lin.weight": [[1.0, 2.0]], "lin.bias": [0.5]}


@pytest.mark.parametrize(("layers", "state", "words"), [
    ((Dense(channels=1),), LINEAR, r"lin.weight: shape \(1, 2\); layers.0.weight of the spec needs \(1, 1\)"),
    ((Dense(channels=1, bias=False),), {"lin.weight": [[1.0]], "lin.bias": [0.5]}, "lin.bias: layers.0 of the spec takes"),
    ((Dense(channels=1),), {"lin.weight": [[1.0]]}, "lin: gives weight; layers.0.bias of the spec is left without"),
    ((Dense(channels=1),), {"a.weight": [[1.0]], "a.bias": [1.0], "b.weight": [[1.0]]}, "b.weight: one of 2 modules"),
    ((Dense(channels=1), Dense(channels=1)), {"a.weight": [[1.0]], "a.bias": [1.0]}, "1 modules for 2 layers; .* layers.1"),
    ((Conv1d(channels=1),), {"conv.weight_g": [[[1.0]]], "conv.weight_v": [[[1.0]]]}, "conv.weight_g: not a weight of"),
    ((LSTM(hidden=1),), {"rec.weight_ih_l0_reverse": [[1.0]]}, "rec.weight_ih_l0_reverse: not a weight of"),
    ((Dense(channels=1),), {"rec.weight_ih_l0": [[1.0]], "rec.weight_hh_l0": [[1.0]]}, "rec.weight_ih_l0: layers.0"),
    ((LSTM(hidden=1),), LINEAR, "lin.weight: layers.0 of the spec takes no such weight"),
    ((Dense(channels=1),), {"lin.weight": [[float("nan")]], "lin.bias": [0.5]}, "lin.weight: holds a value that is not finite"),
    ((Dense(channels=1),), {"lin.weight": [[1e39]], "lin.bias": [0.5]}, "lin.weight: holds a value that is not finite"),
    ((Dense(channels=1),), {"lin.weight": [["a"]], "lin.bias": [0.5]}, "lin.weight: not an array of numbers"),
    ((Dense(channels=2),), {"lin.weight": [[1.0], [1.0, 2.0]], "lin.bias": [0.5]}, "lin.weight: not an array of numbers"),
    ((Dense(channels=1),), {}, "0 modules for 1 layers"),
])  # fmt: skip
def test_what_does_not_match_is_named_on_both_sides(layers, state, words):
    with pytest.raises(InvalidValue, match=words):
        weights_from_state_dict(spec_of(*layers), state)


def test_no_mapping():
    with pytest.raises(InvalidType, match="a mapping"):
        weights_from_state_dict(spec_of(Dense(channels=1)), [1.0])  # type: ignore[arg-type]
