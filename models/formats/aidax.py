"""AIDA-X JSON: RTNeural's layers, with a skip connection, gains, metadata and reference samples beside them.

What AIDA-X (src/aidadsp-plugin.cpp, applyModel) plays:

    y = out_gain · (net(in_gain · x) + in_gain · x)        the last term where `in_skip` is 1; gains in dB

A net of two or three inputs hears the plugin's knobs PARAM1 and PARAM2, 0 to 1, beside the audio. `input_batch` and
`output_batch` are samples in and out (gains left out, knobs at 0, from the zero state) by which the file proves itself;
they are checked on load. AIDA-X lets every model hear 2048 samples of silence first.
"""

from ..model import Model
from ..parameter import Parameter
from ..spec import Gain, ModelSpec
from . import self_test
from .json_file import Node
from .options import ReadOptions
from .rtneural import read_net, sample_rate, what_it_says
from .weighted import series

NAME = "AIDA-X JSON"
BESIDE = ("in_skip", "in_gain", "out_gain", "input_batch", "output_batch", "metadata", "samplerate")
SILENCE_BEFORE = 2048
TOLERANCE = 1e-5
SILENT_DB = -90.0  # and below: AIDA-X takes a gain for silence


def recognises(node: Node) -> bool:
    """Return whether this is RTNeural's layer list with anything of AIDA-X beside it."""
    return node.holds("in_shape", "layers") and any(node.holds(key) for key in BESIDE)


def read(node: Node, options: ReadOptions) -> Model:
    """Return the Model.

    Raises:
        ModelFileError, or InvalidValue from the spec: a field does not fit, or the file fails its own test.
    """
    inputs, net = read_net(node, most_layers=32)
    if inputs > 3:
        raise node["in_shape"].problem(f"{inputs} inputs; 1 to 3 are needed: audio, PARAM1, PARAM2")
    knobs = tuple(Parameter(f"PARAM{i}") for i in range(1, inputs))
    played = series(net, knobs=len(knobs), skip=_skips(node), before=_gain(node, "in_gain"), after=_gain(node, "out_gain"))
    spec = ModelSpec(sample_rate=sample_rate(node, 48000.0), layers=played.layers, knobs=knobs, prewarm_samples=SILENCE_BEFORE)
    model = Model(spec, played.weights, path=node.path, metadata=what_it_says(node, "in_skip", "in_gain", "out_gain"))
    _check_self_test(node, model)
    return model


def _skips(node: Node) -> bool:
    skip = node.get("in_skip")
    return skip is not None and bool(skip.whole(0, 1))


def _gain(node: Node, key: str) -> tuple[Gain, ...]:
    """Return one Gain, or none where the file says nothing or 0 dB."""
    level = node.get(key)
    level_db = level.number(maximum=200.0) if level else 0.0
    if level_db == 0:
        return ()
    return (Gain(level_db=level_db if level_db > SILENT_DB else -200.0),)


def _check_self_test(node: Node, model: Model) -> None:
    """Raise ModelFileError where the file's reference samples do not come out."""
    if node.get("input_batch") is None and node.get("output_batch") is None:
        return
    x, expected = node["input_batch"].floats(), node["output_batch"]
    y = expected.floats(len(x))
    if not len(x):
        raise expected.problem("empty: the file's test needs samples")
    if model.spec.output_channels != 1:
        raise expected.problem(f"a net of {model.spec.output_channels} outputs cannot be tested by one row of samples")
    self_test.check(model.spec, model.weights, x[:4096], y[:4096], TOLERANCE)
