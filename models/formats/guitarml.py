"""GuitarML JSON: the LSTM or GRU of CoreAudioML's SimpleRNN in torch's layout, as Proteus, NeuralPi, Chameleon, TS-M1N3 and
the Automated-GuitarAmpModelling trainers write it.

    y = dense(rnn(x, knobs)) + x        the last term where `skip` is 1

The inputs beyond the first are knobs from 0 to 1; the file does not name them: one is `drive` as in Proteus, two are
`drive` and `tone` as in TS-M1N3. Nor does it say its rate unless a `sample_rate` stands in `model_data`, as BYOD reads:
44100 Hz is taken, the rate of Proteus and Chameleon (one of TS-M1N3's two models was trained at 48000 Hz without saying
so). The plugins' own gain in front (Proteus: 1.5) is not in the file.
A player starts half a second of silence into the model, settled.
"""

import numpy as np

from ..model import Model
from ..parameter import Parameter
from ..spec import GRU, LSTM, Dense, ModelSpec
from .json_file import Node
from .options import ReadOptions
from .rtneural import sample_rate, what_it_says
from .weighted import Weighted, series

NAME = "GuitarML JSON"
KNOB_NAMES = ("drive", "tone")
KINDS = {"LSTM": (LSTM, 4), "GRU": (GRU, 3)}  # unit_type: the layer, its gates


def recognises(node: Node) -> bool:
    """Return whether this is a network description with its torch state dict."""
    return node.holds("model_data")


def read(node: Node, options: ReadOptions) -> Model:
    """Return the Model. Raises ModelFileError, or InvalidValue from the spec, naming the field."""
    about = node["model_data"]
    architecture = about.get("model")
    if architecture and architecture.text() != "SimpleRNN":
        raise architecture.problem(
            f"{architecture.value!r:.40} is not read; SimpleRNN (one LSTM or GRU, then a dense layer) is"
        )
    inputs, outputs = about["input_size"].whole(1, 3), _optional(about, "output_size", 1, 1024)
    hidden, stacked = about["hidden_size"].whole(1, 1024), _optional(about, "num_layers", 1, 32)
    kind, gates = KINDS[about["unit_type"].text(KINDS)]
    skip = about["skip"].flag()
    if skip and outputs != 1:
        raise about["output_size"].problem(f"{outputs} outputs with skip; the one input can be added to 1")
    biased = about.get("bias_fl")
    if biased and biased.flag() and not node["state_dict"].holds("lin.bias"):
        raise node["state_dict"].problem("no lin.bias, though bias_fl is true")
    net = _layers(node["state_dict"], kind, gates, inputs, hidden, stacked, outputs)
    knobs = tuple(Parameter(name, default=0.5) for name in KNOB_NAMES[: inputs - 1])
    played, rate = series(net, knobs=len(knobs), skip=skip), sample_rate(node, 44100.0)
    spec = ModelSpec(sample_rate=rate, layers=played.layers, knobs=knobs, prewarm_samples=round(rate / 2))
    return Model(spec, played.weights, path=node.path, metadata=what_it_says(node))


def _optional(about: Node, key: str, usual: int, most: int) -> int:
    found = about.get(key)
    return found.whole(1, most) if found else usual


def _layers(state: Node, kind: type[LSTM] | type[GRU], gates: int, inputs: int, hidden: int, stacked: int,
            outputs: int) -> list[Weighted]:  # fmt: skip
    """Return the recurrent layers and the dense one; raises ModelFileError for any weight that is missing or too many."""
    rows, entering, net = gates * hidden, inputs, list[Weighted]()
    read = {"lin.weight", "lin.bias"}
    for i in range(stacked):
        shapes = {"weight_ih": (rows, entering), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}
        biased = state.holds(f"rec.bias_ih_l{i}") or state.holds(f"rec.bias_hh_l{i}")
        arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
        arrays |= {
            name: state[f"rec.{name}_l{i}"].array(*shape) for name, shape in shapes.items() if biased or "weight" in name
        }
        net.append((kind(hidden=hidden), arrays))
        read, entering = read | {f"rec.{name}_l{i}" for name in shapes}, hidden
    dense = {"weight": state["lin.weight"].array(outputs, hidden)}
    if state.holds("lin.bias"):
        dense["bias"] = state["lin.bias"].array(outputs)
    for name, part in state.mapping().items():
        if name not in read:
            raise part.problem(f"not a weight of {stacked} x {kind.__name__} and a dense layer")
    return [*net, (Dense(channels=outputs, bias="bias" in dense), dense)]
