"""Layers with a state that no receptive field bounds, and how a training and a long recording deal with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..spec import ModelSpec
from .layer import LAYERS, Knobs


class Stateful(nn.Module):
    """A layer whose answer depends on a state; `led_in` and `going_on` say where a call's first one comes from.

    Attributes:
        lead_in: samples at the start of every call that only set the state.
        kept: the states the last call left, where calls go on from each other.
        states_alone: nothing but the last sample's answer is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lead_in, self.keeps, self.states_alone = 0, False, False
        self.kept: list[Tensor] | None = None

    def first_states(self, x: Tensor) -> list[Tensor]:
        """Return the states before the first sample of x, batch first."""
        raise NotImplementedError

    def run(self, x: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return the answer to x (batch, channels, samples) from these states, and the states after it."""
        raise NotImplementedError

    def forward(self, x: Tensor, knobs: Knobs | None = None) -> Tensor:
        """Return (batch, channels out, samples) for (batch, channels, samples)."""
        states = self.first_states(x) if self.kept is None else self.kept
        lead, before = max(0, min(self.lead_in, x.shape[2] - 1)), []
        if lead:
            with torch.no_grad():
                heard, states = self.run(x[:, :, :lead], states)
            before = [heard]
        out, states = self.run(x[:, :, lead:], states)
        if self.keeps:
            self.kept = [state.detach() for state in states]
        if self.states_alone:
            return out[:, :, -1:]
        return torch.cat([*before, out], 2) if before else out


def has_state(spec: ModelSpec) -> bool:
    """Return whether any layer of a net remembers by a state."""
    return any(issubclass(LAYERS[kind], Stateful) for kind in _kinds(spec.to_dict()["layers"]))


def _kinds(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if part.get("kind") in LAYERS:
            yield part["kind"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _kinds(inner)


def stateful_layers(net: nn.Module) -> list[Stateful]:
    """Return every layer of a net whose memory is a state."""
    return [module for module in net.modules() if isinstance(module, Stateful)]


@contextmanager
def led_in(net: nn.Module, samples: int) -> Iterator[None]:
    """Have the first `samples` of every call set the states and nothing else: no gradient flows through them.

    That is truncated back-propagation with a lead-in: a step costs its own samples alone, and learns from states as they
    are in the midst of playing, not from the zero state, which only ever lies before the first sample.
    """
    layers = stateful_layers(net)
    for layer in layers:
        layer.lead_in = samples
    try:
        yield
    finally:
        for layer in layers:
            layer.lead_in = 0


@contextmanager
def going_on(net: nn.Module) -> Iterator[None]:
    """Have each call start from the states the one before it left, the first one from the beginning."""
    layers = stateful_layers(net)
    for layer in layers:
        layer.keeps, layer.kept = True, None
    try:
        yield
    finally:
        for layer in layers:
            layer.keeps, layer.kept = False, None
