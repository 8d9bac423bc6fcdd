"""ONNX: a streaming graph of standard operators (opset 17), its memory explicit as state inputs and outputs.

What the file says, for whoever plays it (tests/models/onnx_player.py does it in Python):

Inputs, float32 where nothing else is said, in this order; `streams` and `samples` are dynamic dimensions, both 1 or more:
    audio             (streams, input_channels, samples): the next block, at `sample_rate`. Streams are independent of
                      each other: a mono model plays stereo as two streams.
    knobs             (knobs,): only where the model has knobs. Each in its own unit, a switch by the index of its choice
                      (`Parameter.to_number`); what lies outside a knob's range counts as the range's end. They hold for
                      the whole block: a host that ramps a knob calls with shorter blocks.
    state_<place>     for each layer that remembers: (streams, channels, samples) for the past of a convolution or a MaxPool,
                      (1, streams, hidden) for a recurrent layer's state, (channels, streams, 2 pairs), float64, for a state
                      space's; a TemporalFiLM has four (`memory.py`). <place> is the layer's place in the spec.
Outputs:
    output            (streams, output_channels, samples): as long as the block, latency 0.
    next_state_<place>    the states after the block, in the order of the inputs: feed them with the next one.

Where a stream starts. With all states zero nothing has sounded yet, not even silence, and a net does not idle yet.
`NeuralEffect` starts after `prewarm_samples` of silence; so does who plays as many zeros from the zero states, with the
knobs the stream begins with, and forgets what came out. For the default knobs that state is in the file (`states`, `start`).

metadata_props, all text:
    wetdry            version of this convention: "1".
    sample_rate       in Hz.
    input_channels, output_channels, latency_samples ("0"), receptive_field, prewarm_samples    whole numbers.
    knobs             JSON list of `Parameter.to_dict`, in the order of the input `knobs`.
    states            JSON list in the order of the inputs: {"input", "output", "shape": as above, with 1 stream, "dtype":
                      "float32" or "float64", "start": the state after prewarm at the default knobs}; `start` has one number
                      a channel (a past is the same at every sample), or else all numbers of the state in their order.
    metadata          JSON mapping: the model's own (name, gear, …).
"""

from pathlib import Path

from ...files import write_atomically
from ...model import Model
from ..small_numbers import Numbers, check

NAME = "ONNX"


def write(model: Model, path: Path, numbers: Numbers = "float32") -> None:
    """Write `model` to `path` (.onnx), its weights as such numbers; the graph computes in float32 whatever they are.

    Raises:
        CannotHold: a layer without a counterpart in ONNX.
        MissingExtra: onnx or onnxruntime is not installed.
        FileProblem: the folder cannot be written; `path` is never half a file.
    """
    write_atomically(path, file_bytes(model, numbers))


def file_bytes(model: Model, numbers: Numbers = "float32") -> bytes:
    """Return the content of the file of `model`. Raises CannotHold and MissingExtra."""
    from . import file

    check(numbers)
    return file.content(model, numbers)
