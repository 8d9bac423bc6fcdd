"""Writing TorchScript: a model as a program that torch runs without this package, in Python or C++.

    net = torch.jit.load("model.ts")
    wet = net(audio, knobs)      # audio float32 (channels, samples) → the next block, knobs float32 (knobs,) in their units
    net.reset()                  # the next block starts a stream

What it remembers between blocks lies in its buffers; a block may have any length; latency 0. Attributes: `sample_rate` in
Hz, `input_channels`, `output_channels`. The file holds `wetdry.json` beside the program (`_extra_files` of
`torch.jit.load`): the keys of `facts_of`.
"""

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from ..files import write_atomically
from ..model import Model
from .streaming import streaming_net

FACTS_FILE = "wetdry.json"


def write(model: Model, path: Path) -> None:
    """Write `model` as TorchScript, atomically; equal models give equal bytes.

    Raises:
        CannotHold: a layer that has no streaming torch module.
        FileProblem: the file cannot be written.
    """
    net, content = streaming_net(model), io.BytesIO()
    with without_deprecations():
        torch.jit.save(torch.jit.script(net), content, _extra_files={FACTS_FILE: json.dumps(facts_of(model), indent=1)})
    write_atomically(path, content.getvalue())


def facts_of(model: Model) -> dict[str, Any]:
    """Return what a player wants to know: sample_rate, channels, the knobs' table, receptive field, latency, metadata."""
    spec = model.spec
    return {
        "sample_rate": spec.sample_rate,
        "input_channels": spec.input_channels,
        "output_channels": spec.output_channels,
        "knobs": [knob.to_dict() for knob in spec.knobs],
        "receptive_field": spec.receptive_field,
        "latency_samples": 0,
        "metadata": model.metadata,
    }


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Keep quiet that torch would rather have programs exported in another way: C++ hosts read this one."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        yield
