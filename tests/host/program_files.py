"""Foreign models as other people write them, made here: small ONNX graphs and TorchScript modules with known answers."""

import warnings

import numpy as np
import torch
from torch import Tensor, nn

TAPS = np.random.default_rng(1).uniform(-0.5, 0.5, 9).astype(np.float32)  # newest last
DILATION = 5
REACH = (len(TAPS) - 1) * DILATION


def filtered(audio, extra=0):
    """Return tanh of what the convolution makes of audio (samples,), `extra` samples later."""
    padded = np.concatenate([np.zeros(REACH), audio.astype(np.float64), np.zeros(extra)])
    out = sum(t * padded[REACH - (len(TAPS) - 1 - k) * DILATION :][: len(audio) + extra] for k, t in enumerate(TAPS))
    return np.tanh(out[extra:])


def graph(path, nodes, inputs, outputs, constants=None, properties=None):
    """Write an ONNX file of `nodes`, each (kind, inputs, outputs, attributes); inputs and outputs are name → shape."""
    import onnx

    helper, numbers = onnx.helper, onnx.TensorProto.FLOAT
    made = helper.make_graph(
        [helper.make_node(kind, before, after, **attributes) for kind, before, after, attributes in nodes], "net",
        [helper.make_tensor_value_info(name, numbers, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, numbers, shape) for name, shape in outputs.items()],
        [onnx.numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, properties or {})
    onnx.save(model, str(path))
    return path


def conv_onnx(path, samples: str | int = "n", before=REACH, after=0, out: str | int = "n", properties=None):
    """Write tanh(convolution), stateless, with zeros `before` and `after` its input."""
    return graph(
        path,
        [("Conv", ["x", "w"], ["z"], {"dilations": [DILATION], "pads": [before, after]}), ("Tanh", ["z"], ["y"], {})],
        {"x": [1, 1, samples]}, {"y": [1, 1, out]}, {"w": TAPS[None, None]}, properties,
    )  # fmt: skip


def echo_onnx(path, names=("h_in", "h_out")):
    """Write y[n] = drive · x[n] + tone · y[n - 3] in blocks of 3 or more, its last 3 outputs a state, drive and tone knobs.

    Every block of 3 hears the one before; so it takes 3 samples at a time.
    """
    return graph(
        path,
        [("Mul", ["audio", "drive"], ["loud"], {}), ("Mul", [names[0], "tone"], ["back"], {}),
         ("Add", ["loud", "back"], ["output"], {}), ("Identity", ["output"], [names[1]], {})],
        {"audio": [1, 3], "drive": [1], "tone": [1], names[0]: [1, 3]}, {"output": [1, 3], names[1]: [1, 3]},
    )  # fmt: skip


def lstm_onnx(path, seed=3):
    """Write torch's own export of an LSTM whose states come in and go out as h0, c0, hn, cn; return the module."""
    torch.manual_seed(seed)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.dense = nn.LSTM(1, 6), nn.Linear(6, 1)

        def forward(self, x, h0, c0):
            out, (hn, cn) = self.lstm(x, (h0, c0))
            return self.dense(out), hn, cn

    net, states = Net().eval(), (torch.zeros(1, 1, 6), torch.zeros(1, 1, 6))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (torch.zeros(50, 1, 1), *states), str(path), dynamo=False, dynamic_axes={"x": {0: "time"}},
                          input_names=["x", "h0", "c0"], output_names=["y", "hn", "cn"])  # fmt: skip
    return lambda audio: net(torch.from_numpy(audio)[:, None, None], *states)[0][:, 0, 0].detach().numpy()


def scripted(module, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module.eval()), str(path))
    return path


class NeutoneLike(nn.Module):
    """As the Neutone SDK exports a model: knobs as a dict, sizes, rates, look-behind and delay by methods."""

    sizes: list[int]
    rates: list[int]
    knobs: dict[str, dict[str, str]]

    def __init__(self, sizes: list[int], rates: list[int], behind: int = 0, delay: int = 0, stereo: bool = False):
        super().__init__()
        self.sizes, self.rates = sizes, rates
        self.behind, self.delay, self.stereo = behind, delay, stereo
        self.kept = torch.zeros(1 + int(stereo), delay)
        self.knobs = {
            "p1": {"name": "Drive amount", "used": "True", "default_value": "0.25"},
            "p2": {"name": "mix", "used": "True", "default_value": "1.0"},
            "p3": {"name": "", "used": "False", "default_value": "0.0"},
        }

    def forward(self, x: Tensor, params: Tensor) -> Tensor:
        return self.do_forward_pass(x, {"Drive amount": params[0, :1], "mix": params[1, :1]})

    def do_forward_pass(self, x: Tensor, params: dict[str, Tensor]) -> Tensor:
        """Return mix · (x + drive · the sample `behind` earlier), `delay` later."""
        n = x.shape[1] - self.behind
        y = params["mix"] * (x[:, self.behind :] + params["Drive amount"] * x[:, :n])
        joined = torch.cat([self.kept, y], 1)
        self.kept = joined[:, joined.shape[1] - self.delay :]
        return joined[:, :n]

    @torch.jit.export
    def get_native_buffer_sizes(self) -> list[int]:
        return self.sizes

    @torch.jit.export
    def get_native_sample_rates(self) -> list[int]:
        return self.rates

    @torch.jit.export
    def get_look_behind_samples(self) -> int:
        return self.behind

    @torch.jit.export
    def calc_model_delay_samples(self) -> int:
        return self.delay

    @torch.jit.export
    def is_input_mono(self) -> bool:
        return not self.stereo

    @torch.jit.export
    def is_output_mono(self) -> bool:
        return not self.stereo

    @torch.jit.export
    def to_metadata(self) -> dict[str, dict[str, dict[str, str]]]:
        return {"neutone_parameters": self.knobs}


class InQueue(nn.Module):
    """As the SDK's queue stands around a model in the file."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.w2w_base = model

    def forward(self, x: Tensor, params: Tensor) -> Tensor:
        return self.w2w_base(x, params)

    @torch.jit.export
    def get_native_sample_rates(self) -> list[int]:
        return self.w2w_base.get_native_sample_rates()

    @torch.jit.export
    def to_metadata(self) -> dict[str, dict[str, dict[str, str]]]:
        return self.w2w_base.to_metadata()


class RaveLike(nn.Module):
    """As RAVE exports: encode to a latent of one step a block, decode, a cache between blocks, noise in the decoder."""

    def __init__(self, block: int = 128, direct: bool = True, said: bool = True, noise: float = 0.0):
        super().__init__()
        self.block, self.noise, self.sampling_rate = block, noise, 44100
        matrix = torch.linalg.qr(torch.randn(block, block, generator=torch.Generator().manual_seed(2)))[0]
        self.register_buffer("matrix", matrix)
        self.register_buffer("past", torch.zeros(1, block, 1))
        if said:
            self.register_buffer("encode_params", torch.tensor([1, 1, block, block]))
            self.register_buffer("decode_params", torch.tensor([block, block, 1, 1]))
            if direct:
                self.register_buffer("forward_params", torch.tensor([1, 1, 1, 1]))

    @torch.jit.export
    def encode(self, x: Tensor) -> Tensor:
        steps = x.reshape(1, -1, self.block).transpose(1, 2)
        return torch.matmul(self.matrix, steps)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        """Return half of the block, half of the one before, and noise."""
        joined = torch.cat([self.past, z], 2)
        self.past = joined[:, :, joined.shape[2] - 1 :]
        out = torch.matmul(self.matrix.T, 0.5 * joined[:, :, 1:] + 0.5 * joined[:, :, : z.shape[2]])
        out = out.transpose(1, 2).reshape(1, 1, -1)
        return out + self.noise * torch.randn_like(out)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class PlainConv(nn.Module):
    """forward(x) of (1, 1, samples): stateless, zeros before its input."""

    def __init__(self):
        super().__init__()
        self.register_buffer("taps", torch.from_numpy(TAPS[None, None].copy()))
        self.sample_rate = 48000

    def forward(self, x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, (40, 0))
        return torch.tanh(nn.functional.conv1d(padded, self.taps, dilation=5))


class Accumulator(nn.Module):
    """forward(x) of (samples,): the sum of everything so far, leaking; of a state that no reset is told of."""

    def __init__(self):
        super().__init__()
        self.register_buffer("sum", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        outputs: list[Tensor] = []
        for i in range(x.shape[0]):
            self.sum = 0.9 * self.sum + x[i]
            outputs.append(self.sum)
        return torch.cat(outputs)


class Breaking(nn.Module):
    """Doubles; once a sample above 0.9 came in, everything it makes is infinite."""

    def __init__(self):
        super().__init__()
        self.register_buffer("broken", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.broken = self.broken + (x > 0.9).float().sum()
        return 2 * x / (1 - (self.broken > 0).float())
