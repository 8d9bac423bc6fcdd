"""The states a net idles in, found by letting onnxruntime play silence."""

from typing import Any

import numpy as np

from ...model import Model
from .graph import Graph

LARGEST_BLOCK = 8192


def start_states(session: Any, model: Model, graph: Graph, prewarm_samples: int) -> list[np.ndarray]:
    """Return every state after `prewarm_samples` of silence, the knobs at their defaults.

    State spaces ring for a long time: where nothing but them and convolutions remembers, they are set to where they come to
    rest, one after another, and the silence between is as short as the convolutions reach back.
    """
    idle = _Idle(session, model, graph)
    pasts = sum(state.streams_axis == 0 and len(state.shape) == 3 for state in graph.states)
    if graph.poles and model.spec.prewarm_samples is None and len(graph.states) == len(graph.poles) + pasts:
        for _ in range(len(graph.poles) + 1):
            idle.play(model.spec.receptive_field)
            idle.settle()
        idle.play(model.spec.receptive_field)
    else:
        idle.play(prewarm_samples)
    return list(idle.values.values())


class _Idle:
    """A session that plays silence; `values` are its states now, by the names of the inputs."""

    def __init__(self, session: Any, model: Model, graph: Graph) -> None:
        self.session, self.graph, self.channels = session, graph, model.spec.input_channels
        self.values = {state.input: np.zeros(state.shape, state.dtype) for state in graph.states}
        knobs = [k.to_number(k.default) for k in model.spec.knobs]
        self.knobs = {"knobs": np.array(knobs, np.float32)} if knobs else {}

    def play(self, samples: int) -> None:
        """Play so much silence."""
        while samples and self.values:
            frames = min(samples, LARGEST_BLOCK)
            silence = np.zeros((1, self.channels, frames), np.float32)
            outputs = [state.output for state in self.graph.states]
            found = self.session.run(outputs, {"audio": silence, **self.knobs, **self.values})
            self.values = dict(zip(self.values, found, strict=True))
            samples -= frames

    def settle(self) -> None:
        """Set every state space to where what enters it now would bring it in the end: input / (1 - pole)."""
        before = dict(self.values)
        self.play(1)
        for name, pole in self.graph.poles.items():
            old, new = (_complex(values[name]) for values in (before, self.values))
            rest = np.real(new - pole * old).mean(1, keepdims=True) / (1.0 - pole)
            self.values[name] = np.concatenate([np.real(rest), np.imag(rest)], axis=1)[:, None]


def _complex(state: np.ndarray) -> np.ndarray:
    """Return (channels, pairs) for a state of one stream, (channels, 1, 2 pairs)."""
    real, imaginary = np.split(state[:, 0], 2, axis=1)
    return real + 1j * imaginary
