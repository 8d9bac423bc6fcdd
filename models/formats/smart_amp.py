"""SmartGuitarAmp, SmartGuitarPedal and PedalNet JSON: one WaveNet, as GuitarML's PedalNetRT exports it.

    y = input layer of x                                1x1, with bias
    each layer:  a = tanh(z[:C]) · sigmoid(z[C:])       z a dilated causal convolution of y ("softgated": both softsign;
                 y = y + 1x1 convolution of a           any other activation: one curve, no gate)
    output = one linear mix of every layer's a, with bias

Told in the spec's WaveNet: the mix is each layer's head projection, the mixin is zero, and the input layer's bias moves
into the biases of the convolutions, for it runs through the whole path unchanged. That is the same net once a receptive
field of silence has passed, and every model starts after it.

Weights are lists of numbers or texts in Keras order, (taps, in, out) flattened. Trained at 44100 Hz; no file says so.
`level_adjust` and `gain_max` belong to the plugin's knobs and stay in the metadata.
"""

import numpy as np

from ..model import Model
from ..spec import LARGEST_RECEPTIVE_FIELD, Activation, ModelSpec, WaveNet, WaveNetArray
from .json_file import Node
from .options import ReadOptions
from .rtneural import sample_rate, what_it_says

NAME = "SmartGuitarAmp JSON"
CURVES = {
    "tanh": Activation(name="tanh"), "sigmoid": Activation(name="sigmoid"), "relu": Activation(name="relu"),
    "softsign": Activation(name="softsign"), "linear": Activation(name="leaky_relu", slope=1.0),
}  # fmt: skip
GATED = {"gated": (CURVES["tanh"], CURVES["sigmoid"]), "softgated": (CURVES["softsign"], CURVES["softsign"])}
SIZES = ("activation", "residual_channels", "filter_width", "input_channels", "output_channels")
WIDEST = 512

Variables = dict[tuple[int, str], Node]


def recognises(node: Node) -> bool:
    """Return whether this is a list of variables with its WaveNet's sizes, or a file of SmartAmpPro, which `read` refuses."""
    return node.holds("residual_channels", "variables") or node.holds("conv1d", "conv1d_1", "lstm", "dense")


def read(node: Node, options: ReadOptions) -> Model:
    """Return the Model. Raises ModelFileError, or InvalidValue from the spec, naming the field."""
    if node.holds("conv1d_1"):
        raise node["conv1d"].problem(
            "a SmartAmpPro model: it hears a window of samples anew for every sample, too slow to play"
        )
    channels, taps = node["residual_channels"].whole(1, WIDEST), node["filter_width"].whole(1, 100_000)
    inputs, outputs = node["input_channels"].whole(1, WIDEST), node["output_channels"].whole(1, WIDEST)
    dilations = tuple(d.whole(1, LARGEST_RECEPTIVE_FIELD) for d in node["dilations"].entries(1, 512))
    curve = node["activation"].text((*GATED, *CURVES))
    gating = "gated" if curve in GATED else "none"
    first, second = GATED[curve] if curve in GATED else (CURVES[curve], CURVES["sigmoid"])
    array = WaveNetArray(channels=channels, dilations=dilations, kernel_size=taps, activation=first, gating=gating,
                         secondary=second, head_projection=outputs, head_channels=outputs, film=False)  # fmt: skip
    spec = ModelSpec(sample_rate=sample_rate(node, 44100.0), layers=(WaveNet(arrays=(array,)),), input_channels=inputs)
    weights = _weights(node["variables"], array, inputs, outputs)
    return Model(spec, weights, path=node.path, metadata=what_it_says(node, *SIZES))


def _weights(node: Node, array: WaveNetArray, inputs: int, outputs: int) -> dict[str, np.ndarray]:
    layers, channels, taps = len(array.dilations), array.channels, array.taps(0)
    wide = array.convolution_channels(0)
    found = _variables(node, layers)

    def take(layer: int, name: str, *shape: int) -> np.ndarray:
        if (layer, name) not in found:
            raise node.problem(f"no {name} of layer_idx {layer}")
        return found[layer, name].floats(int(np.prod(shape)), as_text=True).reshape(shape)

    mix, projection_bias = take(layers, "W", layers, channels, outputs), np.zeros(outputs, np.float32)
    offset = take(-1, "b", channels).astype(np.float64)
    weights = {"rechannel.weight": take(-1, "W", 1, inputs, channels).T}
    for i in range(layers):
        kernel = take(i, "W_conv", taps, channels, wide)
        moved = take(i, "b_conv", wide) + np.einsum("kio,i->o", kernel.astype(np.float64), offset)
        weights |= {
            f"layers.{i}.conv.weight": kernel.T,
            f"layers.{i}.conv.bias": _float32(found[i, "b_conv"], moved),
            f"layers.{i}.mixin.weight": np.zeros((wide, inputs, 1), np.float32),
            f"layers.{i}.residual.weight": take(i, "W_out", 1, channels, channels).T,
            f"layers.{i}.residual.bias": take(i, "b_out", channels),
            f"layers.{i}.head_projection.weight": mix[i].T[:, :, None],
            f"layers.{i}.head_projection.bias": projection_bias,
        }
    weights |= {"head.weight": np.eye(outputs, dtype=np.float32)[:, :, None], "head.bias": take(layers, "b", outputs)}
    return {f"layers.0.arrays.0.{name}": np.ascontiguousarray(weight) for name, weight in weights.items()}


def _float32(node: Node, values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        array = values.astype(np.float32)
    if not np.isfinite(array).all():
        raise node.problem("beyond the range of float32 once the input layer's bias is added")
    return array


def _variables(node: Node, layers: int) -> Variables:
    """Return (layer_idx, name) → data; raises ModelFileError for what the net has no place for, or twice."""
    found: Variables = {}
    for part in node.entries(1, 4 * 512 + 4):
        layer = part["layer_idx"].whole(-1, layers)
        name = part["name"].text(("W", "b") if layer in (-1, layers) else ("W_conv", "b_conv", "W_out", "b_out"))
        if (layer, name) in found:
            raise part.problem(f"{name} of layer_idx {layer} stands twice")
        found[layer, name] = part["data"]
    return found
